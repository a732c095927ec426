// Stands in for src/net/linux/pump-thread.ts in tests (see vitest.config.ts): the same, from the sources. Tests may end the threads.
import { Worker } from 'node:worker_threads';
import type { ThreadStart } from '../../src/net/linux/pump-messages.js';

const WORKER = new URL('../../src/net/linux/pump-worker.ts', import.meta.url);
const LOADER = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(WORKER.href)});
})`;

const running = new Set<Worker>();

export function startPumpThread(workerData: ThreadStart): Worker {
  const worker = new Worker(LOADER, { eval: true, workerData });
  running.add(worker);
  worker.once('exit', () => running.delete(worker));
  return worker;
}

/** As a thread ends that fails: at once, wherever it is. */
export async function killPumpThreads(): Promise<void> {
  await Promise.all([...running].map((worker) => worker.terminate()));
}
