// What eight times as much costs: about eight times as much, and not 64 times. Processor time is compared, with room for what else it does.
import { expect, test } from 'vitest';
import { Board } from '../src/dashboard/model/board.js';
import { Dialogue } from '../src/dialogue/dialogue.js';
import { Exchange } from '../src/dialogue/exchange.js';
import type { Observation } from '../src/dialogue/observation.js';
import { SessionCollector } from '../src/replay/session/recorded-sessions.js';
import { readTranscript } from '../src/transcript/read-transcript.js';
import { Playbook } from './support/playbook.js';
import { command, observed, reply } from './transcript/observations.js';

const CHUNK_BYTES = 64 * 1024;
const TIMES = 8;
const MOST_TIMES = 4 * TIMES;

type Work = (size: number) => void | Promise<void>;

async function costOf(work: Work, size: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 1; run <= 3; run += 1) {
    const before = process.cpuUsage();
    await work(size);
    least = Math.min(least, process.cpuUsage(before).user);
  }
  return least;
}

/** Sessions that are all open at the same time, each with a dialogue of some lines. */
function* atOnce(sessions: number): Generator<Observation> {
  const all = Array.from({ length: sessions }, (_, index) => index + 1);
  for (const session of all) yield { ...observed('session-opened', {}), session };
  for (const session of all) for (let count = 1; count <= 5; count += 1) yield { ...command('NOOP', count), session };
  for (const session of all) for (let count = 1; count <= 5; count += 1) yield { ...reply('200 ok', count), session };
  for (const session of all) yield { ...observed('session-closed', {}), session };
}

async function* transcriptOf(sessions: number): AsyncGenerator<Buffer> {
  const lines = [...atOnce(sessions)].map((observation) => `${JSON.stringify(observation)}\n`).join('');
  const bytes = Buffer.from(lines);
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) yield bytes.subarray(from, from + CHUNK_BYTES);
}

test.each<[string, number, Work]>([
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
  [
    'a transcript, read',
    200,
    async (sessions) => {
      for await (const batch of readTranscript(transcriptOf(sessions))) expect(batch.length).toBeGreaterThan(0);
    },
  ],
  [
    'a session of the relay, transfers one after the other',
    50,
    (transfers) => {
      const p = new Playbook();
      p.greets();
      for (let link = 1; link <= transfers; link += 1) {
        p.passive(link);
        p.says('client', 'RETR report.pdf').hears('server', 'RETR report.pdf').legStands(link, 'client');
        p.says('server', '150 ok').hears('client', '150 ok').flows(link, 'download', 'RETR', 'report.pdf');
        p.dataEnds(link, 1000).says('server', '226 ok').hears('client', '226 ok');
      }
    },
  ],
])(
  '%s',
  async (_, size, work) => {
    await work(size);
    const few = Math.max(await costOf(work, size), 1000);
    expect(await costOf(work, TIMES * size)).toBeLessThan(few * MOST_TIMES);
  },
  60_000,
);
