// Starts the light server in a process of its own, so that neither it nor its memory is measured with anything else.
import { fileURLToPath } from 'node:url';
import { becomesTrue, startChild, stopChild } from '../e2e/child-process.js';
import type { Cleanup } from './cleanup.js';
import type { Address } from './control-line.js';

const SCRIPT = fileURLToPath(new URL('light-server.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIFETIME_MS = 10 * 60_000;
const READY_MS = 10_000;

export async function startLightServer(cleanup: Cleanup): Promise<Address> {
  const child = startChild(process.execPath, ['--import', 'tsx', SCRIPT], { cwd: ROOT, timeoutMs: LIFETIME_MS });
  cleanup.add(async () => {
    await stopChild(child.process);
    await child.ended.catch(() => undefined);
  });
  const port = () => Number(/^port (\d+)$/m.exec(child.output())?.[1] ?? 0);
  if (await becomesTrue(() => port() > 0, READY_MS)) return { host: '127.0.0.1', port: port() };
  throw new Error(`the light server did not start:\n${child.output()}`);
}
