// Whether the proxy buffers for a peer that does not keep up: the most memory it has during a big transfer that stops in the
// middle, over what it has when it has just begun to serve. A fresh proxy for each.
import { Cleanup } from './cleanup.js';
import type { Address } from './control-line.js';
import { startLightServer } from './light-server-process.js';
import { download, upload } from './light-transfer.js';
import { startProxy } from './proxy-process.js';
import type { Measurement, Row } from './report.js';
import { forgetPeak, mebibytes, noResidentMemory, peakBytes, residentBytes } from './resident-memory.js';

const BYTES = 2 * 1024 ** 3;
const PAUSE = { at: BYTES / 2, ms: 10_000 } as const;
const MOST_BYTES = 32 * 1024 ** 2;

type Transfer = (address: Address) => Promise<void>;

const TRANSFERS: readonly (readonly [what: string, transfer: Transfer])[] = [
  ['memory, 2 GiB down, client stops reading 10 s', (address) => download(address, BYTES, PAUSE)],
  ['memory, 2 GiB up, client stops writing 10 s', (address) => upload(address, BYTES, 'client', PAUSE)],
  ['memory, 2 GiB up, server stops reading 10 s', (address) => upload(address, BYTES, 'server', PAUSE)],
];

export async function measurePausedTransfers(cleanup: Cleanup): Promise<Row[]> {
  const absent = noResidentMemory();
  if (absent !== undefined) return [{ what: 'memory of transfers', skipped: absent }];
  const server = await startLightServer(cleanup);
  const rows: Row[] = [];
  for (const [what, transfer] of TRANSFERS) rows.push(await measure(what, transfer, server));
  return rows;
}

async function measure(what: string, transfer: Transfer, server: Address): Promise<Measurement> {
  const cleanup = new Cleanup();
  try {
    const proxy = await startProxy(server, cleanup);
    const before = residentBytes(proxy.pid);
    forgetPeak(proxy.pid);
    await transfer(proxy);
    const growth = peakBytes(proxy.pid) - before;
    return {
      what,
      ours: `+${mebibytes(growth)}`,
      compared: `from ${mebibytes(before)}`,
      target: { text: `<= ${mebibytes(MOST_BYTES)}`, met: growth <= MOST_BYTES },
    };
  } finally {
    await cleanup.run();
  }
}
