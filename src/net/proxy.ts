// The proxy: listeners, and a session for every client that connects. The command line uses this and nothing beneath it.
import { createServer, type Server, type Socket } from 'node:net';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import type { SessionPolicy } from '../session/policy.js';
import { ServerModes } from '../session/server-leg-opening.js';
import { type Arrival, Arrivals } from './arrivals.js';
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
import { SessionTls, type TlsSettings } from './tls/session-tls.js';
import { tlsPolicy, tlsSettings } from './tls/tls-settings.js';

/** How long sessions may take to close when the proxy does. */
const CLOSE_GRACE_MS = 1000;

/**
 * Starts a proxy. Resolves once it listens everywhere it was asked to; rejects with the system's error (`EADDRINUSE`,
 * `EACCES`, ... with `address` and `port`) and nothing left open when it cannot.
 */
export async function createProxy(options: ProxyOptions): Promise<RunningProxy> {
  const running = new ListeningProxy(options);
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
  private readonly sessions = new Set<SessionDriver>();
  private readonly policy: Omit<SessionPolicy, 'tls'>;
  private readonly maxSessions: number;
  private readonly arrivals: Arrivals;
  /** By server, as there may be several listeners for one. */
  private readonly modes = new Map<string, ServerModes>();
  private sessionsStarted = 0;
  private whenIdle: (() => void) | null = null;
  private closing: Promise<void> | null = null;

  constructor(private readonly options: ProxyOptions) {
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

  async listen(listeners: readonly FtpListener[]): Promise<void> {
    const routes = listeners.map((listener) => ({ listener, upstream: this.upstreamOf(listener) }));
    for (const { listener, upstream } of routes) {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
      server.on('connection', (socket) => this.admit(socket, upstream, listener.implicitTls ?? false));
      this.addresses.push(await listenOn(server, listener));
      this.servers.push(server);
    }
  }

  private upstreamOf(listener: FtpListener): FtpEndpoint {
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
    for (const session of this.sessions) session.shutdown('the proxy is shutting down');
    const hurry = setTimeout(() => this.destroySessions(), CLOSE_GRACE_MS);
    if (this.sessions.size > 0) await new Promise<void>((resolve) => this.onIdle(resolve));
    await Promise.all(closed);
    clearTimeout(hurry);
  }

  private admit(socket: Socket, upstream: FtpEndpoint, implicitTls: boolean): void {
    if (this.sessions.size + this.arrivals.waitingCount >= this.maxSessions) return turnAway(socket, this.maxSessions);
    // A client that is gone before we look at it has no address any more.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    this.arrivals.take(socket, (arrival) => this.startSession(arrival, upstream, implicitTls));
  }

  private startSession(arrival: Arrival, upstream: FtpEndpoint, implicitTls: boolean): void {
    this.sessionsStarted += 1;
    // Whoever is refused is told why in words that need no handshake.
    const tls = { ...tlsPolicy(this.options, upstream), clientImplicit: implicitTls && arrival.refusal === null };
    const session: SessionDriver = new SessionDriver({
      number: this.sessionsStarted,
      arrival,
      upstream,
      options: this.options,
      modes: this.modesOf(upstream),
      policy: { ...this.policy, tls },
      tls: new SessionTls(this.tlsFor(arrival, upstream)),
      onOver: () => this.forget(session),
    });
    this.sessions.add(session);
  }

  private tlsFor({ listener, reached }: Arrival, upstream: FtpEndpoint): TlsSettings {
    const reachedAs = [listener.address, reached.address];
    return tlsSettings(this.options, upstream, reachedAs, this.policy.connectTimeoutMs);
  }

  /** What sessions with that server have learnt of its data modes. */
  private modesOf(upstream: FtpEndpoint): ServerModes {
    const name = formatEndpoint(upstream);
    const modes = this.modes.get(name) ?? new ServerModes();
    this.modes.set(name, modes);
    return modes;
  }

  private forget(session: SessionDriver): void {
    this.sessions.delete(session);
    if (this.sessions.size === 0) this.whenIdle?.();
  }

  private onIdle(resolve: () => void): void {
    this.whenIdle = resolve;
  }

  private destroySessions(): void {
    for (const session of this.sessions) session.destroy();
  }
}

function turnAway(socket: Socket, maxSessions: number): void {
  socket.on('error', () => {});
  socket.end(`421 Too many sessions: the limit is ${maxSessions}\r\n`);
  setTimeout(() => socket.destroy(), CLOSE_GRACE_MS).unref();
  socket.resume();
}

function listenOn(server: Server, { address, port }: Endpoint): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port }, () => {
      server.off('error', reject);
      // Errors of accept (too many open files): the client waits in the kernel's queue; the sessions that run go on.
      server.on('error', () => {});
      const bound = server.address();
      const real = typeof bound === 'object' && bound !== null ? { address: bound.address, port: bound.port } : null;
      resolve(real ?? { address, port });
    });
  });
}
