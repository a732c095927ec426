// What eight times as much costs: about eight times as much, and not 64 times. Processor time is compared, with room for what else it does.
import { expect, test } from 'vitest';
import { Board } from '../src/dashboard/model/board.js';
import { Dialogue } from '../src/dialogue/dialogue.js';
import { Exchange } from '../src/dialogue/exchange.js';
import type { Observation } from '../src/dialogue/observation.js';
import { SessionCollector } from '../src/replay/session/recorded-sessions.js';
import { command, observed, reply } from './transcript/observations.js';

const TIMES = 8;
const MOST_TIMES = 4 * TIMES;

function costOf(work: (size: number) => void, size: number): number {
  const runs = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    work(size);
    return process.cpuUsage(before).user;
  });
  return Math.min(...runs);
}

/** Sessions that are all open at the same time, each with a dialogue of some lines. */
function* atOnce(sessions: number): Generator<Observation> {
  const all = Array.from({ length: sessions }, (_, index) => index + 1);
  for (const session of all) yield { ...observed('session-opened', {}), session };
  for (const session of all) for (let count = 1; count <= 5; count += 1) yield { ...command('NOOP', count), session };
  for (const session of all) for (let count = 1; count <= 5; count += 1) yield { ...reply('200 ok', count), session };
  for (const session of all) yield { ...observed('session-closed', {}), session };
}

test.each<[string, number, (size: number) => void]>([
  [
    'the dashboard, sessions at once',
    500,
    (sessions) => {
      const board = new Board();
      for (const observation of atOnce(sessions)) board.take(observation);
    },
  ],
  [
    'a replay, sessions at once',
    500,
    (sessions) => {
      const collector = new SessionCollector(null);
      for (const observation of atOnce(sessions)) collector.add(observation);
    },
  ],
  [
    'a dialogue, commands that wait for their replies',
    500,
    (commands) => {
      const dialogue = new Dialogue();
      for (let count = 1; count <= commands; count += 1) dialogue.ask(new Exchange(count, 'NOOP', 0));
      for (let count = 1; count <= commands; count += 1) dialogue.answer(200);
    },
  ],
])(
  '%s',
  (_, size, work) => {
    work(size);
    const few = Math.max(costOf(work, size), 1000);
    expect(costOf(work, TIMES * size)).toBeLessThan(few * MOST_TIMES);
  },
  60_000,
);
