// What a transcript of 100,000 sessions costs when it is opened in the dashboard: how long until something is seen, how long until all is
// read, and how much memory that takes.
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Observation } from '../../src/dialogue/observation.js';
import { observationLines } from '../../src/transcript/ndjson.js';
import { becomesTrue, stopChild } from '../e2e/child-process.js';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';
import { missing } from '../e2e/peers.js';
import type { Cleanup } from './cleanup.js';
import { COMMAND } from './proxy-process.js';
import type { Row } from './report.js';
import { mebibytes, noResidentMemory, peakBytes } from './resident-memory.js';
import { inTerminal, SCRIPT } from './screen.js';

const SESSIONS = 100_000;
const MAX_FIRST_SCREEN_MS = 2000;
const MAX_BYTES = 400 * 1024 ** 2;
const LONGEST_MS = 60_000;
const WRITE_BYTES = 1024 ** 2;
const START = Date.UTC(2025, 10, 22);

const leg = { mode: 'passive', local: null, remote: { address: '192.0.2.7', port: 50_000 } } as const;

const SUMS = { commands: 6, links: 1, bytesDown: 50_000, bytesUp: 0 };

/** A login, a download and a farewell. */
function* session(number: number): Generator<Observation> {
  const at = START + number * 100;
  const common = { session: number, at };
  const client = { address: '192.0.2.1', port: 1024 + (number % 60_000) };
  const server = { address: '192.0.2.7', port: 21 };
  yield { ...common, kind: 'session-opened', client, server, how: 'reverse', listener: null };
  yield reply(common, 220, 'ready', null);
  const dialogue = [
    ['USER', 'alice', 331, 'Password?'],
    ['PASS', '****', 230, 'Welcome.'],
    ['TYPE', 'I', 200, 'Type is I.'],
    ['PASV', '', 227, 'Entering Passive Mode (192,0,2,7,195,80)'],
    ['RETR', `reports/${number}.csv`, 226, 'Transfer complete.'],
    ['QUIT', '', 221, 'Goodbye.'],
  ] as const;
  for (const [index, [verb, argument, code, text]] of dialogue.entries()) {
    const line = `${verb} ${argument}`.trimEnd();
    yield { ...common, kind: 'command', number: index + 1, verb, argument, line };
    yield reply(common, code, text, index + 1);
    if (verb === 'RETR') yield downloaded(common, argument);
  }
  yield { ...common, kind: 'session-closed', by: 'client', cause: 'quit', reason: 'QUIT', durationMs: 90, ...SUMS };
}

interface Common {
  readonly session: number;
  readonly at: number;
}

function reply(common: Common, code: number, text: string, answers: number | null): Observation {
  const lines = [`${code} ${text}`];
  const latencyMs = answers === null ? null : 1;
  return { ...common, kind: 'reply', code, lines, answers, latencyMs, preliminary: false, by: 'server' };
}

function downloaded(common: Common, path: string): Observation {
  const facts = {
    link: 1,
    client: leg,
    server: leg,
    verb: 'RETR',
    path,
    direction: 'download',
    bytes: 50_000,
  } as const;
  return { ...common, ...facts, kind: 'link-closed', outcome: 'complete', cause: null, reason: null, durationMs: 12 };
}

function writeTranscript(file: string): void {
  const descriptor = openSync(file, 'w');
  let gathered = '';
  const flush = () => {
    writeSync(descriptor, gathered);
    gathered = '';
  };
  const write = (line: string) => {
    gathered += line;
  };
  const lines = observationLines({ write });
  lines.header({ version: '0.1.0', at: START });
  for (let number = 1; number <= SESSIONS; number += 1) {
    for (const observation of session(number)) lines.observation(observation);
    if (gathered.length > WRITE_BYTES) flush();
  }
  flush();
  closeSync(descriptor);
}

export async function measureLongTranscript(cleanup: Cleanup): Promise<Row[]> {
  const what = `dashboard, transcript of ${SESSIONS.toLocaleString('en')} sessions`;
  const absent = missing([SCRIPT]) ?? noResidentMemory();
  if (absent !== undefined) return [{ what, skipped: absent }];
  const folder = await makeTempFolder('bench-transcript');
  cleanup.add(() => removeFolder(folder));
  const [file, pidFile] = [join(folder, 'long.ndjson'), join(folder, 'pid')];
  writeTranscript(file);
  const startedAt = performance.now();
  const child = inTerminal(`sh -c 'echo $$ > ${pidFile}; exec ${process.execPath} ${COMMAND} read ${file}'`);
  cleanup.add(() => stopChild(child.process));
  const hasHappened = (done: () => boolean) => becomesTrue(done, LONGEST_MS);
  // The conversation of a session is there: what is seen before is an empty dashboard.
  if (!(await hasHappened(() => / Session \d+ /.test(child.output())))) throw new Error('nothing was shown');
  const firstScreenMs = performance.now() - startedAt;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  const { size } = statSync(file);
  if (!(await hasHappened(() => readBytes(pid) > size))) throw new Error('it was not read to its end');
  const allMs = performance.now() - startedAt;
  const bytes = peakBytes(pid);
  child.process.stdin?.write('[');
  const pressedAt = performance.now();
  if (!(await hasHappened(() => child.output().includes('read back, ]')))) throw new Error('nothing was read back');
  const backMs = performance.now() - pressedAt;
  const bytesWithBack = peakBytes(pid);
  return [
    {
      what: `${what}: first screen`,
      ours: `${(firstScreenMs / 1000).toFixed(2)} s`,
      target: { text: `< ${MAX_FIRST_SCREEN_MS / 1000} s`, met: firstScreenMs < MAX_FIRST_SCREEN_MS },
    },
    {
      what: `${what}: memory at most, all ${mebibytes(size)} read in ${(allMs / 1000).toFixed(1)} s`,
      ours: mebibytes(bytes),
      target: { text: `< ${mebibytes(MAX_BYTES)}`, met: bytes < MAX_BYTES },
    },
    {
      what: `${what}: memory at most, older ones read back in ${(backMs / 1000).toFixed(1)} s`,
      ours: mebibytes(bytesWithBack),
      target: { text: `< ${mebibytes(MAX_BYTES)}`, met: bytesWithBack < MAX_BYTES },
    },
  ];
}

/** From wherever, since it started. */
function readBytes(pid: number): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1]);
}
