// A dashboard under load, in a terminal of its own: 2,000 live sessions, 5,000 observations a second for ten seconds. Writes to the
// file named how often it drew, and how long its event loop was held up. Started by dashboard.ts.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Dashboard } from '../../src/dashboard/dashboard.js';
import { NO_ABILITIES } from '../../src/dashboard/viewer/action.js';
import type { Observation } from '../../src/dialogue/observation.js';

const SESSIONS = 2000;
const OBSERVATIONS_A_SECOND = 5000;
const SECONDS = 10;
const EVERY_MS = 10;
const NANOSECONDS_IN_MS = 1e6;

export interface LoadResult {
  readonly drawsASecond: number;
  readonly delayP99Ms: number;
}

const leg = { mode: 'passive', local: null, remote: null } as const;

function opened(session: number): Observation {
  const client = { address: '192.0.2.1', port: 10_000 + session };
  const server = { address: 'ftp.example.com', port: 21 };
  return { kind: 'session-opened', session, at: Date.now(), client, server, how: 'reverse', listener: null };
}

/** What sessions say over and over: commands, replies, progress of transfers. */
function news(count: number): Observation {
  const session = 1 + (count % SESSIONS);
  const number = 1 + Math.floor(count / SESSIONS);
  const common = { session, at: Date.now() };
  switch (count % 3) {
    case 0:
      return { ...common, kind: 'command', number, verb: 'RETR', argument: `f${count}`, line: `RETR f${count}` };
    case 1:
      return {
        ...common,
        kind: 'reply',
        code: 150,
        lines: [`150 Opening data connection for f${count}`],
        answers: number,
        latencyMs: 1,
        preliminary: true,
        by: 'server',
      };
    default:
      return {
        ...common,
        kind: 'link-progress',
        link: 1,
        client: leg,
        server: leg,
        verb: 'RETR',
        path: 'f',
        direction: 'download',
        bytes: count * 1000,
        state: 'transferring',
      };
  }
}

const dashboard = new Dashboard({
  title: 'bench',
  abilities: () => NO_ABILITIES,
  colours: true,
  unicode: true,
  act: () => {},
});
for (let session = 1; session <= SESSIONS; session += 1) dashboard.show(opened(session));

let count = 0;
const delay = monitorEventLoopDelay({ resolution: 1 });
const before = dashboard.drawn;
const started = performance.now();
delay.enable();
const feeding = setInterval(() => {
  const due = ((performance.now() - started) / 1000) * OBSERVATIONS_A_SECOND;
  for (; count < due; count += 1) dashboard.show(news(count));
}, EVERY_MS);

setTimeout(() => {
  clearInterval(feeding);
  delay.disable();
  const seconds = (performance.now() - started) / 1000;
  dashboard.close();
  const result: LoadResult = {
    drawsASecond: (dashboard.drawn - before) / seconds,
    // The timer that measures waits a millisecond by itself.
    delayP99Ms: delay.percentile(99) / NANOSECONDS_IN_MS - 1,
  };
  writeFileSync(process.argv[2] ?? '/dev/stdout', JSON.stringify(result));
}, SECONDS * 1000);
