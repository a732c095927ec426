// What a session costs that is logged in and silent: how the proxy's memory grows over a thousand of them.
import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from './cleanup.js';
import { type Address, ControlLine } from './control-line.js';
import { startLightServer } from './light-server-process.js';
import { startProxy } from './proxy-process.js';
import type { Row } from './report.js';
import { kibibytes, mebibytes, noResidentMemory, residentBytes } from './resident-memory.js';

const SESSIONS = 1000;
const AT_A_TIME = 50;
const MOST_BYTES = 64 * 1024;
/** The first sessions compile code and make V8's heap grow, whoever comes; they are not counted. */
const WARM_UP_SESSIONS = 200;
/** Nothing more happens; this is for V8, which tidies up in the background. */
const SETTLE_MS = 3000;

export async function measureIdleSessions(cleanup: Cleanup): Promise<Row[]> {
  const absent = noResidentMemory();
  if (absent !== undefined) return [{ what: 'memory of sessions', skipped: absent }];
  const proxy = await startProxy(await startLightServer(cleanup), cleanup);
  await closeAll(await openSessions(proxy, WARM_UP_SESSIONS));
  const before = await settled(proxy.pid);
  const sessions = await openSessions(proxy, SESSIONS);
  cleanup.add(() => closeAll(sessions));
  const after = await settled(proxy.pid);
  const each = (after - before) / SESSIONS;
  return [
    {
      what: `memory, each of ${SESSIONS} idle sessions`,
      ours: kibibytes(each),
      compared: `${mebibytes(before)} before, ${mebibytes(after)} with them`,
      target: { text: `<= ${kibibytes(MOST_BYTES)}`, met: each <= MOST_BYTES },
    },
  ];
}

async function openSessions(address: Address, count: number): Promise<ControlLine[]> {
  const lines: ControlLine[] = [];
  while (lines.length < count) {
    const batch = Array.from({ length: Math.min(AT_A_TIME, count - lines.length) }, () => ControlLine.login(address));
    lines.push(...(await Promise.all(batch)));
  }
  return lines;
}

async function closeAll(lines: readonly ControlLine[]): Promise<void> {
  for (const line of lines) line.close();
}

async function settled(pid: number): Promise<number> {
  await delay(SETTLE_MS);
  return residentBytes(pid);
}
