// The proxy: listeners, and a session for every client that connects. Both the library and the command line begin here.

import { createServer, type Server, type Socket } from 'node:net';
import type { SessionOrigin } from '../dialogue/observation.js';
import { listenOn } from '../ends/listen.js';
import { localEnd, remoteEnd } from '../ends/socket-ends.js';
import { SessionTls, type TlsSettings } from '../ends/tls/session-tls.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import { DEFAULT_MAX_LINE_BYTES } from '../protocol/line-splitter.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import type { ForwardPolicy, SessionPolicy } from '../relay/policy.js';
import { type Arrival, Arrivals, arrivalOf, type Refusal } from './arrivals.js';
import { ForwardServers } from './forward-servers.js';
import { type Interception, loopReason, openInterception } from './interception.js';
import { KnownServers } from './learned-modes.js';
import {
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_DATA_TIMEOUT_MS,
  DEFAULT_IDLE_TIMEOUT_MS,
  DEFAULT_LISTEN,
  DEFAULT_MAX_SESSIONS,
  type FtpListener,
  type ProxyOptions,
  type RunningProxy,
} from './proxy-options.js';
import { SessionDriver } from './session-driver.js';
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
  refuseContradictions(options);
  const running = new ListeningProxy(options, transparent === undefined ? null : await openInterception(transparent));
  try {
    await running.listen(options.listen ?? [DEFAULT_LISTEN]);
  } catch (error) {
    await running.close();
    throw error;
  }
  return running;
}

/** In forward mode nobody but the client says which server it is, and it has to be heard. */
function refuseContradictions({ forward, upstream, listen, transparent, tls }: ProxyOptions): void {
  if (forward === undefined) return;
  const named = upstream !== undefined || transparent !== undefined || listen?.some(({ to }) => to !== undefined);
  if (named) throw new Error('in forward mode the client names the server, and nothing else does');
  if (tls?.passthrough) throw new Error('in forward mode the session cannot be relayed unseen');
}

/** Where a connection goes, and why it may not, if so. */
interface Destination {
  readonly server: FtpEndpoint | null;
  readonly refusal: Refusal | null;
}

class ListeningProxy implements RunningProxy {
  readonly addresses: Endpoint[] = [];
  private readonly servers: Server[] = [];
  private readonly sessions = new Map<number, SessionDriver>();
  private readonly policy: Omit<SessionPolicy, 'tls'>;
  private readonly maxSessions: number;
  private readonly arrivals: Arrivals;
  private readonly known = new KnownServers();
  private readonly forwardServers: ForwardServers;
  private sessionsStarted = 0;
  /** Those among the sessions that were refused, and have yet to hear it. */
  private refused = 0;
  private whenIdle: (() => void) | null = null;
  private closing: Promise<void> | null = null;

  constructor(
    private readonly options: ProxyOptions,
    private readonly interception: Interception | null,
  ) {
    this.maxSessions = options.maxSessions ?? DEFAULT_MAX_SESSIONS;
    this.policy = {
      forward: null,
      serverMode: options.serverMode ?? 'same',
      pasvAddress: options.pasvAddress ?? 'ignore',
      allowForeignPort: options.allowForeignPort ?? false,
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      idleTimeoutMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
      dataTimeoutMs: options.dataTimeoutMs ?? DEFAULT_DATA_TIMEOUT_MS,
      maxLineBytes: options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES,
      showSecrets: options.showSecrets ?? false,
    };
    this.forwardServers = new ForwardServers(
      options.forward?.allow ?? [],
      this.addresses,
      this.policy.connectTimeoutMs,
    );
    this.arrivals = new Arrivals(options.acceptProxyProtocolFrom ?? [], this.policy.connectTimeoutMs);
  }

  get sessionCount(): number {
    return this.sessions.size - this.refused;
  }

