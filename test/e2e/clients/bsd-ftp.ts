// The two descendants of the BSD ftp program, tnftp and inetutils-ftp: the same commands on standard input. Interrupted by
// SIGINT they send ABOR as Telnet interrupt with urgent data, wait for both replies, and go on with the next command.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { becomesTrue, startChild } from '../child-process.js';
import { latin1 } from '../disk.js';
import { everyStepBut, type StepName, wholeFiles } from '../scenario.js';
import type { Family } from '../servers/server.js';
import { type Client, type Job, linesFor, type Mode, RUN_TIMEOUT_MS, type StepLines } from './client.js';

const lines: StepLines = {
  list: ['nlist . listing.txt'],
  ...wholeFiles(
    (name) => [`get "${name}"`],
    (name) => [`put "${name}"`],
  ),
  rename: ['rename old.bin new.bin'],
  delete: ['delete doomed.bin'],
  mkdir: ['mkdir made'],
  resumeDownload: ['reget resumed-down.bin'],
  resumeUpload: ['restart 150000', 'put resumed-up.bin'],
  abort: ['get endless.bin aborted.bin'],
};

interface BsdFtp {
  readonly name: string;
  readonly package: string;
  readonly args: readonly string[];
  /** Commands that bring it from its defaults to the mode. */
  readonly modeLines: Readonly<Record<Family, Readonly<Partial<Record<Mode, readonly string[]>>>>>;
}

const isMode = (name: string): name is Mode => ['PASV', 'EPSV', 'PORT', 'EPRT'].includes(name);
const modesIn = (table: object) => Object.keys(table).filter(isMode);

function bsdFtp(program: BsdFtp): Client {
  return {
    name: program.name,
    needs: [{ file: program.name, from: program.package }],
    modes: { 4: modesIn(program.modeLines[4]), 6: modesIn(program.modeLines[6]) },
    steps: everyStepBut(),
    run: (job) => converse(program, job),
  };
}

async function converse({ name, args, modeLines }: BsdFtp, job: Job): Promise<string> {
  const child = startChild(name, args, {
    cwd: job.here,
    env: { HOME: job.home },
    timeoutMs: RUN_TIMEOUT_MS,
    hasInput: true,
  });
  const opening = [`open ${job.host} ${job.port}`, `user ${job.user} ${job.password}`, 'binary', `cd ${job.folder}`];
  const say = (words: readonly string[]) => child.process.stdin?.write(latin1(`${words.join('\n')}\n`));
  say([...opening, ...(modeLines[job.family][job.mode] ?? []), ...linesFor(lines, job)]);
  if (job.steps.includes('abort' satisfies StepName)) {
    await becomesTrue(() => child.process.exitCode !== null || hasBytes(join(job.here, 'aborted.bin')), RUN_TIMEOUT_MS);
    child.process.kill('SIGINT');
    say(['mkdir after-abort']);
  }
  say(['quit']);
  child.process.stdin?.end();
  await child.ended;
  return child.output();
}

const hasBytes = (path: string) =>
  stat(path).then(
    (found) => found.size > 0,
    () => false,
  );

export const tnftp = bsdFtp({
  name: 'tnftp',
  package: 'tnftp',
  args: ['-n', '-v', '-d', '-i'],
  // It begins with EPSV and uses EPSV and EPRT wherever the server does not refuse them.
  modeLines: {
    4: { PASV: ['epsv4'], EPSV: [], PORT: ['passive', 'epsv4'], EPRT: ['passive'] },
    6: { EPSV: [], EPRT: ['passive'] },
  },
});

export const inetutilsFtp = bsdFtp({
  name: 'inetutils-ftp',
  package: 'inetutils-ftp',
  args: ['-n', '-v', '-d', '-i', '-e'],
  // It begins with PORT; `epsv4` turns to the extended commands for IPv4.
  modeLines: {
    4: { PASV: ['passive'], EPSV: ['passive', 'epsv4'], PORT: [], EPRT: ['epsv4'] },
    6: { EPSV: ['passive'], EPRT: [] },
  },
});
