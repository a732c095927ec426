// Sessions with TLS that go wrong, at real servers: what is found in them, through the proxy and in captures of them.
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import type { Finding, Observation } from '../../../src/dialogue/observation.js';
import { type Certificates, makeCertificates, OPENSSL } from '../certificates.js';
import { becomesTrue, runChild, startChild, stopChild } from '../child-process.js';
import { makeTempFolder, removeFolder } from '../disk.js';
import { cannotTest, missing } from '../peers.js';
import { COMMAND, makeAuthority, type ProxyAuthority, type ProxySettings, startProxy } from '../proxy.js';
import { type Place, type RunningServer, type Server, type ServerTls, startServer } from '../servers/server.js';

const PYTHON = '/usr/bin/python3';
const CLIENT = fileURLToPath(new URL('tls-client.py', import.meta.url));
const TIMEOUT_MS = 30_000;

/** What the client does beside logging in and listing; tls-client.py says what each means. */
export interface ClientJob {
  readonly tls: boolean;
  readonly auth?: 'explicit' | 'implicit';
  readonly authority?: string;
  readonly says?: readonly string[];
  readonly version?: 'TLSv1_1' | 'TLSv1_2' | 'TLSv1_3';
  readonly certificate?: string;
  readonly resumes?: boolean;
  readonly keylog?: string;
  /** Uploads a file in the place of the listing, and shuts TLS down at its end, or only closes. */
  readonly upload?: 'whole' | 'abrupt';
}

/** AUTH TLS, PBSZ 0, PROT P. */
export const PROTECTED = { tls: true, says: ['PBSZ 0', 'PROT P'] } as const;

export const EXPLICIT = { how: 'explicit', version: 'TLSv1.3', dataMustBe: true } as const;

/** Made for the tests of one file; of no use where openssl is missing, as `isAbsent` skips them then. */
export function certificatesForTests(): Promise<Certificates> {
  return missing([OPENSSL]) === undefined ? makeCertificates() : Promise.resolve(NO_CERTIFICATES);
}

const NO_CERTIFICATES: Certificates = {
  authority: '',
  server: '',
  serverCertificate: '',
  serverKey: '',
  remove: () => Promise.resolve(),
};

/** Whatever is needed for `servers`, or the test is skipped. */
export function isAbsent(context: TestContext, ...servers: readonly Server[]): boolean {
  const needs = servers.flatMap((server) => [...server.needs, ...server.needsForTls]);
  const reason = missing([...needs, { file: PYTHON, from: 'python3' }, OPENSSL]);
  if (reason !== undefined) cannotTest(context, reason);
  return reason !== undefined;
}

/** The server with these lines in its configuration, in the place of those that begin with the same word. */
export function withLines(server: Server, file: string, ...lines: readonly string[]): Server {
  const wordOf = (line: string) => line.split(/[ =]/)[0];
  const words = new Set(lines.map(wordOf));
  const files = (place: Place) => {
    const all = server.files(place);
    const others = (all[file] ?? '').split('\n').filter((line) => !words.has(wordOf(line)));
    return { ...all, [file]: [...others, ...lines, ''].join('\n') };
  };
  return { ...server, files };
}

/** What the client says of its session. */
async function runClient(
  { host, port }: { readonly host: string; readonly port: number },
  { user, password }: Pick<Server, 'user' | 'password'>,
  job: ClientJob,
): Promise<string> {
  const folder = await makeTempFolder('tls-client');
  try {
    const input = Buffer.from(JSON.stringify({ host, port, user, password, ...job }));
    return await runChild(PYTHON, [CLIENT], { cwd: folder, timeoutMs: TIMEOUT_MS, input });
  } finally {
    await removeFolder(folder);
  }
}

export interface Outcome {
  readonly said: string;
  readonly findings: readonly Finding[];
  /** `severity leg fault id` of each. */
  readonly inShort: readonly string[];
}

function outcomeOf(said: string, observations: readonly Observation[]): Outcome {
  const findings = observations.filter((one) => one.kind === 'finding');
  const inShort = findings.map(
    ({ severity, leg, fault, diagnosis }) => `${severity} ${leg ?? '-'} ${fault} ${diagnosis}`,
  );
  return { said, findings, inShort };
}

