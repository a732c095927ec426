// The proxy: listeners, and a session for every client that connects. Both the library and the command line begin here.
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { SessionOrigin, Side } from '../dialogue/observation.js';
import { RecordingError } from '../dialogue/recording-error.js';
import { SHUTDOWN_GRACE_MS } from '../ends/closing.js';
import type { CallerOf } from '../ends/data-port.js';
import { DataPortPool } from '../ends/data-port-pool.js';
import type { BindForeign } from '../ends/dial.js';
import { type Listener, listen } from '../ends/listen.js';
import { localEnd, remoteEnd } from '../ends/socket-ends.js';
import { SessionTls, type TlsSettings } from '../ends/tls/session-tls.js';
import { hostOf } from '../protocol/address-range.js';
import type { Endpoint } from '../protocol/endpoint.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import type { ForwardPolicy } from '../relay/policy.js';
import { type Arrival, Arrivals, arrivalOf, type Refusal } from './arrivals.js';
import { ForwardServers } from './forward-servers.js';
import { answerHealthCheck } from './health-checks.js';
import { type Interception, loopReason, openInterception } from './interception.js';
import { LearnedModes } from './learned-modes.js';
import { KernelPump, PORTABLE_ON_DEMAND, type PumpState, pumpBounds } from './linux/kernel-pump.js';
import { type Acknowledge, openQuickAck } from './linux/quick-ack.js';
import { mostIdlePorts, OpenFiles } from './open-files.js';
import type { FtpListener } from './options/endpoint-values.js';
import type { ProxyOptions, RunningProxy } from './proxy-options.js';
import { type ProxySettings, proxySettings } from './proxy-settings.js';
import { COME_BACK, SessionDriver } from './session-driver.js';
import { sessionPolicy } from './session-policy.js';
import { SessionsOfClients } from './sessions-of-clients.js';
import { tlsPolicy, tlsSettings } from './tls/tls-settings.js';

/** What a client is told, and the transcript, when somebody ended it from the dashboard. */
const ENDED_BY_OPERATOR = 'ended by the operator';

/**
 * Starts a proxy. Resolves once it listens everywhere it was asked to. Rejects with a ProxyOptionError for options that cannot be
 * meant, with an InterceptionError where `transparent` cannot be done, and with the system's error (`EADDRINUSE`,
 * `EACCES`, ... with `address` and `port`) and nothing left open when it cannot.
 */
export async function createProxy(options: ProxyOptions): Promise<RunningProxy> {
  const settings = proxySettings(options);
  const { transparent, listen } = settings;
  const running = new ListeningProxy(settings, transparent === undefined ? null : await openInterception(transparent));
  try {
    await running.listen(listen);
  } catch (error) {
    await running.close();
    throw error;
  }
  return running;
}

/** Where a connection goes, and why it may not, if so. */
interface Destination {
  readonly server: FtpEndpoint | null;
  readonly refusal: Refusal | null;
}

class ListeningProxy implements RunningProxy {
  readonly addresses: Endpoint[] = [];
  healthChecks = 0;
  private readonly listeners: Listener[] = [];
  private readonly sessions = new Map<number, SessionDriver>();
  private readonly arrivals: Arrivals;
  private readonly bindForeign: Readonly<Record<Side, BindForeign | null>>;
  private readonly dataPorts: Readonly<Record<Side, DataPortPool>>;
  private readonly known = new LearnedModes();
  private readonly forwardServers: ForwardServers;
  private readonly openFiles = new OpenFiles(
    () => this.sessionCount,
    (error) => this.settings.onFault?.({ session: null, error }),
  );
  private acknowledge: Acknowledge = () => {};
  private readonly pump: KernelPump | null;
  private readonly perClient = new SessionsOfClients();
  private readonly refusalMark = `ftpscope ${randomBytes(6).toString('hex')}`;
  private sessionsStarted = 0;
  /** Those among the sessions that were refused, and have yet to hear it. */
  private refused = 0;
  private whenIdle: (() => void) | null = null;
  private closing: Promise<void> | null = null;

