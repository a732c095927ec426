// Drives one session: gives the session core what the sockets bring, does what it wants done, wakes it when it asks for it.
// All decisions are the core's (src/session); all sockets are here.
import type { SessionEffect } from '../session/effect.js';
import type { Side } from '../session/observation.js';
import type { SessionPolicy } from '../session/policy.js';
import { RecordingError } from '../session/recording-error.js';
import { Relay } from '../session/relay.js';
import type { ServerModes } from '../session/server-leg-opening.js';
import { Alarm } from './alarm.js';
import { type Arrival, goesPastBalancer, headerFor } from './arrivals.js';
import { now } from './clock.js';
import { ControlConnection } from './control-connection.js';
import type { Happening } from './link-events.js';
import { OpenSockets } from './open-sockets.js';
import type { FtpEndpoint, ProxyOptions } from './proxy-options.js';
import { SessionLinks } from './session-links.js';
import type { SessionTls } from './tls/session-tls.js';
import { failureOf } from './tls/tls-facts.js';

export interface SessionStart {
  readonly number: number;
  readonly arrival: Arrival;
  readonly upstream: FtpEndpoint;
  readonly options: ProxyOptions;
  readonly policy: SessionPolicy;
  readonly tls: SessionTls;
  /** What sessions with this server have learnt of its data modes. */
  readonly modes: ServerModes;
  /** Called once nothing of the session is left open. */
  readonly onOver: () => void;
}

export class SessionDriver {
  private readonly relay: Relay;
  private readonly control: { readonly client: ControlConnection; server: ControlConnection | null };
  private readonly links = new SessionLinks({
    happens: (happening) => this.happens(happening),
    opened: (socket) => this.sockets.add(socket),
    recordingFailed: (error) => this.fail(error),
  });
  private readonly sockets = new OpenSockets();
  private readonly alarm = new Alarm(
    () => (this.over ? null : this.relay.deadlineAt),
    () => this.happens({ kind: 'tick' }),
  );
  private over = false;
  private serverStands = false;
  private readonly queue: Happening[] = [];
  private handling = false;

  constructor(private readonly start: SessionStart) {
    const { number: session, arrival, policy } = start;
    const client = new ControlConnection(arrival.socket, this.controlEvents('client'));
    this.control = { client, server: null };
    this.sockets.add(arrival.socket);
    const { client: remote, listener, refusal } = arrival;
    const brought = arrival.via === null ? {} : { via: arrival.via };
    const identity = { session, client: remote, server: start.upstream, listener, ...brought, openedAt: now() };
    this.relay = new Relay(identity, { local: listener, remote }, policy, start.modes);
    // Two turns of the event loop: the end that a client has just put to its old session reaches the server before the
    // beginning of its new one, as it would without us.
    if (refusal === null) setImmediate(() => setImmediate(() => this.connectServer()));
    // Lets out what there is to say before anything happened: that the session was opened.
    if (refusal === null) this.happens({ kind: 'tick' });
    else this.happens({ kind: 'client-refused', code: 'bad-proxy-header', detail: refusal });
  }

  /** Ends the session with a word to the client. */
  shutdown(reason: string): void {
    this.happens({ kind: 'shutdown', reason });
  }

  /** Closes every socket now. */
  destroy(): void {
    this.sockets.destroy();
  }

  private connectServer(): void {
    if (this.over) return;
    const { upstream, arrival, options, policy } = this.start;
    const header = headerFor(arrival, options.sendProxyProtocol);
    const server = ControlConnection.dial(
      upstream,
      options.bindUpstream,
      policy.connectTimeoutMs,
      this.controlEvents('server'),
      () => {
        this.serverStands = true;
        if (header !== null) server.send(header);
        this.happens({ kind: 'server-connected', local: server.local, remote: server.remote });
      },
    );
    this.control.server = server;
    this.sockets.add(server.socket);
  }

  private controlEvents(from: Side) {
    return {
      bytes: (bytes: Buffer) => this.happens({ kind: 'control-bytes', from, bytes }),
      ended: () => this.happens({ kind: 'control-ended', from }),
      lost: (reason: string) => this.controlLost(from, reason),
      drained: () => this.regulate(),
    } as const;
  }

  private controlLost(side: Side, reason: string): void {
    if (side === 'server' && !this.serverStands) this.happens({ kind: 'server-unreachable', reason });
    else this.happens({ kind: 'control-lost', from: side, reason });
  }