/** Servers and an authority for the proxies before them, for one test file. */
export class Stage {
  private readonly stops: (() => Promise<void>)[] = [];

  private constructor(private readonly authority: ProxyAuthority) {}

  static async open(): Promise<Stage> {
    const home = await makeTempFolder('home');
    const stage = new Stage(await makeAuthority(home));
    stage.stops.push(() => removeFolder(home));
    return stage;
  }

  async start(
    server: Server,
    tls?: Omit<ServerTls, 'certificates'>,
    certificates?: Certificates,
  ): Promise<RunningServer> {
    const how = tls === undefined || certificates === undefined ? undefined : { ...tls, certificates };
    const running = await startServer(server, 4, how);
    this.stops.push(running.stop);
    return running;
  }

  /** The client's session through a proxy before the server. */
  async through(place: Place, server: Server, job: ClientJob, settings: ProxySettings = {}): Promise<Outcome> {
    return this.relaying(place, settings, (proxy) => runClient(proxy, server, { ...job, ...this.trust(job) }));
  }

  /** Whatever somebody does with a proxy before the server. */
  async relaying(
    place: Place,
    settings: ProxySettings,
    act: (proxy: { readonly host: string; readonly port: number }) => Promise<string>,
  ): Promise<Outcome> {
    const proxy = await startProxy(place, { authority: this.authority, ...settings });
    try {
      const said = await act(proxy);
      return outcomeOf(said, await proxy.observations());
    } finally {
      await proxy.stop();
    }
  }

  /** The client's session with the server itself, as tcpdump saw it, decrypted. */
  async captured(place: Place, server: Server, job: ClientJob, dataPorts: string): Promise<Outcome> {
    const folder = await makeTempFolder('captured');
    this.stops.push(() => removeFolder(folder));
    const [file, keylog] = [join(folder, 'session.pcap'), join(folder, 'keys')];
    const filter = `tcp port ${place.port} or tcp portrange ${dataPorts}`;
    const args = ['-i', 'lo', '-w', file, '-U', '--immediate-mode', '-Z', 'root', filter];
    const tcpdump = startChild('tcpdump', args, { cwd: folder, timeoutMs: TIMEOUT_MS });
    try {
      if (!(await becomesTrue(() => tcpdump.output().includes('listening on'), TIMEOUT_MS))) {
        throw new Error(`tcpdump does not listen:\n${tcpdump.output()}`);
      }
      const said = await runClient(place, server, { ...job, keylog });
      const options = { cwd: folder, timeoutMs: TIMEOUT_MS };
      let read = '';
      // What tcpdump has not written yet comes soon.
      const isWhole = await becomesTrue(async () => {
        read = await runChild(process.execPath, [COMMAND, 'read', '--json', '--keylog', keylog, file], options);
        return read.includes('"kind":"session-closed"') && !read.includes('"cause":"capture-end"');
      }, TIMEOUT_MS);
      if (!isWhole) throw new Error(`the capture does not hold the session's end:\n${read}`);
      const lines = read.split('\n').filter((line) => line.startsWith('{"kind"'));
      return outcomeOf(
        said,
        lines.map((line): Observation => JSON.parse(line)),
      );
    } finally {
      await stopChild(tcpdump.process);
      await tcpdump.ended.catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    for (const stop of this.stops.reverse()) await stop();
  }

  private trust({ tls, authority }: ClientJob): { readonly authority?: string } {
    return tls ? { authority: authority ?? this.authority.file } : {};
  }
}

/** Sends these bytes as soon as it is connected; what it got until the other side closed. */
export function sendRaw(
  { host, port }: { readonly host: string; readonly port: number },
  bytes: string,
): Promise<string> {
  return new Promise((resolve) => {
    let got = '';
    const socket = createConnection({ host, port, timeout: 5000 }, () => socket.write(Buffer.from(bytes, 'latin1')));
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1');
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(got));
  });
}