  constructor(
    private readonly settings: ProxySettings,
    private readonly interception: Interception | null,
  ) {
    const {
      forward,
      acceptProxyProtocolFrom: acceptFrom = [],
      dataProxyHeader: dataHeader,
      connectTimeoutMs,
    } = settings;
    this.forwardServers = new ForwardServers(forward?.allow ?? [], this.addresses, connectTimeoutMs);
    if (settings.tls !== undefined) {
      void openQuickAck().then((acknowledge) => {
        this.acknowledge = acknowledge;
      });
    }
    this.pump = settings.pump === 'portable' ? null : new KernelPump(pumpBounds(settings.maxSessions));
    this.arrivals = new Arrivals({ acceptFrom, dataHeader, timeoutMs: connectTimeoutMs });
    const bindForeign = interception?.bindForeign ?? null;
    this.bindForeign = { client: bindForeign, server: settings.spoofClient ? bindForeign : null };
    const callerOf: CallerOf = (caller, tell) => this.arrivals.callerOf(caller, tell);
    this.dataPorts = {
      client: new DataPortPool(this.bindForeign.client, callerOf, mostIdlePorts()),
      server: new DataPortPool(this.bindForeign.server, null, mostIdlePorts()),
    };
  }

  get sessionCount(): number {
    return this.sessions.size - this.refused;
  }

  pumpState(): Promise<PumpState> {
    return this.pump?.state() ?? Promise.resolve(PORTABLE_ON_DEMAND);
  }

  endSession(session: number): void {
    this.sessions.get(session)?.shutdown('stopped', ENDED_BY_OPERATOR);
  }

  endTransfer(session: number, link: number): void {
    this.sessions.get(session)?.endTransfer(link, ENDED_BY_OPERATOR);
  }

  async listen(listeners: readonly FtpListener[]): Promise<void> {
    const routes = listeners.map((listener) => ({ listener, server: this.serverOf(listener) }));
    for (const { listener, server } of routes) {
      const opened = await listen(listener, { bindForeign: this.bindForeign.client }, (socket) =>
        this.admit(socket, listener, server),
      );
      this.addresses.push(opened.address);
      this.listeners.push(opened);
    }
  }

  /** Null where each connection says itself which server it was meant for, or its client does. */
  private serverOf(listener: FtpListener): FtpEndpoint | null {
    if (this.interception !== null || this.settings.forward !== undefined) return null;
    return listener.to ?? this.settings.server ?? null;
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    this.openFiles.close();
    const closed = this.listeners.map((listener) => listener.close());
    this.arrivals.close();
    for (const session of this.sessions.values()) session.shutdown('shutdown', 'the proxy is shutting down');
    const hurry = setTimeout(() => this.destroySessions(), SHUTDOWN_GRACE_MS);
    if (this.sessions.size > 0) await new Promise<void>((resolve) => this.onIdle(resolve));
    for (const pool of Object.values(this.dataPorts)) pool.close();
    await Promise.all([...closed, this.pump?.close()]);
    clearTimeout(hurry);
  }

  private admit(socket: Socket, listener: FtpListener, common: FtpEndpoint | null): void {
    this.openFiles.clientCame();
    // A client that is gone before we look at it has no address any more.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const { server, refusal } = this.destinationOf(socket, listener, common);
    const implicitTls = listener.implicitTls ?? false;
    const start = (arrival: Arrival) => this.arrived(arrival, server, implicitTls);
    const healthCheck = (arrival: Arrival) => this.answerHealthCheck(arrival, server, implicitTls);
    const refused = this.isFull() ?? refusal;
    if (refused === null) this.arrivals.take(socket, { arrived: start, healthCheck });
    else start(arrivalOf(socket, refused));
  }

  private arrived(arrival: Arrival, server: FtpEndpoint | null, implicitTls: boolean): void {
    const refusal = arrival.refusal ?? this.perClient.refusalOf(arrival.client, this.settings.maxSessionsPerClient);
    // A flood is not worth a word to each.
    if (refusal !== null && this.refused >= this.settings.maxSessions) arrival.socket.destroy();
    else this.startSession({ ...arrival, refusal }, server, implicitTls);
  }

  private count({ client, refusal }: Arrival, sessions: 1 | -1): void {
    if (refusal !== null) {
      this.refused += sessions;
      return;
    }
    this.perClient.add(client.address, sessions);
  }

