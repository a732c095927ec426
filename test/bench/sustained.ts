// Whether the proxy is as fast after tens of thousands of transfers as at first: what it forgets to let go of shows in no short run.
import type { Cleanup } from './cleanup.js';
import { type Address, ControlLine } from './control-line.js';
import { startLightServer } from './light-server-process.js';
import { fetchOver } from './light-transfer.js';
import { type ProcessorTime, processorTime } from './processor-time.js';
import { type ProxyProcess, startProxy } from './proxy-process.js';
import type { Row } from './report.js';

const TRANSFERS = 30_000;
const COMPARED = 1000;
/** Until the code is compiled, and the pool of data ports is full. */
const WARM_UP = 1000;
const BYTES = 1024;
const LEAST = 0.9;

export async function measureSustained(cleanup: Cleanup): Promise<Row[]> {
  const proxy = await startProxy(await startLightServer(cleanup), cleanup);
  const control = await ControlLine.login(proxy);
  cleanup.add(async () => control.close());
  await transfersPerSecond(control, proxy, WARM_UP);
  const first = await measured(control, proxy, COMPARED);
  await transfersPerSecond(control, proxy, TRANSFERS - 2 * COMPARED);
  const last = await measured(control, proxy, COMPARED);
  const ratio = last.perSecond / first.perSecond;
  return [
    {
      what: `transfers of 1 KiB, the last ${COMPARED} of ${TRANSFERS}`,
      ours: `${last.perSecond.toFixed(0)}/s`,
      compared: `${ratio.toFixed(2)} x the first ${COMPARED} (${first.perSecond.toFixed(0)}/s)`,
      target: { text: `>= ${LEAST} x the first`, met: ratio >= LEAST },
    },
    {
      note: `each of these transfers keeps ftpscope's processor busy for ${first.busyMs.toFixed(2)} ms at first, ${last.busyMs.toFixed(2)} ms at last`,
    },
  ];
}

interface Measured {
  readonly perSecond: number;
  readonly busyMs: number;
}

async function measured(control: ControlLine, proxy: ProxyProcess, transfers: number): Promise<Measured> {
  const before = processorTime(proxy.pid);
  const perSecond = await transfersPerSecond(control, proxy, transfers);
  return { perSecond, busyMs: (1000 * (secondsOf(processorTime(proxy.pid)) - secondsOf(before))) / transfers };
}

async function transfersPerSecond(control: ControlLine, address: Address, transfers: number): Promise<number> {
  const startedAt = performance.now();
  for (let count = 0; count < transfers; count += 1) await fetchOver(control, address, `RETR ${BYTES}`);
  return transfers / ((performance.now() - startedAt) / 1000);
}

const secondsOf = ({ kernelSeconds, userSeconds }: ProcessorTime) => kernelSeconds + userSeconds;
