// The proxy as a user starts it: the built command line in a process of its own, observed through its NDJSON.
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Observation } from '../../src/dialogue/observation.js';
import { runChild, startChild, stopChild } from './child-process.js';
import { LOOPBACK, type Place } from './servers/server.js';

export const COMMAND = fileURLToPath(new URL('../../bin/ftpscope.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIFETIME_MS = 20 * 60_000;
const PATIENCE_MS = 30_000;
const KEPT_LINES = 40;

export interface RunningProxy {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** File with the authority that clients have to trust. */
  readonly authority: string | undefined;
  /** What was observed since the last call, once every session in it has closed. */
  observations(): Promise<readonly Observation[]>;
  stop(): Promise<void>;
}

/** How a proxy is started, where not as usual. */
export interface ProxySettings {
  /** The Node to run it with. Default: this one. */
  readonly node?: string;
  /** Wait for TLS at once (implicit FTPS). */
  readonly listensWithTls?: boolean;
  readonly authority?: ProxyAuthority;
  readonly options?: readonly string[];
  /** Clients name their server themselves. */
  readonly forward?: boolean;
}

export async function startProxy(
  { family, host, port, tls }: Place,
  { node = process.execPath, listensWithTls = false, authority, options = [], forward = false }: ProxySettings = {},
): Promise<RunningProxy> {
  const listen = LOOPBACK[family];
  const inUrl = (address: string) => (family === 6 ? `[${address}]` : address);
  const upstream = `${tls?.how === 'implicit' ? 'ftps' : 'ftp'}://${inUrl(host)}:${port}`;
  const server = forward ? ['--forward', '--allow-server', `${inUrl(host)}:${port}`] : [upstream];
  const args = ['proxy', ...server, '--listen', `${listensWithTls ? 'ftps://' : ''}${inUrl(listen)}:0`, '--json'];
  if (tls !== undefined) args.push('--server-ca', tls.certificates.authority);
  const env = authority === undefined ? {} : { XDG_DATA_HOME: authority.home };
  // Without an authority of the test's own, none is to be made in the user's data folder.
  if (authority === undefined) args.push('--client-tls', 'off');
  const child = startChild(node, [COMMAND, ...args, ...options], { cwd: ROOT, env, timeoutMs: LIFETIME_MS });
  const { pid, stdout, stderr } = child.process;
  if (pid === undefined || stdout === null || stderr === null) throw new Error('the proxy has no output');
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
  return {
    host: listen,
    port: Number(reported[1]),
    pid,
    authority: authority?.file,
    observations: () => inbox.take(),
    stop,
  };
}

/** The authority that signs a proxy's certificates: the folder of the user's data, and the file in it. */
export interface ProxyAuthority {
  readonly home: string;
  readonly file: string;
}

/** Makes it as a user does. */
export async function makeAuthority(home: string): Promise<ProxyAuthority> {
  const options = { cwd: ROOT, env: { XDG_DATA_HOME: home }, timeoutMs: PATIENCE_MS };
  const said = await runChild(process.execPath, [COMMAND, 'ca'], options);
  const file = join(home, 'ftpscope', 'ca', 'ftpscope-ca.pem');
  if (!said.includes(file)) throw new Error(`the proxy did not make its authority:\n${said}`);
  return { home, file };
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
        const timer = setTimeout(() => reject(new Error(this.stillOpen())), PATIENCE_MS);
        this.onQuiet = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.onQuiet = undefined;
    }
    return this.observations.splice(0);
  }

  private stillOpen(): string {
    const seen = this.observations.filter(({ kind }) => kind !== 'link-progress');
    const last = seen.slice(-KEPT_LINES).map((one) => JSON.stringify(one));
    return [`sessions stayed open: ${[...this.open]}; last was seen:`, ...last].join('\n');
  }

  private isQuiet = () => this.observations.length > 0 && this.open.size === 0;
}

function isObservation(value: unknown): value is Observation {
  return typeof value === 'object' && value !== null && 'kind' in value && 'session' in value;
}