  endSession(session: number): void {
    this.sessions.get(session)?.shutdown('stopped', ENDED_BY_OPERATOR);
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

  /** Null where each connection says itself which server it was meant for, or its client does. */
  private upstreamOf(listener: FtpListener): FtpEndpoint | null {
    if (this.interception !== null || this.options.forward !== undefined) return null;
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
    for (const session of this.sessions.values()) session.shutdown('shutdown', 'the proxy is shutting down');
    const hurry = setTimeout(() => this.destroySessions(), CLOSE_GRACE_MS);
    if (this.sessions.size > 0) await new Promise<void>((resolve) => this.onIdle(resolve));
    await Promise.all(closed);
    clearTimeout(hurry);
  }

  private admit(socket: Socket, listener: FtpListener, upstream: FtpEndpoint | null): void {
    // A client that is gone before we look at it has no address any more.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const { server, refusal } = this.destinationOf(socket, listener, upstream);
    const start = (arrival: Arrival) => this.startSession(arrival, server, listener.implicitTls ?? false);
    const refused = this.isFull() ?? refusal;
    if (refused === null) this.arrivals.take(socket, start);
    else if (this.refused < this.maxSessions) start(arrivalOf(socket, refused));
    // A flood is not worth a word to each.
    else socket.destroy();
  }

  private isFull(): Refusal | null {
    if (this.sessionCount + this.arrivals.waitingCount < this.maxSessions) return null;
    return { code: 'too-many-sessions', detail: `too many sessions: the limit is ${this.maxSessions}` };
  }

  private startSession(arrival: Arrival, upstream: FtpEndpoint | null, implicitTls: boolean): void {
    this.sessionsStarted += 1;
    const bindForeign = this.interception?.bindForeign ?? null;
    // Whoever is refused is told why in words that need no handshake.
    const tls = { ...tlsPolicy(this.options, upstream), clientImplicit: implicitTls && arrival.refusal === null };
    const number = this.sessionsStarted;
    const session = new SessionDriver({
      number,
      arrival,
      upstream,
      how: this.how,
      locate: (server) => this.forwardServers.locate(server),
      bindForeign: { client: bindForeign, server: this.options.spoofClient ? bindForeign : null },
      options: this.options,
      modesOf: (server) => this.known.modesOf(server),
      policy: { ...this.policy, forward: arrival.refusal === null ? this.forwardPolicy : null, tls },
      tls: new SessionTls((server) => this.tlsFor(arrival, server)),
      onOver: () => this.forget(number, arrival.refusal),
    });
    this.sessions.set(number, session);
    if (arrival.refusal !== null) this.refused += 1;
  }

  private get how(): SessionOrigin {
    if (this.options.forward !== undefined) return 'forward';
    return this.interception === null ? 'reverse' : 'transparent';
  }

  private get forwardPolicy(): ForwardPolicy | null {
    const { forward } = this.options;
    return forward === undefined ? null : { proxyUsers: forward.proxyUsers ?? [] };
  }

  /** Null where the client is still to name it. */
  private destinationOf(socket: Socket, listener: FtpListener, upstream: FtpEndpoint | null): Destination {
    if (this.options.forward !== undefined) return { server: null, refusal: null };
    return upstream === null ? this.meantFor(socket, listener) : { server: upstream, refusal: null };
  }

  /**
   * The server that an intercepted connection was meant for, and why it cannot be had, if so. Implicit TLS goes on to be that.
   * Where nobody has redirected it, it was meant for us.
   */
  private meantFor(socket: Socket, { implicitTls }: FtpEndpoint): Destination {
    const destination = this.interception?.destination(socket) ?? null;
    const from = remoteEnd(socket);
    const ours = [...this.sessions.values()].some((session) => session.hasDialledFrom(from));
    const detail = ours ? 'the proxy has come back to itself' : loopReason(destination, this.addresses);
    const server = destination ?? localEnd(socket);
    return {
      server: implicitTls ? { ...server, implicitTls } : server,
      refusal: detail === null ? null : { code: 'proxy-loop', detail },
    };
  }

  private tlsFor({ listener, reached }: Arrival, upstream: FtpEndpoint | null): TlsSettings {
    const reachedAs = [listener.address, reached.address];
    return tlsSettings(this.options, upstream, reachedAs, this.policy.connectTimeoutMs);
  }

  private forget(session: number, refusal: Refusal | null): void {
    this.sessions.delete(session);
    if (refusal !== null) this.refused -= 1;
    if (this.sessions.size === 0) this.whenIdle?.();
  }

  private onIdle(resolve: () => void): void {
    this.whenIdle = resolve;
  }

  private destroySessions(): void {
    for (const session of this.sessions.values()) session.destroy();
  }
}
