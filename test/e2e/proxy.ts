// The proxy as a user starts it: the built command line in a process of its own, observed through its NDJSON.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Observation } from '../../src/session/observation.js';
import { startChild, stopChild } from './child-process.js';
import { LOOPBACK, type Place } from './servers/server.js';

const COMMAND = fileURLToPath(new URL('../../bin/ftpscope.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIFETIME_MS = 20 * 60_000;
const PATIENCE_MS = 10_000;

export interface RunningProxy {
  readonly host: string;
  readonly port: number;
  /** What was observed since the last call, once every session in it has closed. */
  observations(): Promise<readonly Observation[]>;
  stop(): Promise<void>;
}

export async function startProxy(
  { family, host, port }: Place,
  options: readonly string[] = [],
): Promise<RunningProxy> {
  const listen = LOOPBACK[family];
  const inUrl = (address: string) => (family === 6 ? `[${address}]` : address);
  const args = ['proxy', `ftp://${inUrl(host)}:${port}`, '--listen', `${inUrl(listen)}:0`, '--json', ...options];
  const child = startChild(process.execPath, [COMMAND, ...args], { cwd: ROOT, timeoutMs: LIFETIME_MS });
  const { stdout, stderr } = child.process;
  if (stdout === null || stderr === null) throw new Error('the proxy has no output');
  const inbox = new Inbox();
  createInterface({ input: stdout }).on('line', (line) => inbox.add(line));
  const stop = async () => {
    await stopChild(child.process);
    await child.ended.catch(() => undefined);
  };
  const [firstLine] = await once(createInterface({ input: stderr }), 'line', {
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const reported = /^listening on .*:(\d+)$/.exec(String(firstLine));
  if (reported?.[1] === undefined) {
    await stop();
    throw new Error(`the proxy did not say where it listens:\n${child.output()}`);
  }
  return { host: listen, port: Number(reported[1]), observations: () => inbox.take(), stop };
}

/** Lines of the proxy's output, handed over when no session is open. */
class Inbox {
  private observations: Observation[] = [];
  private open = new Set<number>();
  private onQuiet: (() => void) | undefined;

  add(line: string): void {
    const observation: unknown = JSON.parse(line);
    if (!isObservation(observation)) return;
    this.observations.push(observation);
    if (observation.kind === 'session-opened') this.open.add(observation.session);
    if (observation.kind === 'session-closed') this.open.delete(observation.session);
    if (this.isQuiet()) this.onQuiet?.();
  }

  async take(): Promise<readonly Observation[]> {
    if (!this.isQuiet()) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`sessions stayed open: ${[...this.open]}`)), PATIENCE_MS);
        this.onQuiet = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.onQuiet = undefined;
    }
    return this.observations.splice(0);
  }

  private isQuiet = () => this.observations.length > 0 && this.open.size === 0;
}

function isObservation(value: unknown): value is Observation {
  return typeof value === 'object' && value !== null && 'kind' in value && 'session' in value;
}
