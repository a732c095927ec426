// The proxy under test, as people run it: the built command in a process of its own.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { becomesTrue, startChild, stopChild } from '../e2e/child-process.js';
import type { Cleanup } from './cleanup.js';
import { type Address, greets } from './control-line.js';

const COMMAND = fileURLToPath(new URL('../../bin/ftpscope.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOST = '127.0.0.1';
const LIFETIME_MS = 10 * 60_000;
const READY_MS = 10_000;
/** More than the bench opens at a time. */
const MAX_SESSIONS = 5000;

export interface ProxyProcess extends Address {
  readonly pid: number;
}

export async function startProxy(upstream: Address, cleanup: Cleanup): Promise<ProxyProcess> {
  const port = await freePort();
  const options = [
    '--listen',
    `${HOST}:${port}`,
    '--max-sessions',
    String(MAX_SESSIONS),
    '--client-tls',
    'off',
    '--quiet',
  ];
  const args = [COMMAND, 'proxy', `ftp://${upstream.host}:${upstream.port}`, ...options];
  const child = startChild(process.execPath, args, { cwd: ROOT, timeoutMs: LIFETIME_MS });
  cleanup.add(async () => {
    await stopChild(child.process);
    await child.ended.catch(() => undefined);
  });
  const { pid } = child.process;
  const address = { host: HOST, port };
  if (pid === undefined || !(await becomesTrue(() => greets(address), READY_MS)))
    throw new Error(`the proxy did not start:\n${child.output()}`);
  return { ...address, pid };
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await once(probe.listen(0, HOST), 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('this machine has no free port');
  return address.port;
}
