// How fast a transcript of many sessions is read: by the reader alone, and by the command that looks for one session in it.
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Observation } from '../../src/dialogue/observation.js';
import { observationLines } from '../../src/transcript/ndjson.js';
import { readTranscript } from '../../src/transcript/read-transcript.js';
import { makeTempFolder, removeFolder } from '../e2e/disk.js';
import { COMMAND } from '../e2e/proxy.js';
import { command, observed, reply } from '../transcript/observations.js';
import type { Cleanup } from './cleanup.js';
import type { Row } from './report.js';
import { mebibytes } from './resident-memory.js';
import { median } from './statistics.js';
import { timedRun } from './timed-run.js';

const SESSIONS = 100_000;
const ROUNDS = 3;
const BYTES_PER_SECOND = 100e6;
const SESSIONS_A_PIECE = 1000;

/** What a short download leaves behind; `?` stands for what differs from session to session. */
const SESSION: readonly Observation[] = [
  observed('session-opened'),
  observed('server-connected'),
  reply('220 Welcome', null),
  command('USER user?', 1),
  reply('331 Password', 1),
  command('PASS ****', 2),
  reply('230 Logged in', 2),
  command('EPSV', 3),
  reply('229 Entering Extended Passive Mode (|||50001|)', 3),
  observed('rewrite', { what: '229' }),
  observed('link-opened'),
  command('RETR /reports/2025/report-?.pdf', 4),
  reply('150 Opening data connection', 4),
  observed('link-closed', {
    verb: 'RETR',
    path: '/reports/2025/report-?.pdf',
    direction: 'download',
    bytes: 196_608,
    durationMs: 12.5,
    sha256: '0'.repeat(64),
    payload: '0001-0001-RETR-report.pdf',
  }),
  reply('226 Transfer complete', 4),
  command('QUIT', 5),
  reply('221 Goodbye', 5),
  observed('session-closed'),
];

export async function measureTranscript(cleanup: Cleanup): Promise<Row[]> {
  const folder = await makeTempFolder('transcript-bench');
  cleanup.add(() => removeFolder(folder));
  const [file, output] = [join(folder, 'many.ndjson'), join(folder, 'output')];
  await writeSessions(file);
  const { size } = await stat(file);
  const reader: number[] = [];
  const search: number[] = [];
  let peak = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    reader.push(await secondsToRead(file));
    const wanted = `user${SESSIONS - 7}`;
    const run = await timedRun([process.execPath, COMMAND, 'read', file, '-f', `~user ${wanted}`], output, cleanup);
    if (!(await readFile(output, 'utf8')).includes(`-> USER ${wanted}\n`)) throw new Error(`${wanted} was not found`);
    search.push(run.seconds);
    peak = Math.max(peak, run.peakBytes);
  }
  const what = `reading of a transcript of ${SESSIONS.toLocaleString('en')} sessions`;
  const speed = size / median(reader);
  return [
    {
      what,
      ours: `${megabytes(speed)}/s`,
      compared: `${mebibytes(size)} in ${median(reader).toFixed(1)} s`,
      target: { text: `>= ${megabytes(BYTES_PER_SECOND)}/s`, met: speed >= BYTES_PER_SECOND },
    },
    {
      what: 'looking for one session in it, two passes',
      ours: `${median(search).toFixed(1)} s`,
      compared: mebibytes(peak),
    },
  ];
}

async function secondsToRead(file: string): Promise<number> {
  const start = performance.now();
  let count = 0;
  for await (const batch of readTranscript(createReadStream(file))) count += batch.length;
  if (count !== SESSIONS * SESSION.length) throw new Error(`${count} observations were read`);
  return (performance.now() - start) / 1000;
}

async function writeSessions(path: string): Promise<void> {
  const template = linesOf(SESSION);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.write('{"ftpscope":1,"version":"bench","at":0}\n');
    for (let first = 1; first <= SESSIONS; first += SESSIONS_A_PIECE) {
      const numbers = Array.from({ length: SESSIONS_A_PIECE }, (_, index) => first + index);
      await file.write(numbers.map((number) => numbered(template, number)).join(''));
    }
  } finally {
    await file.close();
  }
}

/** As the proxy writes them. */
function linesOf(observations: readonly Observation[]): string {
  let text = '';
  const lines = observationLines({ write: (line) => (text += line) });
  for (const observation of observations) lines.observation(observation);
  return text;
}

function numbered(template: string, session: number): string {
  return template.replaceAll('"session":1,', `"session":${session},`).replaceAll('?', String(session));
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
