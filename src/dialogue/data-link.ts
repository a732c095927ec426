// A data link whose bytes the relay carries: its life (link-life.ts), a leg on either side, how much went through, and until when what is
// waited for. Others report events, and read.
import type { ConnectionFailure } from '../protocol/connection-failure.js';
import type { Endpoint } from '../protocol/endpoint.js';
import type { ContentFacts, StatedSize } from './content-facts.js';
import { Leg } from './link-leg.js';
import { type DataEnd, LinkLife } from './link-life.js';
import type { LegEnd, LegMode, Side, Stillness } from './observation.js';
import type { KeptPayload } from './payload-sink.js';
import type { Absence, JudgedLink } from './transfer-outcome.js';

/** What came of an announced link: its ports are open, one of the proxy's could not be opened, or the server's refuses connections. */
export type PortResult =
  | { readonly kind: 'open' }
  | { readonly kind: 'failed' | 'unreachable'; readonly reason: string };

/** Who listens on each leg, and where the peers listen that the proxy is to dial. */
export interface LinkPlan {
  readonly client: LegMode;
  readonly server: LegMode;
  readonly targets: Partial<Record<Side, Endpoint>>;
}

/** How far a link's bytes are. */
interface Carried {
  readonly bytes: number;
  readonly payload: KeptPayload | null;
  readonly content?: ContentFacts | null;
}

/** Whoever broke a data connection off at once was the peer, in all likelihood, unless that comes within this time. */
const VANISHED_GRACE_MS = 1000;
/** Bytes come in bursts: a shorter pause says nothing. */
const STILL_AFTER_MS = 1000;

/** A link whose bytes the relay carries. */
export class DataLink extends LinkLife implements JudgedLink {
  readonly client: Leg;
  readonly server: Leg;
  /** Its data connections have served another transfer, and were kept. */
  readonly inherited: boolean;
  private carried = 0;
  private saved: KeptPayload | null = null;
  private looksLike: ContentFacts | null = null;
  private statedSize: StatedSize | null = null;
  private commandWentOut = false;
  private movedAt: number;
  private heldUntil: number | null = null;
  private overdue: number | null = null;
  private giveUp: number | null = null;
  private serverConfirmed = false;
  private endIsMissing = false;
  private dropped = false;
  private receiverIsFull = false;
  private stillAtEnd: Stillness | null = null;

  constructor(
    readonly number: number,
    { client, server, targets }: LinkPlan,
    at: number,
    /** Of the link before it, when that kept them. */
    legs: readonly [Leg, Leg] | null = null,
  ) {
    super();
    this.client = legs?.[0] ?? new Leg('client', client, targets.client ?? null);
    this.server = legs?.[1] ?? new Leg('server', server, targets.server ?? null);
    this.inherited = legs !== null;
    this.movedAt = at;
  }

  leg(side: Side): Leg {
    return side === 'client' ? this.client : this.server;
  }

  get legs(): readonly [Leg, Leg] {
    return [this.client, this.server];
  }

  /** Payload bytes handed to their receiver. */
  get bytes(): number {
    return this.carried;
  }

  /** What its first bytes are. */
  get content(): ContentFacts | null {
    return this.looksLike;
  }

  /** By the server's words; null where it did not say. */
  get stated(): StatedSize | null {
    return this.statedSize;
  }

  get payload(): KeptPayload | null {
    return this.saved;
  }

  /** The transfer command went out to the server, which wants its data connection, and its handshake, from now on. */
  get commandSent(): boolean {
    return this.commandWentOut;
  }

  /** When something last happened to it. */
  get lastMovedAt(): number {
    return this.movedAt;
  }

  /** Until when its announcement waits to know whether the server's port can be reached; null: it does not wait for that. */
  get holdAt(): number | null {
    return this.server.status === 'dialling' ? this.heldUntil : null;
  }

  /** When it is reported that its data connection, or its data's end, does not come about; null where nothing is to be reported. */
  get overdueAt(): number | null {
    return this.overdue;
  }

  /** When waiting for the data's end is given up; null while it may take its time. */
  get giveUpAt(): number | null {
    return this.giveUp;
  }

  /** The server has said that the transfer is complete, and its data has not ended. */
  get confirmed(): boolean {
    return this.serverConfirmed;
  }

  /** So it has been for long, and nothing moves. */
  get missesEnd(): boolean {
    return this.endIsMissing;
  }

  get opening(): boolean {
    return this.legs.some(({ status }) => status === 'opening');
  }

  get bothConnected(): boolean {
    return this.legs.every(({ status }) => status === 'connected');
  }

  get bothReady(): boolean {
    return this.client.ready && this.server.ready;
  }

  /** A TLS handshake was begun on a leg, or bytes flowed: it can serve no other transfer. */
  get usedUp(): boolean {
    const tlsBegun = !this.inherited && this.legs.some(({ tls }) => tls === 'handshaking' || tls === 'secure');
    return this.dataEnded || this.flowingSince !== null || tlsBegun;
  }

  /** The leg whose peer, as far as is known, broke its connection off before it could be taken; null when there is none. */
  get vanishedLeg(): Leg | null {
    return this.legs.find(({ vanished }) => vanished) ?? null;
  }

