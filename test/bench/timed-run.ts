// A program run to its end: how long it took, and how much memory it had at most. What it says goes into a file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Cleanup } from './cleanup.js';
import { peakBytes } from './resident-memory.js';

const LONGEST_MS = 3 * 60_000;
const LOOK_EVERY_MS = 20;

export interface TimedRun {
  readonly seconds: number;
  /** The most that was resident at a time, looked at every few milliseconds; 0 where that cannot be told. */
  readonly peakBytes: number;
}

/** Throws when it does not end well. */
export async function timedRun(
  [program = '', ...args]: readonly string[],
  output: string,
  cleanup: Cleanup,
): Promise<TimedRun> {
  const file = await open(output, 'w', 0o600);
  const child = spawn(program, args, {
    stdio: ['ignore', file.fd, 'ignore'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
  cleanup.add(async () => void child.kill('SIGKILL'));
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, residentPeak(child.pid));
  }, LOOK_EVERY_MS);
  const start = performance.now();
  try {
    const [status] = await once(child, 'close');
    if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
    return { seconds: (performance.now() - start) / 1000, peakBytes: peak };
  } finally {
    clearInterval(look);
    await file.close();
  }
}

/** It may have ended already, and not every system can tell. */
function residentPeak(pid: number | undefined): number {
  try {
    return pid === undefined ? 0 : peakBytes(pid) || 0;
  } catch {
    return 0;
  }
}
