// A scripted FTPS server: control and data in the clear or in TLS, files in memory, and whatever a test has it say instead.
import * as tls from 'node:tls';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import { Happenings } from '../support/happenings.js';
import { connectPeer, type Listener, listenForPeers, type Peer, takeLines } from '../support/scripted-server.js';
import { serveTls, type TlsEnd } from './tls-ends.js';

type Act = (session: ServerSession, argument: string) => void | Promise<void>;

export interface FtpsServerOptions {
  /** Certificate, key, versions. Without it AUTH is not understood. */
  readonly context?: tls.SecureContextOptions;
  readonly implicit?: boolean;
  /** Data connections must resume the session of the control connection (vsftpd, ProFTPD). */
  readonly requiresReuse?: boolean;
  /** Sessions cannot be resumed by their ids. */
  readonly forgetsSessions?: boolean;
  /** Asks clients for a certificate, and refuses those without. */
  readonly asksForCertificate?: boolean;
  /** By verb, in place of what is usual. */
  readonly acts?: Readonly<Record<string, Act>>;
  readonly address?: string;
  readonly greeting?: string | null;
}

export interface FtpsServer {
  readonly endpoint: Endpoint;
  readonly lines: readonly string[];
  readonly files: Map<string, Buffer>;
  readonly sessions: readonly ServerSession[];
  /** Whether each handshake so far resumed a session. */
  readonly resumed: { readonly control: boolean[]; readonly data: boolean[] };
  got(line: string | RegExp): Promise<string>;
  session(): Promise<ServerSession>;
}

export class ServerSession {
  protection: 'C' | 'P' = 'C';
  control: TlsEnd | null = null;
  /** The last data connection's TLS. */
  data: TlsEnd | null = null;
  private dial: (() => Promise<Peer>) | null = null;
  private listener: Listener | null = null;

  constructor(
    readonly peer: Peer,
    private readonly server: Serving,
  ) {}

  say(line: string): void {
    this.peer.say(`${line}\r\n`);
  }

  async secure(): Promise<void> {
    this.control = await serveTls(this.peer, this.server.role);
    this.server.resumed.control.push(this.control.socket.isSessionReused());
  }

  async listen(): Promise<Listener> {
    const listener = await listenForPeers(this.server.address);
    this.listener = listener;
    this.dial = () => listener.accept();
    return listener;
  }

  connectTo(endpoint: Endpoint): void {
    this.dial = () => connectPeer(endpoint);
  }

  /** The data connection in the clear. */
  async openPlain(): Promise<Peer> {
    if (this.dial === null) throw new Error('no data port was announced');
    const peer = await this.dial();
    this.listener?.close();
    return peer;
  }

  /** The data connection as PROT wants it; null when its TLS is not good enough. */
  async open(): Promise<Peer | null> {
    const peer = await this.openPlain();
    if (this.protection === 'C') return peer;
    this.data = await serveTls(peer, this.server.role);
    const resumed = this.data.socket.isSessionReused();
    this.server.resumed.data.push(resumed);
    if (resumed || !this.server.requiresReuse) return peer;
    peer.socket.destroy();
    return null;
  }
}

interface Serving {
  readonly role: tls.TLSSocketOptions;
  readonly resumed: { readonly control: boolean[]; readonly data: boolean[] };
  readonly requiresReuse: boolean;
  readonly address: string;
}

export async function startFtpsServer(options: FtpsServerOptions = {}): Promise<FtpsServer> {
  const { address = '127.0.0.1', context, implicit = false } = options;
  const lines: string[] = [];
  const files = new Map<string, Buffer>();
  const sessions: ServerSession[] = [];
  const happenings = new Happenings();
  const resumed = { control: [], data: [] };
  const { requiresReuse = false } = options;
  const serving = { role: roleOf(options), resumed, requiresReuse, address };
  const usual = usualActs(files, context !== undefined);
  const { endpoint } = await listenForPeers(address, (peer) => {
    const session = new ServerSession(peer, serving);
    const act = (verb: string): Act =>
      options.acts?.[verb] ?? usual[verb] ?? ((one) => one.say('502 Not in the script'));
    takeLines(peer, (line) => {
      lines.push(line);
      const [verb = '', ...rest] = line.split(' ');
      // A connection that ends in the middle is the test's business, and its proxy's.
      void Promise.resolve(act(verb.toUpperCase())(session, rest.join(' '))).catch(() => {});
      happenings.happened();
    });
    const greet = () => {
      sessions.push(session);
      if (options.greeting !== null) session.say(options.greeting ?? '220 FTPS server');
      happenings.happened();
    };
    if (implicit) session.secure().then(greet, () => {});
    else greet();
  });
  const got = (wanted: string | RegExp) => {
    const find = () => lines.find((line) => (typeof wanted === 'string' ? line === wanted : wanted.test(line)));
    return happenings.until(find, () => `${wanted} at the server, which got ${JSON.stringify(lines)}`);
  };
  const session = () =>
    happenings.until(
      () => sessions.at(-1),
      () => 'a session at the server',
    );
  return { endpoint, lines, files, sessions, resumed, got, session };
}

