// What it costs that the client is in active mode and the server in passive: big files with PORT beside the same with EPSV, one
// after the other through the same proxy. The bytes are carried alike, so it is to cost nothing.
import { join } from 'node:path';
import type { Cleanup } from './cleanup.js';
import { downloadSpeed, type Manner, uploadSpeed, urlAt } from './curl.js';
import { gigabytes, type Measurement, type Row } from './report.js';
import { laySink, laySparseFile, noVsftpd, openStage } from './stage.js';
import { inTurn, median, medianRatio } from './statistics.js';

const BYTES = 256 * 1024 ** 2;
/** The more, the closer the middle: single transfers differ by a tenth on a busy machine. */
const ROUNDS = 41;
const LEAST = 0.95;

const ACTIVE: Manner = { options: ['--ftp-port', '-'] };
const PASSIVE: Manner = {};

export async function measureModeTranslation(cleanup: Cleanup): Promise<Row[]> {
  const absent = noVsftpd();
  if (absent !== undefined) return [{ what: 'mode translation', skipped: absent }];
  const { ways, folder } = await openStage(cleanup, ['--server-mode', 'passive']);
  const proxy = ways.find(({ name }) => name === 'ours')?.address;
  if (proxy === undefined) throw new Error('there is no way through the proxy');
  const file = join(folder, 'big');
  await laySparseFile(file, BYTES);
  const download = (manner: Manner) => downloadSpeed(urlAt(proxy, 'pub/big'), BYTES, folder, manner);
  const rows = [await measure('download 256 MiB', download)];
  if (!(await laySink(join(folder, 'null')))) return rows;
  const upload = (manner: Manner) => uploadSpeed(file, urlAt(proxy, 'pub/null'), BYTES, 'APPE', folder, manner);
  return [...rows, await measure('upload 256 MiB', upload)];
}

async function measure(what: string, transfer: (manner: Manner) => Promise<number>): Promise<Measurement> {
  const { ours, others } = await inTurn(
    ROUNDS,
    () => transfer(ACTIVE),
    () => transfer(PASSIVE),
  );
  const ratio = medianRatio(ours, others);
  return {
    what: `${what}, client active, server passive`,
    ours: gigabytes(median(ours)),
    compared: `${ratio.toFixed(2)} x both passive (${gigabytes(median(others))})`,
    target: { text: `>= ${LEAST} x both passive`, met: ratio >= LEAST },
  };
}