  absence(side: Side): Absence | null {
    return this.leg(side).absence;
  }

  /** Whose data connection is not there yet, the server's first; null when both are, or nothing is done for them yet. */
  get absentLegs(): Absence | null {
    const absent = [this.server.absence, this.client.absence].filter((one) => one !== null);
    const [first] = absent;
    return first === undefined ? null : { ...first, words: absent.map(({ words }) => words).join(', and ') };
  }

  waitsFor(): Absence | null {
    if (this.flowingSince !== null) return null;
    const { verb } = this.transfer ?? {};
    const replyIsMissing = this.server.status === 'connected' && !this.begun && verb !== undefined;
    if (replyIsMissing) return { side: 'server', cause: 'no-final-reply', words: `no reply to ${verb}` };
    return this.absentLegs;
  }

  /** The transfer command is on its way to the server. Its data connection should be there within `patienceMs`. */
  sent(at: number, patienceMs: number): void {
    this.commandWentOut = true;
    this.overdue = at + patienceMs;
    if (this.vanishedLeg !== null) this.giveUp = at + VANISHED_GRACE_MS;
  }

  /** Somebody connected to the port for that side, and was gone before anybody knew who it was. */
  peerVanished(side: Side, at: number): void {
    this.leg(side).vanish();
    if (this.commandWentOut && this.vanishedLeg !== null) this.giveUp = at + VANISHED_GRACE_MS;
  }

  /** Something happened to it. */
  moved(at: number): void {
    this.movedAt = at;
  }

  /** For whom its bytes wait. */
  stillnessAt(at: number): Stillness | null {
    const { transfer, flowing, stillAtEnd } = this;
    if (!flowing || transfer === null) return stillAtEnd;
    const ms = at - this.movedAt;
    if (ms < STILL_AFTER_MS) return null;
    const [sender, receiver]: readonly Side[] =
      transfer.direction === 'upload' ? ['client', 'server'] : ['server', 'client'];
    if (sender === undefined || receiver === undefined) return null;
    return this.receiverIsFull ? { on: receiver, why: 'takes-nothing', ms } : { on: sender, why: 'sends-nothing', ms };
  }

  /** The receiver has not taken all that it was handed. */
  fillsReceiver(isFull: boolean): void {
    this.receiverIsFull = isFull;
  }

  carry({ bytes, payload, content = null }: Carried, at: number): void {
    if (bytes > this.carried) this.movedAt = at;
    this.carried = bytes;
    this.saved = payload ?? this.saved;
    this.looksLike = content ?? this.looksLike;
  }

  /** The server begins the transfer, and has said how long the file is, or not. */
  expectSize(stated: StatedSize | null): void {
    this.statedSize = stated;
  }

  /** Its announcement waits until then for the server's data connection. Null: it waits no more. */
  holdUntil(at: number | null): void {
    this.heldUntil = at;
  }

  /** The data connection has until then to come about, before it is reported. Null: nothing is to be reported any more. */
  expectBy(at: number | null): void {
    this.overdue = at;
  }

  /** The server's 2yz is in. If nothing of what flows moves until then, it is reported that the data does not end; null: it is not. */
  confirm(overdueAt: number | null): void {
    this.serverConfirmed = true;
    if (this.flowing) this.overdue = overdueAt;
  }

  missEnd(): void {
    this.endIsMissing = true;
    this.overdue = null;
  }

  /** The data has until then to end. Null: it may take its time. */
  giveUpBy(at: number | null): void {
    this.giveUp = at;
  }

  /** Its sockets are not needed any more. False when that was said before. */
  drop(): boolean {
    const { dropped } = this;
    this.dropped = true;
    return !dropped;
  }

  override flow(at: number): boolean {
    if (!super.flow(at)) return false;
    this.overdue = this.serverConfirmed ? at : null;
    return true;
  }

  override decline(reply: string, reusable: boolean): void {
    super.decline(reply, reusable);
    this.commandWentOut = false;
    this.overdue = null;
  }

  override finish(end: DataEnd, at: number): boolean {
    const stillness = this.stillnessAt(at);
    if (!super.finish(end, at)) return false;
    this.movedAt = at;
    if (end.kind !== 'drained') this.stillAtEnd = stillness;
    for (const leg of this.legs) {
      const how = howLegEnded(leg.side, end, this.transfer?.direction === 'upload' ? 'client' : 'server');
      if (how !== null) leg.endAs(how);
    }
    return true;
  }
}

function howLegEnded(side: Side, end: DataEnd, sender: Side): LegEnd | null {
  switch (end.kind) {
    case 'kept':
      return null;
    case 'drained':
      return side === sender ? 'fin' : 'ours';
    case 'aborted':
      return 'ours';
    case 'broken':
      return side === end.side && end.cause === `${side}-broke` ? brokenAs(end.failure) : 'ours';
  }
}

function brokenAs(failure: ConnectionFailure | undefined): LegEnd {
  if (failure === 'closed') return 'fin';
  return failure === 'timed-out' ? 'timed-out' : 'reset';
}
