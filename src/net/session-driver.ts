// Drives one session: gives the session core what the sockets bring, does what it wants done, wakes it when it asks for it.
// All decisions are the core's (src/session); all sockets are here.
import { connect, type Socket } from 'node:net';
import type { SessionEffect } from '../session/effect.js';
import type { SessionInput } from '../session/input.js';
import type { Side } from '../session/observation.js';
import type { SessionPolicy } from '../session/policy.js';
import { RecordingError } from '../session/recording-error.js';
import { Relay } from '../session/relay.js';
import { now } from './clock.js';
import { ControlConnection } from './control-connection.js';
import { LinkSockets } from './link-sockets.js';
import type { ProxyOptions } from './proxy-options.js';
import { socketFault } from './socket-faults.js';

export interface SessionStart {
  readonly number: number;
  readonly client: Socket;
  readonly options: ProxyOptions;
  readonly policy: SessionPolicy;
  /** Called once nothing of the session is left open. */
  readonly onOver: () => void;
}

/** An input as the sockets know it: without the time, which is added here. */
type Happening = SessionInput extends infer Input ? (Input extends { at: number } ? Omit<Input, 'at'> : never) : never;

export class SessionDriver {
  private readonly relay: Relay;
  private readonly control: { readonly client: ControlConnection; server: ControlConnection | null };
  private readonly links = new Map<number, LinkSockets>();
  private timer: { readonly handle: NodeJS.Timeout; readonly at: number } | null = null;
  private over = false;
  private serverStands = false;
  private readonly queue: Happening[] = [];
  private handling = false;

  constructor(private readonly start: SessionStart) {
    const { number: session, client: socket, options, policy } = start;
    const client = new ControlConnection(socket, this.controlEvents('client'));
    this.control = { client, server: null };
    const identity = {
      session,
      client: client.remote,
      server: options.upstream,
      listener: client.local,
      openedAt: now(),
    };
    this.relay = new Relay(identity, { local: client.local, remote: client.remote }, policy);
    this.connectServer();
    // Lets out what there is to say before anything happened: that the session was opened.
    this.happens({ kind: 'tick' });
  }

  /** Ends the session with a word to the client. */
  shutdown(reason: string): void {
    this.happens({ kind: 'shutdown', reason });
  }

  /** Closes every socket now. */
  destroy(): void {
    this.control.client.destroy();
    this.control.server?.destroy();
  }

  private connectServer(): void {
    const { upstream } = this.start.options;
    const { connectTimeoutMs } = this.start.policy;
    const socket = connect({ host: upstream.address, port: upstream.port, allowHalfOpen: true });
    const server = new ControlConnection(socket, this.controlEvents('server'));
    this.control.server = server;
    const timer = setTimeout(() => {
      socket.destroy();
      this.happens({ kind: 'server-unreachable', reason: `no connection within ${connectTimeoutMs / 1000} s` });
    }, connectTimeoutMs);
    socket.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      this.serverStands = true;
      this.happens({ kind: 'server-connected', local: server.local, remote: server.remote });
    });
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
    this.schedule();
  }

  private handle(happening: Happening): void {
    if (this.over) return;
    try {
      for (const effect of this.relay.handle({ ...happening, at: now() })) this.perform(effect);
    } catch (error) {
      this.fail(error);
    }
  }

  /** What cannot be recorded does not go by; a fault of ours ends this session and no other. */
  private fail(error: unknown): void {
    const recording = error instanceof RecordingError;
    if (!recording) this.start.options.onFault?.({ session: this.start.number, error });
    try {
      const reason = recording ? error.message : 'internal fault of the proxy';
      const effects = this.relay.handle({ kind: 'shutdown', reason, at: now() });
      for (const effect of effects) if (effect.kind !== 'observe') this.perform(effect);
    } catch {
      // The fault that came first has been told; a second one on the way out adds nothing.
    }
    this.finish();
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
      case 'open-data-port':
        return this.openDataPort(effect);
      case 'dial':
        return this.link(effect.link).dial(
          effect.side,
          effect.endpoint,
          this.controlAddress(effect.side),
          this.start.policy.connectTimeoutMs,
        );
      case 'start-flow':
        void this.link(effect.link).start(effect.direction, this.start.options.payloads ?? null, effect.name);
        return;
      case 'drop-link':
        return this.dropLink(effect.link);
      case 'session-over':
        return this.finish();
    }
  }

  private openDataPort(effect: Extract<SessionEffect, { kind: 'open-data-port' }>): void {
    const { link, facing, admit } = effect;
    const host = this.controlAddress(facing);
    const address = this.start.options.advertise ?? host;
    this.link(link)
      .listen({ facing, host, range: this.start.options.dataPorts ?? null, admit })
      .then(
        (port) => this.happens({ kind: 'data-port-open', link, endpoint: { address, port } }),
        (error: unknown) => this.happens({ kind: 'data-port-failed', link, reason: socketFault(error) }),
      );
  }

  private link(number: number): LinkSockets {
    const known = this.links.get(number);
    if (known) return known;
    const sockets = new LinkSockets({
      connected: (side, local, remote) =>
        this.happens({ kind: 'data-leg-connected', link: number, side, local, remote }),
      failed: (side, reason) => this.happens({ kind: 'data-leg-failed', link: number, side, reason }),
      stranger: (side, remote) => this.happens({ kind: 'data-stranger', link: number, side, remote }),
      progress: (bytes) => this.happens({ kind: 'data-progress', link: number, bytes }),
      ended: (bytes, end, payload) => {
        this.links.delete(number);
        this.happens({ kind: 'data-ended', link: number, bytes, end, payload });
      },
      recordingFailed: (error) => this.shutdown(socketFault(error)),
    });
    this.links.set(number, sockets);
    return sockets;
  }

  private dropLink(number: number): void {
    this.links.get(number)?.drop();
    this.links.delete(number);
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

  private schedule(): void {
    const at = this.over ? null : this.relay.deadlineAt;
    if (at === null || (this.timer !== null && this.timer.at <= at)) return;
    if (this.timer !== null) clearTimeout(this.timer.handle);
    const handle = setTimeout(() => this.wake(), Math.max(0, Math.ceil(at - now())));
    this.timer = { handle, at };
  }

  /** Deadlines move on with every byte; the timer does not, and asks anew when it fires. */
  private wake(): void {
    this.timer = null;
    const deadline = this.relay.deadlineAt;
    if (deadline !== null && deadline <= now()) this.happens({ kind: 'tick' });
    else this.schedule();
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    if (this.timer !== null) clearTimeout(this.timer.handle);
    for (const number of [...this.links.keys()]) this.dropLink(number);
    const { client, server } = this.control;
    let open = server === null ? 1 : 2;
    const closed = () => {
      open -= 1;
      if (open === 0) this.start.onOver();
    };
    for (const connection of [client, server]) {
      if (connection === null) continue;
      if (connection.socket.closed) closed();
      else connection.socket.once('close', closed);
      connection.close();
    }
  }
}
