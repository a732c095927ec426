// Starts a thread of the kernel pump. A file of its own, since tests run the sources and have to start it in another way.
import { Worker } from 'node:worker_threads';
import type { ThreadStart } from './pump-messages.js';

export function startPumpThread(workerData: ThreadStart): Worker {
  return new Worker(new URL('./pump-worker.js', import.meta.url), {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
}
