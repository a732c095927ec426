// What sessions cost that are logged in and silent, and how long the control line of another takes beside them.
import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from '../bench/cleanup.js';
import { ControlLine } from '../bench/control-line.js';
import { startLightServer } from '../bench/light-server-process.js';
import { startProxy } from '../bench/proxy-process.js';
import { residentBytes } from '../bench/resident-memory.js';
import { percentile } from '../bench/statistics.js';

const COUNTS = [1, 10, 100, 1000] as const;
const NOOPS = 1000;
const SETTLE_MS = 1000;

export interface Sessions {
  readonly count: number;
  readonly mebibytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function measureSessions(cleanup: Cleanup): Promise<Sessions[]> {
  const proxy = await startProxy(await startLightServer(cleanup), cleanup);
  const lines: ControlLine[] = [];
  cleanup.add(async () => {
    for (const line of lines) line.close();
  });
  const other = await ControlLine.login(proxy);
  lines.push(other);
  const measured: Sessions[] = [];
  for (const count of COUNTS) {
    while (lines.length <= count) lines.push(await ControlLine.login(proxy));
    await delay(SETTLE_MS);
    const mebibytes = residentBytes(proxy.pid) / 1024 ** 2;
    const times: number[] = [];
    for (let round = 0; round < NOOPS; round += 1) {
      const begun = performance.now();
      await other.command('NOOP', '200');
      times.push(performance.now() - begun);
    }
    measured.push({ count, mebibytes, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) });
  }
  return measured;
}
