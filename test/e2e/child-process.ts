// Foreign programs, kept on a leash: each is the leader of its own process group, is ended by its own id and nothing else,
// runs for a bounded time, and is gone before anyone goes on.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;
const KEPT_OUTPUT_BYTES = 256 * 1024;

export interface ChildOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Whether it gets an input. Servers do not: on what Node gives them they would take themselves for started by inetd. */
  readonly hasInput?: boolean;
}

/** A running foreign program. */
export interface Child {
  readonly process: ChildProcess;
  /** Resolves when the program has ended, or throws when it took longer than it may. */
  readonly ended: Promise<number | null>;
  /** Both output streams, one character per byte. */
  output(): string;
}

const alive = new Set<number>();
process.on('exit', () => {
  for (const pid of alive) signalGroup(pid, 'SIGKILL');
});

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

export function startChild(program: string, args: readonly string[], options: ChildOptions): Child {
  const env = { PATH: process.env['PATH'], LANG: 'C.UTF-8', HOME: options.cwd, ...options.env };
  const child = spawn(program, args, {
    cwd: options.cwd,
    env,
    detached: true,
    stdio: [options.hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) alive.add(child.pid);
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('latin1')).slice(-KEPT_OUTPUT_BYTES);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.stdin?.on('error', () => undefined); // the program may end without reading all of its input
  return { process: child, ended: endOf(child, program, options.timeoutMs, () => output), output: () => output };
}

async function endOf(child: ChildProcess, program: string, timeoutMs: number, output: () => string) {
  const tooLate = AbortSignal.timeout(timeoutMs);
  try {
    const [code] = await once(child, 'close', { signal: tooLate });
    return typeof code === 'number' ? code : null;
  } catch (error) {
    await stopChild(child);
    if (tooLate.aborted) throw new Error(`${program} was still running after ${timeoutMs} ms:\n${output()}`);
    throw error;
  } finally {
    if (child.pid !== undefined && !signalGroup(child.pid, 0)) alive.delete(child.pid);
  }
}

/** Runs a program with this input to its end; what it said. */
export async function runChild(
  program: string,
  args: readonly string[],
  options: ChildOptions & { readonly input?: Buffer },
): Promise<string> {
  const child = startChild(program, args, { ...options, hasInput: true });
  child.process.stdin?.end(options.input);
  const code = await child.ended;
  return `${child.output()}\n[${program} exited with ${code}]`;
}

/** Asks the group to end, then makes it; returns when no process of it is left. */
export async function stopChild(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  for (const [signal, patienceMs] of [
    ['SIGTERM', 3000],
    ['SIGKILL', 3000],
  ] as const) {
    signalGroup(pid, signal);
    if (await becomesTrue(() => !signalGroup(pid, 0), patienceMs)) {
      alive.delete(pid);
      return;
    }
  }
  throw new Error(`process group ${pid} cannot be ended`);
}

/** Polls, because a foreign program has no event to wait for. False when the time is over. */
export async function becomesTrue(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await delay(POLL_MS);
  }
  return true;
}
