// Many clients whose transfers all go through one data port, each from an address of its own: whose connection is whose, told by that
// alone. Every transfer has bytes of its own.
import { createHash } from 'node:crypto';
import type { Cleanup } from './cleanup.js';
import { ControlLine } from './control-line.js';
import { bytesOf } from './light-content.js';
import { startLightServer } from './light-server-process.js';
import { fetchOver } from './light-transfer.js';
import { type ProxyProcess, startProxy } from './proxy-process.js';
import type { Row } from './report.js';

const CLIENTS = 200;
const TRANSFERS = 20_000;
const BYTES = 3000;
const DATA_PORT = 7000;

export async function measureOnePort(cleanup: Cleanup): Promise<Row[]> {
  const server = await startLightServer(cleanup);
  const proxy = await startProxy(server, cleanup, ['--data-ports', `${DATA_PORT}-${DATA_PORT}`]);
  const startedAt = performance.now();
  const wrong = await Promise.all(Array.from({ length: CLIENTS }, (_, client) => wrongTransfers(proxy, client)));
  const seconds = (performance.now() - startedAt) / 1000;
  const total = wrong.reduce((sum, one) => sum + one);
  return [
    {
      what: `${TRANSFERS} transfers of ${CLIENTS} clients through one data port`,
      ours: `${(TRANSFERS / seconds).toFixed(0)}/s`,
      compared: `${total} with a wrong SHA-256`,
      target: { text: '0 wrong', met: total === 0 },
    },
  ];
}

async function wrongTransfers(proxy: ProxyProcess, client: number): Promise<number> {
  const control = await ControlLine.login(proxy, `127.0.1.${client + 1}`);
  const each = TRANSFERS / CLIENTS;
  let wrong = 0;
  for (let count = 1; count <= each; count += 1) {
    const number = client * each + count;
    const got = await fetchOver(control, proxy, `RETR ${BYTES} ${number}`);
    if (sha256(got) !== sha256(bytesOf(BYTES, number))) wrong += 1;
  }
  control.close();
  return wrong;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
