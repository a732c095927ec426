// Drives one session: gives the session core what the sockets bring, does what it wants done, wakes it when it asks for it.
// All decisions are the core's (src/session); all sockets are here.
import type { ProxyStop, Side } from '../dialogue/observation.js';
import { RecordingError } from '../dialogue/recording-error.js';
import { now } from '../ends/clock.js';
import { ControlConnection, PlainPeer } from '../ends/control-connection.js';
import { type DialFrom, type DialTarget, FROM_ANYWHERE } from '../ends/dial.js';
import { failureOfHandshake } from '../ends/tls/handshake-facts.js';
import { type ConnectionFailure, connectionFailureOf } from '../protocol/connection-failure.js';
import { type Endpoint, sameEndpoint } from '../protocol/endpoint.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import { systemReason } from '../protocol/system-errors.js';
import type { SessionEffect } from '../relay/effect.js';
import type { Happening } from '../relay/input.js';
import { Relay } from '../relay/relay.js';
import { Alarm } from './alarm.js';
import { headerFor } from './arrivals.js';
import { InTurn } from './in-turn.js';
import { LinksOfSession } from './links-of-session.js';
import { OpenSockets } from './open-sockets.js';
import { dataFrom, dataPortFacing, type SessionStart, serverSource } from './own-ends.js';

/** Why such a client is refused. */
export const COME_BACK = 'the proxy has come back to itself';

export class SessionDriver {
  private readonly relay: Relay;
  private readonly control: { readonly client: ControlConnection; server: ControlConnection | null };
  private readonly links: LinksOfSession;
  private readonly sockets = new OpenSockets();
  private readonly alarm = new Alarm(
    () => (this.over ? null : this.relay.deadlineAt),
    () => this.happens({ kind: 'tick' }),
  );
  private over = false;
  private hasFailed = false;
  private serverStands = false;
  /** The server as it was named; null until the client has, in forward mode. */
  private chosenServer: FtpEndpoint | null;
  private readonly inTurn = new InTurn<Happening>(
    (happening) => this.handle(happening),
    () => {
      this.regulate();
      this.alarm.set();
    },
  );

  constructor(private readonly start: SessionStart) {
    const { number: session, arrival, server, how, policy } = start;
    this.links = new LinksOfSession(
      {
        pump: start.pump,
        happens: (happening) => this.happens(happening),
        opened: (socket) => this.sockets.add(socket),
        shaken: (plain) => this.start.acknowledge(plain),
        recordingFailed: (error) => this.fail(error),
      },
      start.dataPorts,
    );
    this.chosenServer = server;
    const client = new ControlConnection(arrival.socket, this.controlEvents('client'));
    this.control = { client, server: null };
    this.sockets.add(arrival.socket);
    const { client: remote, listener, refusal } = arrival;
    const brought = arrival.via === null ? {} : { via: arrival.via };
    const identity = { session, client: remote, server, how, listener, ...brought, openedAt: now() };
    this.relay = new Relay(identity, { local: listener, remote }, policy, start.modesOf);
    // Two turns of the event loop: the end that a client has just put to its old session reaches the server before the
    // beginning of its new one, as it would without us.
    if (refusal === null && server !== null) setImmediate(() => setImmediate(() => this.connectAtFirst(server)));
    // Lets out what there is to say before anything happened: that the session was opened.
    if (refusal === null) this.happens({ kind: 'tick' });
    else this.happens({ kind: 'client-refused', ...refusal });
  }

  /** Ends the session with a word to the client. */
  shutdown(cause: ProxyStop, reason: string): void {
    this.happens({ kind: 'shutdown', cause, reason });
  }

  /** Ends the transfer of a link; the session goes on. */
  endTransfer(link: number, reason: string): void {
    this.happens({ kind: 'transfer-stopped', link, reason });
  }

  /** Whether such a connection is our own to the server, come back. A client on this host may have the port that we have there: both ends count. */
  hasDialled(from: Endpoint, to: Endpoint): boolean {
    const { server } = this.control;
    return server !== null && sameEndpoint(server.local, from) && sameEndpoint(server.remote, to);
  }

