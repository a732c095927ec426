// Large plain downloads, one and several at once: how fast, what that costs of the processor, and how long others wait for an answer
// meanwhile. All ways one after the other in each round, and compared as parts of direct in that round.
import { join } from 'node:path';
import type { Cleanup } from './cleanup.js';
import { downloadTogether, openPlainWays, type PlainWay, type Together } from './plain-ways.js';
import { gigabytes, milliseconds, type Row } from './report.js';
import { laySparseFile, noVsftpd } from './stage.js';
import { median, medianRatio, percentile } from './statistics.js';

const MEBIBYTE = 1024 ** 2;
const ROUNDS = 5;
const ONE = { path: 'pub/big', bytes: 1024 * MEBIBYTE, times: 1 };
const SEVERAL = { path: 'pub/part', bytes: 256 * MEBIBYTE, times: 8 };
/** They are no peers: the server itself, and ours. */
const OWN = new Set(['direct', 'portable', 'ours']);

interface Measured {
  readonly way: PlainWay;
  readonly one: Together[];
  readonly several: Together[];
}

export async function measureLargeTransfers(cleanup: Cleanup): Promise<Row[]> {
  const absent = noVsftpd();
  if (absent !== undefined) return [{ what: 'large transfers', skipped: absent }];
  const { ways, folder, without } = await openPlainWays(cleanup);
  for (const { path, bytes } of [ONE, SEVERAL]) await laySparseFile(join(folder, '..', path), bytes);
  const all = ways.map((way): Measured => ({ way, one: [], several: [] }));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { way, one, several } of all) {
      const measured = [
        await downloadTogether(way, ONE, folder),
        await downloadTogether(way, SEVERAL, folder),
      ] as const;
      if (round === 0) continue; // it fills caches, and starts threads
      one.push(measured[0]);
      several.push(measured[1]);
    }
  }
  return [...rowsOf(all), ...without.map((skipped) => ({ what: 'large transfers of a peer', skipped }))];
}

function rowsOf(all: readonly Measured[]): Row[] {
  const [direct, ours] = ['direct', 'ours'].map((name) => all.find(({ way }) => way.name === name));
  if (direct === undefined || ours === undefined) throw new Error('nothing was measured');
  const speed = (what: string, of: (measured: Measured) => readonly Together[]): Row => {
    const speeds = (measured: Measured) => of(measured).map(({ bytesPerSecond }) => bytesPerSecond);
    const part = (measured: Measured) => medianRatio(speeds(measured), speeds(direct));
    const peers = all.filter(({ way }) => !OWN.has(way.name)).map(part);
    const parts = all.slice(1).map((measured) => `${measured.way.name} ${part(measured).toFixed(2)}`);
    return {
      what,
      direct: gigabytes(median(speeds(direct))),
      ours: gigabytes(median(speeds(ours))),
      compared: `${parts.join(', ')} x direct`,
      ...(peers.length > 0 ? { target: { text: '>= the fastest peer', met: part(ours) >= Math.max(...peers) } } : {}),
    };
  };
  const spent = ({ one, several }: Measured) =>
    median([...one, ...several].map(({ secondsPerGibibyte }) => secondsPerGibibyte)).toFixed(2);
  const waited = ({ several }: Measured) =>
    milliseconds(
      percentile(
        several.flatMap(({ noopMs }) => noopMs),
        0.99,
      ),
    );
  const named = (of: (measured: Measured) => string, some = all) =>
    some.map((measured) => `${measured.way.name} ${of(measured)}`).join(', ');
  return [
    speed('download 1 GiB', ({ one }) => one),
    speed(`${SEVERAL.times} downloads of ${SEVERAL.bytes / MEBIBYTE} MiB at once`, ({ several }) => several),
    { what: 'processor seconds per GiB', ours: spent(ours), compared: named(spent, all.slice(1)) },
    {
      what: `NOOP during ${SEVERAL.times} downloads, p99`,
      direct: waited(direct),
      ours: waited(ours),
      compared: named(waited, all.slice(1)),
    },
  ];
}
