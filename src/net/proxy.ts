// The proxy: listeners, and a session for every client that connects. The command line uses this and nothing beneath it.
import { createServer, type Server, type Socket } from 'node:net';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import type { SessionPolicy } from '../session/policy.js';
import { type Arrival, Arrivals } from './arrivals.js';
import { type BindForeign, type Interception, loopReason, openInterception } from './interception.js';
import { KnownServers } from './known-servers.js';
import {
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_DATA_TIMEOUT_MS,
  DEFAULT_IDLE_TIMEOUT_MS,
  DEFAULT_LISTEN,
  DEFAULT_MAX_LINE_BYTES,
  DEFAULT_MAX_SESSIONS,
  type FtpEndpoint,
  type FtpListener,
  type ProxyOptions,
  type RunningProxy,
} from './proxy-options.js';
import { SessionDriver } from './session-driver.js';
import { remoteEnd } from './socket-ends.js';
import { SessionTls, type TlsSettings } from './tls/session-tls.js';
import { tlsPolicy, tlsSettings } from './tls/tls-settings.js';

/** What a client is told, and the transcript, when somebody ended it from the dashboard. */
const ENDED_BY_OPERATOR = 'ended by the operator';

/** How long sessions may take to close when the proxy does. */
const CLOSE_GRACE_MS = 1000;

/**
 * Starts a proxy. Resolves once it listens everywhere it was asked to; rejects with the system's error (`EADDRINUSE`,
 * `EACCES`, ... with `address` and `port`) and nothing left open when it cannot.
 */
export async function createProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { transparent } = options;
  const running = new ListeningProxy(options, transparent === undefined ? null : await openInterception(transparent));
  try {
    await running.listen(options.listen ?? [DEFAULT_LISTEN]);
  } catch (error) {
    await running.close();
    throw error;
  }
  return running;
}

class ListeningProxy implements RunningProxy {
  readonly addresses: Endpoint[] = [];
  private readonly servers: Server[] = [];
  private readonly sessions = new Map<number, SessionDriver>();
  private readonly policy: Omit<SessionPolicy, 'tls'>;
  private readonly maxSessions: number;
  private readonly arrivals: Arrivals;
  private readonly known = new KnownServers();
  private sessionsStarted = 0;
  private whenIdle: (() => void) | null = null;
  private closing: Promise<void> | null = null;

  constructor(
    private readonly options: ProxyOptions,
    private readonly interception: Interception | null,
  ) {
    this.maxSessions = options.maxSessions ?? DEFAULT_MAX_SESSIONS;
    this.policy = {
      serverMode: options.serverMode ?? 'same',
      pasvAddress: options.pasvAddress ?? 'ignore',
      allowForeignPort: options.allowForeignPort ?? false,
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      idleTimeoutMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
      dataTimeoutMs: options.dataTimeoutMs ?? DEFAULT_DATA_TIMEOUT_MS,
      maxLineBytes: options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES,
      showSecrets: options.showSecrets ?? false,
    };
    this.arrivals = new Arrivals(options.acceptProxyProtocolFrom ?? [], this.policy.connectTimeoutMs);
  }

  get sessionCount(): number {
    return this.sessions.size;
  }

  endSession(session: number): void {
    this.sessions.get(session)?.shutdown(ENDED_BY_OPERATOR);
  }

  endTransfer(session: number, link: number): void {
    this.sessions.get(session)?.endTransfer(link, ENDED_BY_OPERATOR);
  }

  async listen(listeners: readonly FtpListener[]): Promise<void> {
    const routes = listeners.map((listener) => ({ listener, upstream: this.upstreamOf(listener) }));
    for (const { listener, upstream } of routes) {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
      server.on('connection', (socket) => this.admit(socket, listener, upstream));
      this.addresses.push(await listenOn(server, listener, this.interception?.bindForeign ?? null));
      this.servers.push(server);
    }
  }