  /** Closes every socket now. */
  destroy(): void {
    this.sockets.destroy();
  }

  /** In forward mode: the server that the client named, if it may have it. */
  private async connectChosen(server: FtpEndpoint): Promise<void> {
    this.chosenServer = server;
    const located = await this.start.locate(server);
    if (located.kind === 'found') this.connectServer({ ...server, lookup: located.lookup });
    else if (located.kind === 'refused') this.happens({ kind: 'server-refused', reason: located.reason });
    else this.happens({ kind: 'server-unreachable', reason: located.reason });
  }

  /** By now a connection of our own that has come back to us is known on both of its ends. */
  private connectAtFirst(server: FtpEndpoint): void {
    const { client } = this.control;
    if (!this.start.isOwn(client.remote, client.local)) return this.connectServer(server);
    this.happens({ kind: 'client-refused', code: 'proxy-loop', detail: COME_BACK });
  }

  private connectServer(server: DialTarget): void {
    if (this.over) return;
    try {
      const { arrival, settings, policy } = this.start;
      const header = headerFor(arrival, settings.sendProxyProtocol);
      const events = this.controlEvents('server');
      const control = ControlConnection.dial(server, this.dialFrom, policy.connectTimeoutMs, events, () => {
        this.serverStands = true;
        if (header !== null) control.send(header);
        this.happens({ kind: 'server-connected', local: control.local, remote: control.remote });
      });
      this.control.server = control;
      this.sockets.add(control.socket);
    } catch (error) {
      this.controlLost('server', systemReason(error), connectionFailureOf(error));
    }
  }

  private controlEvents(from: Side) {
    return {
      bytes: (bytes: Buffer) => this.happens({ kind: 'control-bytes', from, bytes }),
      ended: () => this.happens({ kind: 'control-ended', from }),
      lost: (reason: string, failure: ConnectionFailure, alert?: number) =>
        this.controlLost(from, reason, failure, alert),
      drained: () => this.regulate(),
    } as const;
  }

  private controlLost(side: Side, reason: string, failure: ConnectionFailure, alert?: number): void {
    if (side === 'client' || this.serverStands) {
      return this.happens({ kind: 'control-lost', from: side, reason, failure, alert });
    }
    this.control.server = null;
    const { local } = this.dialFrom;
    const from = local === null ? '' : ` (connecting from ${local.address})`;
    this.happens({ kind: 'server-unreachable', reason: reason + from, failure });
  }

  private get dialFrom(): DialFrom {
    return serverSource(this.start, this.control.client.remote);
  }

  private happens(happening: Happening): void {
    this.inTurn.push(happening);
  }

  private handle(happening: Happening): void {
    if (this.over) return;
    try {
      // How far the flows are goes before everything else: what happens may end a link, and is then told with its bytes.
      if (happening.kind !== 'data-progress') for (const progress of this.links.progress()) this.tell(progress);
      this.tell(happening);
    } catch (error) {
      this.fail(error);
    }
  }

  private tell(happening: Happening): void {
    const isLast = happening.kind === 'shutdown';
    for (const effect of this.relay.handle({ at: now(), ...happening })) {
      if (isLast) this.performLast(effect);
      else this.perform(effect);
    }
  }

  /** What cannot be recorded does not go by; a fault of ours ends this session and no other. */
  private fail(error: unknown): void {
    const recording = error instanceof RecordingError;
    try {
      this.report(error);
      // What exactly failed, and where on this machine, is not the client's to know.
      const stop = recording
        ? ({ cause: 'recording-failed', reason: 'the proxy can no longer record the session' } as const)
        : ({ cause: 'internal-fault', reason: 'internal fault of the proxy' } as const);
      for (const effect of this.relay.handle({ kind: 'shutdown', ...stop, at: now() })) this.performLast(effect);
    } catch {
      // What it failed of has been reported.
    }
    this.finish();
  }