  /** One input at a time, in order: an effect may bring the next one at once. */
  private happens(happening: Happening): void {
    this.queue.push(happening);
    if (this.handling) return;
    this.handling = true;
    try {
      for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) this.handle(next);
    } finally {
      this.handling = false;
    }
    this.regulate();
    this.alarm.set();
  }

  private handle(happening: Happening): void {
    if (this.over) return;
    try {
      for (const next of this.afterProgress(happening)) {
        for (const effect of this.relay.handle({ ...next, at: now() })) this.perform(effect);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** How far the flows are goes before everything else: what happens may end a link, and is then told with its bytes. */
  private *afterProgress(happening: Happening): Generator<Happening> {
    if (happening.kind !== 'data-progress') yield* this.links.progress();
    yield happening;
  }

  /** What cannot be recorded does not go by; a fault of ours ends this session and no other. */
  private fail(error: unknown): void {
    const recording = error instanceof RecordingError;
    try {
      this.start.options.onFault?.({ session: this.start.number, error });
      // What exactly failed, and where on this machine, is not the client's to know.
      const reason = recording ? 'the proxy can no longer record the session' : 'internal fault of the proxy';
      for (const effect of this.relay.handle({ kind: 'shutdown', reason, at: now() })) this.performLast(effect);
    } catch {
      // The fault that came first has been told; a second one on the way out adds nothing.
    }
    this.finish();
  }

  /** On the way out, whoever can still observe does, and whoever cannot holds up nothing. */
  private performLast(effect: SessionEffect): void {
    try {
      this.perform(effect);
    } catch (error) {
      if (effect.kind !== 'observe') throw error;
    }
  }

  private perform(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'observe':
        this.start.options.observe?.(effect.observation);
        return;
      case 'send':
        return this.control[effect.to]?.send(effect.bytes);
      case 'end-control':
        return this.control[effect.side]?.end();
      case 'secure-control':
        return this.secureControl(effect.side);
      case 'secure-leg':
        return this.links.of(effect.link).secure(effect.side, this.start.tls.encryptionFor(effect.side));
      case 'open-data-port':
        return this.openDataPort(effect);
      case 'dial':
        return this.dialData(effect);
      case 'start-flow':
        void this.links.of(effect.link).start(effect.direction, this.start.options.payloads ?? null, effect.name);
        return;
      case 'drop-link':
        return this.links.drop(effect.link);
      case 'session-over':
        return this.finish();
    }
  }

  private secureControl(side: Side): void {
    this.control[side]?.secure(this.start.tls.encryptionFor(side)).then(
      ({ socket, facts }) => {
        this.sockets.add(socket);
        this.happens({ kind: 'control-secured', side, tls: facts });
      },
      (error: unknown) => this.happens({ kind: 'control-insecure', side, ...failureOf(error) }),
    );
  }

  private dialData({ link, side, endpoint }: Extract<SessionEffect, { kind: 'dial' }>): void {
    const { activeSourcePort } = this.start.options;
    const localPort = side === 'client' ? activeSourcePort : undefined;
    const anywhere = side === 'client' && goesPastBalancer(this.start.arrival, endpoint);
    const local = { address: anywhere ? '' : this.controlAddress(side), port: localPort ?? 0 };
    this.links.of(link).dial(side, endpoint, local, this.start.policy.connectTimeoutMs);
  }

  private openDataPort(effect: Extract<SessionEffect, { kind: 'open-data-port' }>): void {
    const { link, facing, admit } = effect;
    const { dataPorts, advertise } = this.start.options;
    const range = dataPorts === undefined || 'from' in dataPorts ? dataPorts : dataPorts[facing];
    const advertised = typeof advertise === 'string' ? advertise : advertise?.[facing];
    const host = this.controlAddress(facing);
    this.links.openPort(link, { facing, host, range: range ?? null, admit }, advertised ?? null);
  }

  private controlAddress(side: Side): string {
    return this.control[side]?.local.address ?? '';
  }

  /** Reads each side as fast as the other takes, and as the session allows. */
  private regulate(): void {
    const { client, server } = this.control;
    if (this.over || server === null) return;
    client.setReading(this.relay.mayRead('client') && !server.congested);
    server.setReading(this.relay.mayRead('server') && !client.congested);
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
