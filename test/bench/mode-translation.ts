// What it costs that the client is in active mode and the server in passive: big files with PORT beside the same with EPSV, one
// after the other through the same proxy. The bytes are carried alike, so it is to cost nothing. A client itself may be slower in
// active mode (curl uploads are): what it loses directly is not held against the proxy.
import { join } from 'node:path';
import type { Cleanup } from './cleanup.js';
import type { Address } from './control-line.js';
import { downloadSpeed, type Manner, uploadSpeed, urlAt } from './curl.js';
import { gigabytes, type Measurement, type Row } from './report.js';
import { laySink, laySparseFile, noVsftpd, openStage } from './stage.js';
import { inTurn, median, medianRatio } from './statistics.js';

const BYTES = 256 * 1024 ** 2;
/** The more, the closer the middle: single transfers differ by a tenth on a busy machine. */
const ROUNDS = 41;
/** Directly there is no proxy to be judged: the middle may be rougher. */
const DIRECT_ROUNDS = 15;
const LEAST = 0.95;

const ACTIVE: Manner = { options: ['--ftp-port', '-'] };
const PASSIVE: Manner = {};

type Transfer = (address: Address, manner: Manner) => Promise<number>;

export async function measureModeTranslation(cleanup: Cleanup): Promise<Row[]> {
  const absent = noVsftpd();
  if (absent !== undefined) return [{ what: 'mode translation', skipped: absent }];
  const { ways, folder } = await openStage(cleanup, ['--server-mode', 'passive']);
  const [direct, proxy] = [ways[0]?.address, ways.find(({ name }) => name === 'ours')?.address];
  if (direct === undefined || proxy === undefined) throw new Error('there is no way through the proxy');
  const file = join(folder, 'big');
  await laySparseFile(file, BYTES);
  const download: Transfer = (address, manner) => downloadSpeed(urlAt(address, 'pub/big'), BYTES, folder, manner);
  const rows = [await measure('download 256 MiB', direct, proxy, download)];
  if (!(await laySink(join(folder, 'null')))) return rows;
  const upload: Transfer = (address, manner) =>
    uploadSpeed(file, urlAt(address, 'pub/null'), BYTES, 'APPE', folder, manner);
  return [...rows, await measure('upload 256 MiB', direct, proxy, upload)];
}

async function measure(what: string, direct: Address, proxy: Address, transfer: Transfer): Promise<Measurement> {
  const through = await beside(ROUNDS, proxy, transfer);
  const directly = await beside(DIRECT_ROUNDS, direct, transfer);
  const least = LEAST * Math.min(1, directly.ratio);
  return {
    what: `${what}, client active, server passive`,
    direct: gigabytes(directly.active),
    ours: gigabytes(through.active),
    compared: `${through.ratio.toFixed(2)} x both passive (${gigabytes(through.passive)}), directly ${directly.ratio.toFixed(2)} x`,
    target: { text: `>= ${LEAST} x both passive, or x what it is directly`, met: through.ratio >= least },
  };
}

/** The active client beside the passive one, at the same server. */
async function beside(rounds: number, address: Address, transfer: Transfer) {
  const { ours, others } = await inTurn(
    rounds,
    () => transfer(address, ACTIVE),
    () => transfer(address, PASSIVE),
  );
  return { active: median(ours), passive: median(others), ratio: medianRatio(ours, others) };
}
