// One data transfer path: a client leg and a server leg, from announced to done. State alone; links.ts moves it.
import type { Endpoint } from '../protocol/endpoint.js';
import type { Direction } from '../protocol/verbs.js';
import type { LegMode, LinkState, Side } from './observation.js';
import type { KeptPayload } from './payload-sink.js';

/** idle -> opening -> waiting -> connected for a leg on which the proxy listens; idle -> dialling -> connected where it dials. */
export type LegStatus = 'idle' | 'opening' | 'waiting' | 'dialling' | 'connected' | 'failed';

/** A leg is encrypted when PROT P held for its side as the transfer was asked for. */
export type LegTls = 'none' | 'wanted' | 'handshaking' | 'secure';

export class Leg {
  status: LegStatus = 'idle';
  tls: LegTls = 'none';
  local: Endpoint | null = null;
  remote: Endpoint | null = null;

  constructor(
    readonly side: Side,
    readonly mode: LegMode,
  ) {}

  /** Bytes may flow over it. */
  get ready(): boolean {
    return this.status === 'connected' && (this.tls === 'none' || this.tls === 'secure');
  }

  /** Active: the client's side listens. So the proxy listens towards an active server and a passive client. */
  get proxyListens(): boolean {
    return (this.mode === 'passive') === (this.side === 'client');
  }
}

/** The transfer command that uses a link. */
export interface Transfer {
  readonly verb: string;
  readonly path: string;
  readonly direction: Direction;
}

/** How a data link's flow ended. */
export type FlowEnd =
  /** The sender ended it, and every byte was handed to the receiver, its end included. `truncated`: without TLS's close_notify. */
  | { readonly kind: 'drained'; readonly truncated?: true }
  /** A leg broke: bytes may be missing. `side` is the one whose leg broke; null when the payload could not be kept. */
  | { readonly kind: 'broken'; readonly side: Side | null; readonly reason: string };

/** How a link's data came to an end, besides the ways in which a flow does. */
export type LinkEnd = FlowEnd | { readonly kind: 'aborted'; readonly reason: string };

/** What came of opening the proxy's own ports: all of them are open, or one could not be. */
export type PortResult = { readonly kind: 'open' } | { readonly kind: 'failed'; readonly reason: string };

export class DataLink {
  readonly client: Leg;
  readonly server: Leg;
  /** The transfer that uses it, or the last one that was to use it and was refused. */
  transfer: Transfer | null = null;
  /** Whether that transfer has begun, or may yet. */
  bound = false;
  /** The transfer command went out to the server, which wants its data connection, and its handshake, from now on. */
  commandSent = false;
  /** The preliminary reply was relayed: from now on bytes may flow (and not before: rule 1 of ARCHITECTURE.md). */
  cleared = false;
  /** When bytes began to flow. */
  flowingSince: number | null = null;
  bytes = 0;
  /** The client sent ABOR. */
  aborting = false;
  end: LinkEnd | null = null;
  endedAt: number | null = null;
  /** Its sockets were let go of. */
  dropped = false;
  /** The server's words when it declined a transfer over this link, which may serve the next. */
  refusal: string | null = null;
  payload: KeptPayload | null = null;
  /** When something last happened to it. */
  lastMovedAt: number;
  /** Whether `link-opened` has been observed. */
  opened = false;
  /** When its progress was last observed: kept by the observer. */
  observedAt: number | null = null;
  /** Called once it is known whether the proxy's port is open. */
  whenPort: ((result: PortResult) => void) | null = null;
  /** Called when the server agreed to a data connection, and none came about. */
  whenMissed: (() => void) | null = null;
  /** Called once the data has ended. */
  whenEnded: (() => void) | null = null;
  /** When it is told that its data connection does not come about; null: it has, or that was told, or nobody waits for it. */
  overdueAt: number | null = null;
  /** When waiting for the data's end is given up; null while it may take its time. */
  giveUpAt: number | null = null;

  constructor(
    readonly number: number,
    modes: { readonly client: LegMode; readonly server: LegMode },
    at: number,
  ) {
    this.client = new Leg('client', modes.client);
    this.server = new Leg('server', modes.server);
    this.lastMovedAt = at;
  }

  leg(side: Side): Leg {
    return side === 'client' ? this.client : this.server;
  }

  get legs(): readonly [Leg, Leg] {
    return [this.client, this.server];
  }

  get bothReady(): boolean {
    return this.client.ready && this.server.ready;
  }

  /** A TLS handshake was begun on a leg: it can serve no other transfer. */
  get tlsBegun(): boolean {
    return this.legs.some(({ tls }) => tls === 'handshaking' || tls === 'secure');
  }

  get flowing(): boolean {
    return this.flowingSince !== null && this.end === null;
  }

  get dataEnded(): boolean {
    return this.end !== null;
  }

  /** A transfer was asked for over it, and its data has not ended. */
  get busy(): boolean {
    return this.bound && this.end === null;
  }

  get state(): LinkState {
    if (this.end !== null) return 'finishing';
    if (this.flowingSince !== null) return 'transferring';
    return this.bound ? 'connecting' : 'announced';
  }
}
