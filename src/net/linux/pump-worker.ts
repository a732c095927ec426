// What runs in a thread of the kernel pump. With nothing to carry it waits as every thread of Node does, and costs nothing.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openPumpCalls } from './pump-calls.js';
import { PumpLoop } from './pump-loop.js';
import type { FromThread, ThreadStart, ToThread } from './pump-messages.js';

const start: ThreadStart = workerData;
const calls = await openPumpCalls();

if (parentPort !== null) {
  const port = parentPort;
  const tell = (message: FromThread) => port.postMessage(message);
  if (typeof calls === 'string') tell({ kind: 'unable' });
  else {
    const nextMessage = (): ToThread | null => receiveMessageOnPort(port)?.message ?? null;
    const loop = new PumpLoop(calls, start, nextMessage, tell);
    const heard = (first: ToThread) => {
      if (loop.run(first)) port.off('message', heard);
    };
    port.on('message', heard);
    tell({ kind: 'ready' });
  }
}
