// One port at which data connections are waited for: by one link, or by several whose connections differ by the host that made
// them. A stranger is turned away, and the port goes on waiting for those that it is meant for (RFC 2577 sections 3 and 8: port stealing).
import type { Socket } from 'node:net';
import { canonicalAddress, type Endpoint } from '../protocol/endpoint.js';
import type { BindForeign } from './dial.js';
import { type Listener, listen } from './listen.js';
import { remoteEnd } from './socket-ends.js';

/** Who made a connection to a data port. */
export interface DataCaller {
  /** The peer itself, or the client that a load balancer names. */
  readonly remote: Endpoint;
  /** Why it cannot be a data connection, in words; null when it can. */
  readonly fault: string | null;
}

/** Reports who made a paused connection, now or once its first bytes tell; not at all once it is closed. */
export type CallerOf = (socket: Socket, tell: (caller: DataCaller) => void) => void;

/** A link that waits for its data connection. */
export interface DataWaiter {
  /** The hosts that may connect; null for any. */
  readonly admit: readonly string[] | null;
  /** The connection that was waited for: paused, half-open allowed. */
  readonly onConnection: (socket: Socket) => void;
  /**
   * Another was turned away. `before` is whose connection the link has already: of two that may both be the peer's, one is not. The first
   * of these is reported.
   */
  readonly onStranger: (stranger: DataCaller, before: Endpoint | null) => void;
  /** A connection was broken off before it could be taken: the system no longer knows who made it. */
  readonly onVanished: () => void;
}

interface ListenedPort {
  readonly host: string;
  /** For a host that is not this machine's. */
  readonly bindForeign: BindForeign | null;
  /** Default: the connection's own end. */
  readonly callerOf: CallerOf | null;
}

/**
 * Queue of connections that the kernel keeps. Many links may share a port, Node takes one connection in each turn of its event loop (libuv
 * 1.45 and later), and whoever finds the queue full tries again after a second, after three, after seven.
 */
const BACKLOG = 1024;
/** So many are waited for to say who they are. */
const MOST_UNKNOWN = 128;

const ANY_HOST = '*';

const ITSELF: CallerOf = (socket, tell) => tell({ remote: remoteEnd(socket), fault: null });

interface Waiting {
  readonly waiter: DataWaiter;
  /** Whose connection it has got. */
  takenBy: Endpoint | null;
  hasToldLate: boolean;
}

export class DataPort {
  /** By the hosts that they admit. A link that has got its connection stays until it is forgotten. */
  private readonly waiters = new Map<string, Waiting>();
  /** Connections of which is not known yet who made them. */
  private readonly unknown = new Set<Socket>();
  private listener: Listener | null = null;

  private constructor(private readonly callerOf: CallerOf) {}

  /** Port 0 for the system's choice. Rejects with the system's error. */
  static async open({ host, bindForeign, callerOf }: ListenedPort, port: number): Promise<DataPort> {
    const opened = new DataPort(callerOf ?? ITSELF);
    const take = (socket: Socket) => opened.take(socket);
    opened.listener = await listen({ address: host, port }, { bindForeign, backlog: BACKLOG }, take);
    return opened;
  }

  get number(): number {
    return this.listener?.address.port ?? 0;
  }

  get isIdle(): boolean {
    return this.waiters.size === 0;
  }

  /** Whether a connection from one of these hosts could be that of none who waits already. */
  isFreeFor(admit: readonly string[] | null): boolean {
    if (this.isIdle) return true;
    return !this.waiters.has(ANY_HOST) && admit !== null && !hostKeys(admit).some((host) => this.waiters.has(host));
  }

  await(waiter: DataWaiter): void {
    const waiting = { waiter, takenBy: null, hasToldLate: false };
    for (const host of hostKeys(waiter.admit)) this.waiters.set(host, waiting);
  }

  /** It waits no longer, and no one is expected to come second. */
  forget(waiter: DataWaiter): void {
    for (const host of hostKeys(waiter.admit)) if (this.waiters.get(host)?.waiter === waiter) this.waiters.delete(host);
  }

  close(): void {
    void this.listener?.close();
    for (const socket of this.unknown) socket.destroy();
  }

  private take(socket: Socket): void {
    const hasVanished = remoteEnd(socket).address === '';
    if (this.isIdle || hasVanished || this.unknown.size >= MOST_UNKNOWN) {
      // By a reset: as with a closed port, nothing looks like a transfer without bytes.
      socket.resetAndDestroy();
      if (hasVanished) this.vanished();
      return;
    }
    this.unknown.add(socket);
    socket.once('close', () => this.unknown.delete(socket));
    this.callerOf(socket, (caller) => this.judge(socket, caller));
  }

  private judge(socket: Socket, caller: DataCaller): void {
    this.unknown.delete(socket);
    const { remote, fault } = caller;
    const waiting = this.waiters.get(hostKey(remote.address)) ?? this.waiters.get(ANY_HOST);
    if (waiting !== undefined && waiting.takenBy === null && fault === null) {
      waiting.takenBy = remote;
      return waiting.waiter.onConnection(socket);
    }
    socket.destroy();
    if (waiting === undefined) for (const { waiter } of this.waiting) waiter.onStranger(caller, null);
    else if (fault !== null) waiting.waiter.onStranger(caller, null);
    else if (!waiting.hasToldLate) {
      waiting.hasToldLate = true;
      waiting.waiter.onStranger(caller, waiting.takenBy);
    }
  }

  /** Of several who wait, no one can say whose connection it was. */
  private vanished(): void {
    const [only, ...others] = this.waiting;
    if (others.length === 0) only?.waiter.onVanished();
  }

  /** Those who have no connection yet. */
  private get waiting(): ReadonlySet<Waiting> {
    return new Set([...this.waiters.values()].filter(({ takenBy }) => takenBy === null));
  }
}

function hostKeys(admit: readonly string[] | null): readonly string[] {
  return admit === null ? [ANY_HOST] : admit.map(hostKey);
}

function hostKey(address: string): string {
  return canonicalAddress(address) ?? address;
}
