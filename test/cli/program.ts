// The program as people run it: `node bin/ftpscope.js` in a process of its own.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, onTestFinished } from 'vitest';

export const BIN = fileURLToPath(new URL('../../bin/ftpscope.js', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The data folder of a user who is no other than these tests: the authority of `proxy` is made there. */
const DATA_FOLDER = mkdtempSync(join(tmpdir(), 'ftpscope-data-'));
afterAll(() => rmSync(DATA_FOLDER, { recursive: true, force: true }));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs; killed with the test when it still does. */
export interface RunningProgram {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Ended>;
  /** Resolves with the first match in what came on stderr; rejects when the program ends without one. */
  told(pattern: RegExp): Promise<RegExpExecArray>;
}

export interface Surroundings {
  readonly environment?: Readonly<Record<string, string>>;
  /** Commands of bash that set limits first. */
  readonly limits?: string;
}

export function startProgram(argv: readonly string[], { environment = {}, limits }: Surroundings = {}): RunningProgram {
  if (!existsSync(BUILT)) throw new Error('dist/cli/main.js is missing: run `npm run build` first');
  const direct = [process.execPath, BIN, ...argv];
  const limited = ['bash', '-c', `${limits}; exec "$0" "$@"`, ...direct];
  const [program = '', ...rest] = limits === undefined ? direct : limited;
  const env = { ...process.env, XDG_DATA_HOME: DATA_FOLDER, ...environment };
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env });
  onTestFinished(() => void child.kill('SIGKILL'));
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const ended = new Promise<Ended>((resolve) => child.once('close', (status) => resolve({ status, ...texts })));
  return { process: child, ended, told: (pattern) => matchOf(pattern, child, () => texts.stderr) };
}

export function runProgram(argv: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  return startProgram(argv, surroundings).ended;
}

function matchOf(pattern: RegExp, child: RunningProgram['process'], text: () => string): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const match = pattern.exec(text());
      if (match !== null) resolve(match);
    };
    look();
    child.stderr.on('data', look);
    child.once('close', () => reject(new Error(`ended without ${pattern} on stderr: ${text()}`)));
  });
}