  private answerHealthCheck(arrival: Arrival, server: FtpEndpoint | null, implicitTls: boolean): void {
    this.healthChecks += 1;
    const tls = new SessionTls((chosen) => this.tlsFor(arrival, chosen));
    const encrypt = implicitTls ? tls.encryptionFor('client', server) : null;
    answerHealthCheck(arrival.socket, { encrypt, timeoutMs: this.settings.connectTimeoutMs });
  }

  private isFull(): Refusal | null {
    const { maxSessions } = this.settings;
    if (this.sessionCount + this.arrivals.waitingCount < maxSessions) return null;
    return { code: 'too-many-sessions', detail: `too many sessions: the limit is ${maxSessions}` };
  }

  private startSession(arrival: Arrival, server: FtpEndpoint | null, implicitTls: boolean): void {
    this.sessionsStarted += 1;
    // Whoever is refused is told why in words that need no handshake.
    const tls = { ...tlsPolicy(this.settings, server), clientImplicit: implicitTls && arrival.refusal === null };
    const forward = arrival.refusal === null ? this.forwardPolicy : null;
    const number = this.sessionsStarted;
    const session = new SessionDriver({
      number,
      arrival,
      server,
      how: this.how,
      isOwn: (from, to) => this.isOwn(from, to),
      locate: (named) => this.forwardServers.locate(named, hostOf(arrival.client.address)),
      bindForeign: this.bindForeign,
      settings: this.settings,
      acknowledge: (connection) => this.acknowledge(connection),
      dataPorts: this.dataPorts,
      pump: this.pump,
      modesOf: (endpoint) => this.known.modesOf(endpoint),
      policy: sessionPolicy(this.settings, { refusalMark: this.refusalMark, forward, tls }),
      tls: new SessionTls((chosen) => this.tlsFor(arrival, chosen)),
      onFault: (error) => this.faulted(number, error),
      onOver: () => this.forget(number, arrival),
    });
    this.sessions.set(number, session);
    this.count(arrival, 1);
  }

  private get how(): SessionOrigin {
    if (this.settings.forward !== undefined) return 'forward';
    return this.interception === null ? 'reverse' : 'transparent';
  }

  private get forwardPolicy(): ForwardPolicy | null {
    const { forward } = this.settings;
    return forward === undefined ? null : { proxyUsers: forward.proxyUsers };
  }

  /** Null where the client is still to name it. */
  private destinationOf(socket: Socket, listener: FtpListener, server: FtpEndpoint | null): Destination {
    if (this.settings.forward !== undefined) return { server: null, refusal: null };
    return server === null ? this.meantFor(socket, listener) : { server, refusal: null };
  }

  /**
   * The server that an intercepted connection was meant for, and why it cannot be had, if so. Implicit TLS goes on to be that.
   * Where nobody has redirected it, it was meant for us.
   */
  private meantFor(socket: Socket, { implicitTls }: FtpEndpoint): Destination {
    const destination = this.interception?.destination(socket) ?? null;
    const server = destination ?? localEnd(socket);
    const detail = this.isOwn(remoteEnd(socket), server) ? COME_BACK : loopReason(destination, this.addresses);
    return {
      server: implicitTls ? { ...server, implicitTls } : server,
      refusal: detail === null ? null : { code: 'proxy-loop', detail },
    };
  }

  /** Whether a connection between these ends is one that we made to a server. */
  private isOwn(from: Endpoint, to: Endpoint): boolean {
    return [...this.sessions.values()].some((session) => session.hasDialled(from, to));
  }

  private tlsFor({ listener, reached }: Arrival, server: FtpEndpoint | null): TlsSettings {
    const reachedAs = [listener.address, reached.address];
    return tlsSettings(this.settings, server, reachedAs, this.settings.connectTimeoutMs);
  }

  private faulted(session: number, error: unknown): void {
    // Not at once: closing ends sessions, which may fail in the same way.
    const closes = error instanceof RecordingError && this.settings.onRecordingError === 'exit';
    if (closes) queueMicrotask(() => void this.close());
    this.settings.onFault?.({ session, error });
  }

  private forget(session: number, arrival: Arrival): void {
    this.sessions.delete(session);
    this.count(arrival, -1);
    if (this.sessions.size === 0) this.whenIdle?.();
  }

  private onIdle(resolve: () => void): void {
    this.whenIdle = resolve;
  }

  private destroySessions(): void {
    for (const session of this.sessions.values()) session.destroy();
  }
}