  /** The fault that came first: a second one on the way out adds nothing. */
  private report(error: unknown): void {
    if (!this.hasFailed) this.start.onFault(error);
    this.hasFailed = true;
  }

  /** On the way out, whoever can still observe does, and whoever cannot holds up nothing. */
  private performLast(effect: SessionEffect): void {
    try {
      this.perform(effect);
    } catch (error) {
      if (effect.kind !== 'observe') throw error;
      this.report(error);
    }
  }

  private perform(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'observe':
        this.start.settings.observe?.(effect.observation);
        return;
      case 'send':
        return this.control[effect.to]?.send(effect.bytes);
      case 'connect-server':
        return void this.connectChosen(effect.server);
      case 'end-control':
        return this.control[effect.side]?.end();
      case 'secure-control':
        return this.secureControl(effect.side, effect.host ?? null);
      case 'secure-leg':
        return this.secureLeg(effect);
      case 'open-data-port':
        return this.openDataPort(effect);
      case 'dial':
        return this.dialData(effect);
      case 'start-flow':
        void this.links.of(effect.link).start(effect.direction, this.start.settings.payloads ?? null, effect.name);
        return;
      case 'end-flow':
        return this.links.of(effect.link).endFlow();
      case 'hand-on-legs':
        return this.links.handOn(effect.link, effect.to);
      case 'watch-leg':
        return this.links.of(effect.link).watch(effect.side);
      case 'drop-link':
        return this.links.drop(effect.link, effect.unused);
      case 'session-over':
        return this.finish();
    }
  }

  private secureControl(side: Side, host: string | null): void {
    const { tls, connectTimeoutMs } = this.start.policy;
    const encrypt = this.start.tls.encryptionFor(side, this.chosenServer, { host });
    const control = this.control[side];
    const comesEncrypted = side === 'client' && tls.clientImplicit;
    const secured = comesEncrypted ? control?.secureOnceBegun(encrypt, connectTimeoutMs) : control?.secure(encrypt);
    secured?.then(
      ({ socket, facts }) => {
        this.sockets.add(socket);
        this.happens({ kind: 'control-secured', side, tls: facts });
      },
      (error: unknown) => {
        const stillClear = error instanceof PlainPeer;
        this.happens({ kind: 'control-insecure', side, stillClear, ...failureOfHandshake(error) });
      },
    );
  }

  private secureLeg({ link, side, early }: Extract<SessionEffect, { kind: 'secure-leg' }>): void {
    const details = { isData: true, ...(early ? { timeoutMs: this.start.policy.dataTimeoutMs } : {}) };
    this.links.of(link).secure(side, this.start.tls.encryptionFor(side, this.chosenServer, details));
  }

  private dialData({ link, side, endpoint }: Extract<SessionEffect, { kind: 'dial' }>): void {
    const control = this.control[side];
    const from = control === null ? FROM_ANYWHERE : dataFrom(this.start, side, control, endpoint);
    this.links.of(link).dial(side, endpoint, from, this.start.policy.connectTimeoutMs);
  }

  private openDataPort({ link, facing, admit }: Extract<SessionEffect, { kind: 'open-data-port' }>): void {
    const { advertised, ...place } = dataPortFacing(this.start, facing, this.controlAddress(facing));
    this.links.openPort(link, { facing, admit, ...place }, advertised);
  }

  private controlAddress(side: Side): string {
    return this.control[side]?.local.address ?? '';
  }

  /** Reads each side as fast as the other takes, and as the session allows. */
  private regulate(): void {
    const { client, server } = this.control;
    if (this.over) return;
    client.setReading(this.relay.mayRead('client') && !server?.congested);
    server?.setReading(this.relay.mayRead('server') && !client.congested);
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    this.alarm.clear();
    this.links.dropAll();
    this.control.client.close();
    this.control.server?.close();
    this.sockets.whenAllClosed(this.start.onOver);
  }
}