function roleOf({ context, asksForCertificate = false, forgetsSessions }: FtpsServerOptions): tls.TLSSocketOptions {
  if (context === undefined) return {};
  const options = { ...context, sessionIdContext: 'ftps-server' };
  const sessions = new Map<string, Buffer>();
  // Holds the session cache for TLS 1.2 without tickets, and listens nowhere.
  const server = tls.createServer({ ...options, requestCert: asksForCertificate });
  server.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
    sessions.set(id.toString('hex'), data);
    done();
  });
  server.on('resumeSession', (id: Buffer, done: (error: Error | null, data: Buffer | null) => void) => {
    done(null, forgetsSessions ? null : (sessions.get(id.toString('hex')) ?? null));
  });
  const asked = { requestCert: asksForCertificate, rejectUnauthorized: asksForCertificate };
  return { secureContext: tls.createSecureContext(options), server, ...asked };
}

function usualActs(files: Map<string, Buffer>, hasTls: boolean): Record<string, Act> {
  const said = (line: string) => (session: ServerSession) => session.say(line);
  const tlsOnly = (act: Act) => (hasTls ? act : said('502 No TLS here'));
  return {
    USER: said('331 Password, please'),
    PASS: said('230 Welcome'),
    NOOP: said('200 NOOP ok'),
    REIN: (session) => {
      session.protection = 'C';
      session.say('220 Anew');
    },
    FEAT: said(
      hasTls ? '211-Features:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n SIZE\r\n211 End' : '211-Features:\r\n SIZE\r\n211 End',
    ),
    STAT: said('211 All well'),
    QUIT: (session) => {
      session.say('221 Bye');
      session.peer.socket.end();
    },
    AUTH: tlsOnly((session) => {
      session.say('234 Go ahead');
      return session.secure();
    }),
    PBSZ: tlsOnly(said('200 PBSZ=0')),
    PROT: tlsOnly((session, level) => {
      session.protection = level === 'P' ? 'P' : 'C';
      session.say(`200 Protection ${level}`);
    }),
    PASV: async (session) => session.say(`227 Entering Passive Mode (${(await session.listen()).hostPort})`),
    EPSV: async (session, argument) => {
      if (argument === 'ALL') return session.say('200 EPSV only');
      session.say(`229 Extended Passive Mode (|||${(await session.listen()).endpoint.port}|)`);
    },
    PORT: (session, argument) => {
      const numbers = argument.split(',').map(Number);
      session.connectTo({ address: numbers.slice(0, 4).join('.'), port: (numbers[4] ?? 0) * 256 + (numbers[5] ?? 0) });
      session.say('200 PORT ok');
    },
    EPRT: (session, argument) => {
      const [, , address = '', port] = argument.split('|');
      session.connectTo({ address, port: Number(port) });
      session.say('200 EPRT ok');
    },
    RETR: (session, path) => send(session, files.get(path) ?? null),
    STOR: (session, path) => receive(session, (bytes) => files.set(path, bytes)),
  };
}

async function send(session: ServerSession, content: Buffer | null): Promise<void> {
  if (content === null) return session.say('550 No such file');
  session.say('150 Here');
  const data = await session.open().catch(() => null);
  if (data === null) return session.say('522 TLS session of the data connection must be resumed');
  data.socket.end(content);
  await data.over();
  session.say('226 Sent');
}

async function receive(session: ServerSession, keep: (bytes: Buffer) => void): Promise<void> {
  session.say('150 Send');
  const data = await session.open().catch(() => null);
  if (data === null) return session.say('522 TLS session of the data connection must be resumed');
  const fate = await data.over();
  data.socket.end();
  if (fate === 'broken') return session.say('426 Broken');
  keep(Buffer.from(data.received, 'latin1'));
  session.say('226 Stored');
}
