// Large plain downloads, one and several at once, beside whatever else relays them: HAProxy copying and splicing, SUSE's ftp-proxy, and
// ours without its pump. How fast, what it costs of the processor, and how long others wait for an answer meanwhile. All of them one
// after the other in each round, and compared as parts of direct in that round.
import { join } from 'node:path';
import { missing } from '../e2e/peers.js';
import type { Cleanup } from './cleanup.js';
import { type Address, ControlLine } from './control-line.js';
import { downloadSpeed, urlAt } from './curl.js';
import { noSecondLoopback, startHaproxy } from './haproxy.js';
import { processorSecondsWithChildren } from './processor-time.js';
import { startProxy } from './proxy-process.js';
import { gigabytes, milliseconds, type Row } from './report.js';
import { laySparseFile, noVsftpd, openStage } from './stage.js';
import { median, medianRatio } from './statistics.js';
import { SUSE_PROXY, startSuseProxy } from './suse-proxy.js';

const GIBIBYTE = 1024 ** 3;
const ROUNDS = 5;
const AT_ONCE = 8;
const BYTES_OF_EACH = 256 * 1024 ** 2;
const NOOP_EVERY_MS = 2;

/** One way from curl to vsftpd, and what was measured of it, round by round. */
interface Way {
  readonly name: string;
  readonly address: Address;
  /** Null for direct. */
  readonly pid: number | null;
  readonly one: number[];
  readonly several: number[];
  readonly secondsPerGibibyte: number[];
  readonly noopMs: number[];
}

export async function measureLargeTransfers(cleanup: Cleanup): Promise<Row[]> {
  const absent = noVsftpd();
  if (absent !== undefined) return [{ what: 'large transfers', skipped: absent }];
  const { ways, folder, withoutSuse } = await openWays(cleanup);
  await laySparseFile(join(folder, 'big'), GIBIBYTE);
  await laySparseFile(join(folder, 'part'), BYTES_OF_EACH);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const way of ways) {
      const measured = await measureOnce(way, folder);
      if (round === 0) continue; // it fills caches, and starts threads
      way.one.push(measured.one);
      way.several.push(measured.several);
      way.secondsPerGibibyte.push(measured.secondsPerGibibyte);
      way.noopMs.push(...measured.noopMs);
    }
  }
  const skipped =
    withoutSuse === undefined ? [] : [{ what: "large transfers of SUSE's ftp-proxy", skipped: withoutSuse }];
  return [...rowsOf(ways), ...skipped];
}

async function openWays(cleanup: Cleanup) {
  const { ways, folder, data, withoutHaproxy } = await openStage(cleanup);
  const direct = ways.find(({ name }) => name === 'direct')?.address;
  const ours = ways.find(({ name }) => name === 'ours')?.address;
  if (direct === undefined || ours === undefined) throw new Error('the stage has no server');
  const withoutSuse = missing([SUSE_PROXY]);
  const opened = [wayTo('direct', direct, null)];
  if (withoutHaproxy === undefined && (await noSecondLoopback()) === undefined) {
    opened.push(wayTo('HAProxy splice', await startHaproxy(direct, data, cleanup, 'splice')));
  }
  const copying = ways.find(({ name }) => name === 'haproxy');
  if (copying !== undefined) opened.push(wayTo('HAProxy copy', copying.address));
  if (withoutSuse === undefined) opened.push(wayTo('SUSE', await startSuseProxy(direct, cleanup)));
  opened.push(wayTo('portable', await startProxy(direct, cleanup, ['--pump', 'portable'])));
  opened.push(wayTo('ours', ours));
  return { ways: opened, folder, withoutSuse };
}

function wayTo(name: string, address: Address, pid = 'pid' in address ? Number(address.pid) : null): Way {
  return { name, address, pid, one: [], several: [], secondsPerGibibyte: [], noopMs: [] };
}

async function measureOnce({ address, pid }: Way, folder: string) {
  const control = await ControlLine.login(address);
  const before = pid === null ? 0 : processorSecondsWithChildren(pid);
  const one = await downloadSpeed(urlAt(address, 'pub/big'), GIBIBYTE, folder);
  const noops = answersUntilStopped(control);
  const begun = performance.now();
  const part = urlAt(address, 'pub/part');
  await Promise.all(Array.from({ length: AT_ONCE }, () => downloadSpeed(part, BYTES_OF_EACH, folder)));
  const seconds = (performance.now() - begun) / 1000;
  const noopMs = await noops.stop();
  control.close();
  const spent = pid === null ? 0 : processorSecondsWithChildren(pid) - before;
  const gibibytes = 1 + (AT_ONCE * BYTES_OF_EACH) / GIBIBYTE;
  return { one, several: (AT_ONCE * BYTES_OF_EACH) / seconds, secondsPerGibibyte: spent / gibibytes, noopMs };
}

/** NOOP again and again on one control connection; how long each answer took. */
function answersUntilStopped(control: ControlLine): { stop(): Promise<number[]> } {
  let isStopped = false;
  const times: number[] = [];
  const asked = (async () => {
    while (!isStopped) {
      const begun = performance.now();
      await control.command('NOOP', '200');
      times.push(performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, NOOP_EVERY_MS));
    }
  })();
  return {
    stop: async () => {
      isStopped = true;
      await asked;
      return times;
    },
  };
}

function rowsOf(ways: readonly Way[]): Row[] {
  const direct = ways.find(({ name }) => name === 'direct');
  const ours = ways.find(({ name }) => name === 'ours');
  if (direct === undefined || ours === undefined) throw new Error('nothing was measured');
  const peers = ways.filter(({ name }) => name !== 'direct' && name !== 'ours' && name !== 'portable');
  const speed = (what: string, of: (way: Way) => readonly number[]): Row => {
    const part = (way: Way) => medianRatio(of(way), of(direct));
    const best = Math.max(...peers.map(part));
    return {
      what,
      direct: gigabytes(median(of(direct))),
      ours: gigabytes(median(of(ours))),
      compared: `${ways
        .slice(1)
        .map((way) => `${way.name} ${part(way).toFixed(2)}`)
        .join(', ')} x direct`,
      ...(peers.length > 0 ? { target: { text: '>= the fastest peer', met: part(ours) >= best } } : {}),
    };
  };
  const spent = ways
    .filter(({ pid }) => pid !== null)
    .map((way) => `${way.name} ${median(way.secondsPerGibibyte).toFixed(2)}`);
  const waited = ways.map((way) => `${way.name} ${milliseconds(percentile(way.noopMs, 0.99))}`);
  return [
    speed('download 1 GiB', ({ one }) => one),
    speed(`${AT_ONCE} downloads of ${BYTES_OF_EACH / 1024 ** 2} MiB at once`, ({ several }) => several),
    { what: 'processor seconds per GiB', ours: median(ours.secondsPerGibibyte).toFixed(2), compared: spent.join(', ') },
    {
      what: `NOOP during ${AT_ONCE} downloads, p99`,
      direct: milliseconds(percentile(direct.noopMs, 0.99)),
      ours: milliseconds(percentile(ours.noopMs, 0.99)),
      compared: waited.join(', '),
    },
  ];
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