  /** Null where each connection says itself which server it was meant for. */
  private upstreamOf(listener: FtpListener): FtpEndpoint | null {
    if (this.interception !== null) return null;
    const upstream = listener.to ?? this.options.upstream;
    if (upstream === undefined) throw new Error(`the listener ${formatEndpoint(listener)} has no server to relay to`);
    return upstream;
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    const closed = this.servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    this.arrivals.close();
    for (const session of this.sessions.values()) session.shutdown('the proxy is shutting down');
    const hurry = setTimeout(() => this.destroySessions(), CLOSE_GRACE_MS);
    if (this.sessions.size > 0) await new Promise<void>((resolve) => this.onIdle(resolve));
    await Promise.all(closed);
    clearTimeout(hurry);
  }

  private admit(socket: Socket, listener: FtpListener, upstream: FtpEndpoint | null): void {
    if (this.sessions.size + this.arrivals.waitingCount >= this.maxSessions)
      return refuse(socket, `Too many sessions: the limit is ${this.maxSessions}`);
    // A client that is gone before we look at it has no address any more.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const server = upstream ?? this.meantFor(socket, listener);
    if (typeof server === 'string') return refuse(socket, server);
    this.arrivals.take(socket, (arrival) => this.startSession(arrival, server, listener.implicitTls ?? false));
  }

  private startSession(arrival: Arrival, upstream: FtpEndpoint, implicitTls: boolean): void {
    this.sessionsStarted += 1;
    const bindForeign = this.interception?.bindForeign ?? null;
    // Whoever is refused is told why in words that need no handshake.
    const tls = { ...tlsPolicy(this.options, upstream), clientImplicit: implicitTls && arrival.refusal === null };
    const number = this.sessionsStarted;
    const session = new SessionDriver({
      number,
      arrival,
      upstream,
      how: this.interception === null ? 'reverse' : 'transparent',
      bindForeign: { client: bindForeign, server: this.options.spoofClient ? bindForeign : null },
      options: this.options,
      modes: this.known.modesOf(upstream),
      policy: { ...this.policy, tls },
      tls: new SessionTls(this.tlsFor(arrival, upstream)),
      onOver: () => this.forget(number),
    });
    this.sessions.set(number, session);
  }

  /** The server that an intercepted connection was meant for, or why there is none. Implicit TLS goes on to be that. */
  private meantFor(socket: Socket, { implicitTls }: FtpEndpoint): FtpEndpoint | string {
    const destination = this.interception?.destination(socket) ?? null;
    const from = remoteEnd(socket);
    const ours = [...this.sessions.values()].some((session) => session.hasDialledFrom(from));
    const reason = ours ? 'the proxy has come back to itself' : loopReason(destination, this.addresses);
    if (destination === null || reason !== null) return reason ?? 'no server is known';
    return implicitTls ? { ...destination, implicitTls } : destination;
  }

  private tlsFor({ listener, reached }: Arrival, upstream: FtpEndpoint): TlsSettings {
    const reachedAs = [listener.address, reached.address];
    return tlsSettings(this.options, upstream, reachedAs, this.policy.connectTimeoutMs);
  }

  private forget(session: number): void {
    this.sessions.delete(session);
    if (this.sessions.size === 0) this.whenIdle?.();
  }

  private onIdle(resolve: () => void): void {
    this.whenIdle = resolve;
  }

  private destroySessions(): void {
    for (const session of this.sessions.values()) session.destroy();
  }
}

function refuse(socket: Socket, reason: string): void {
  socket.on('error', () => {});
  socket.end(`421 ${reason}\r\n`);
  setTimeout(() => socket.destroy(), CLOSE_GRACE_MS).unref();
  socket.resume();
}

function listenOn(server: Server, { address, port }: Endpoint, bindForeign: BindForeign | null): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const place = bindForeign === null ? { host: address, port } : { fd: bindForeign({ address, port }) };
    server.listen(place, () => {
      server.off('error', reject);
      // Errors of accept (too many open files): the client waits in the kernel's queue; the sessions that run go on.
      server.on('error', () => {});
      const bound = server.address();
      const real = typeof bound === 'object' && bound !== null ? { address: bound.address, port: bound.port } : null;
      resolve(real ?? { address, port });
    });
  });
}
