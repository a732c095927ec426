// What it costs that the client is in active mode and the server in passive: big files with PORT beside the same with EPSV, one
// after the other through the same proxy. The bytes are carried alike, so it is to cost nothing. The client is one that is equally
// fast in both modes: curl's uploads are slower in active mode by themselves.
import { join } from 'node:path';
import { missing } from '../e2e/peers.js';
import type { Cleanup } from './cleanup.js';
import type { Address } from './control-line.js';
import { PYTHON, timesOf } from './ftp-client.js';
import { gigabytes, type Measurement, type Row } from './report.js';
import { laySink, laySparseFile, noVsftpd, openStage } from './stage.js';
import { inTurn, median, medianRatio } from './statistics.js';

/** So many that the round trips before them, of which translation has more, do not count: it is the data path that is measured. */
const BYTES = 1024 ** 3;
/** The more, the closer the middle: single transfers differ by a tenth on a busy machine. */
const ROUNDS = 21;
const DIRECT_ROUNDS = 7;
const LEAST = 0.95;

/** Bytes per second. */
type Transfer = (address: Address, active: boolean) => Promise<number>;

export async function measureModeTranslation(cleanup: Cleanup): Promise<Row[]> {
  const absent = noVsftpd() ?? missing([PYTHON]);
  if (absent !== undefined) return [{ what: 'mode translation', skipped: absent }];
  const { ways, folder } = await openStage(cleanup, ['--server-mode', 'passive']);
  const [direct, proxy] = [ways[0]?.address, ways.find(({ name }) => name === 'ours')?.address];
  if (direct === undefined || proxy === undefined) throw new Error('there is no way through the proxy');
  await laySparseFile(join(folder, 'big'), BYTES);
  const by = (command: string): Transfer => {
    return async (address, active) => {
      const [seconds = Number.NaN] = await timesOf({ commands: [command], bytes: BYTES, active }, address, folder);
      return BYTES / seconds;
    };
  };
  const rows = [await measure('download 1 GiB', direct, proxy, by('RETR pub/big'))];
  if (!(await laySink(join(folder, 'null')))) return rows;
  return [...rows, await measure('upload 1 GiB', direct, proxy, by('APPE pub/null'))];
}

async function measure(what: string, direct: Address, proxy: Address, transfer: Transfer): Promise<Measurement> {
  const through = await beside(ROUNDS, proxy, transfer);
  const directly = await beside(DIRECT_ROUNDS, direct, transfer);
  return {
    what: `${what}, client active, server passive`,
    direct: gigabytes(directly.active),
    ours: gigabytes(through.active),
    compared: `${through.ratio.toFixed(2)} x both passive (${gigabytes(through.passive)}), directly ${directly.ratio.toFixed(2)} x`,
    target: { text: `>= ${LEAST} x both passive`, met: through.ratio >= LEAST },
  };
}

/** The active client beside the passive one, at the same server. */
async function beside(rounds: number, address: Address, transfer: Transfer) {
  const { ours, others } = await inTurn(
    rounds,
    () => transfer(address, true),
    () => transfer(address, false),
  );
  return { active: median(ours), passive: median(others), ratio: medianRatio(ours, others) };
}
