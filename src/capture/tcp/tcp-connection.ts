// One TCP connection of a capture: takes its segments as they were captured, and tells its events in an order in which the peers may have seen
// them. A segment waits for the bytes before it, and for those of the other direction that it answers to.
import type { Endpoint } from '../../protocol/endpoint.js';
import {
  type CapturedConnection,
  type ConnectionEnd,
  type ConnectionEvent,
  ENDS,
  otherEnd,
} from '../connection-event.js';
import type { CaptureClock, CaptureMoment } from './capture-clock.js';
import { dueStep, forcedStep, isFinDue, isOvertaken, isSettled, isSilenced, type Streams } from './reassembly-rules.js';
import type { RecentBudget } from './recent-bytes.js';
import type { Segment } from './segment.js';
import { type Emit, StreamTeller } from './stream-teller.js';
import { MAX_WINDOW_BYTES, TcpStream } from './tcp-stream.js';
import type { WaitingPiece } from './waiting-pieces.js';

export type CloseReason = Extract<ConnectionEvent, { kind: 'closed' }>['why'];

/** A RST. It may have overtaken what was sent before it. */
interface Reset {
  readonly from: ConnectionEnd;
  readonly position: number;
  readonly at: number;
  readonly since: CaptureMoment;
  told: boolean;
}

export class TcpConnection implements CapturedConnection {
  readonly openedAt: number;
  readonly sawHandshake: boolean;
  closed = false;
  /** Whether any of its bytes were captured. */
  spoke = false;
  private readonly streams: Streams;
  private readonly teller: StreamTeller;
  private readonly now: { -readonly [Field in keyof CaptureMoment]: CaptureMoment[Field] };
  private settledSince: CaptureMoment;
  private pendingReset: Reset | null = null;

  constructor(
    readonly number: number,
    readonly initiator: Endpoint,
    readonly responder: Endpoint,
    first: Segment,
    clock: CaptureClock,
    budget: RecentBudget,
    private readonly emit: Emit,
  ) {
    this.openedAt = first.at;
    this.sawHandshake = first.syn;
    const arrival = Math.max(first.at, clock.now);
    this.streams = { initiator: new TcpStream(budget, arrival), responder: new TcpStream(budget, arrival) };
    this.teller = new StreamTeller(this, this.streams, emit, first.at, arrival);
    this.now = { clock: clock.now, packets: clock.packets, segments: 0 };
    this.settledSince = this.arrival();
    emit({ kind: 'opened', at: first.at, connection: this });
  }

  get answered(): boolean {
    return this.streams.responder.beginning !== 'unknown';
  }

  /** Whether something waits for bytes that are missing. */
  get stalled(): boolean {
    return this.streams.initiator.stalled || this.streams.responder.stalled || this.pendingReset !== null;
  }

  /** Bytes of memory, roughly, that what waits takes. */
  get waitingCost(): number {
    return this.streams.initiator.waiting.cost + this.streams.responder.waiting.cost;
  }

  /** Whether a SYN shows that the two endpoints have begun another connection. One that was refused may be tried again with the same number. */
  isSucceededBy(from: ConnectionEnd, segment: Segment): boolean {
    const refused = this.isOver(from, segment) && !this.spoke && !segment.ack;
    return refused || !this.streams[from].beginsWith((segment.sequence + 1) >>> 0);
  }

  take(from: ConnectionEnd, segment: Segment, clock: CaptureClock): void {
    if (this.isOver(from, segment)) return;
    this.setTime(clock, this.now.segments + 1);
    this.teller.lastAt = segment.at;
    this.teller.clock = Math.max(segment.at, clock.now);
    if (segment.rst) this.takeReset(from, segment);
    else {
      this.takeNumbers(from, segment);
      if (segment.payload.length + segment.missing > 0) this.takePayload(from, segment);
    }
    this.release(clock);
  }

  /** Tells what is due at this time of the capture. */
  release(clock: CaptureClock): void {
    const { now } = this;
    this.setTime(clock, now.segments);
    if (isSettled(this.settledSince, now)) {
      this.settledSince = this.arrival();
      for (const from of ENDS) this.streams[from].settle();
    }
    do {
      while (this.stalled && this.teller.take(dueStep(this.streams, now))) {}
    } while (this.teller.tellFins((from) => isFinDue(this.streams, from, now)));
    const { pendingReset } = this;
    if (pendingReset && isOvertaken(pendingReset.since, now)) this.tellReset(pendingReset);
    if (this.bothEnded || this.isRefused || (pendingReset && isSilenced(pendingReset.since, now))) this.close('ended');
  }

  /** Tells all that waits, with its holes. */
  releaseAll(): void {
    while (this.teller.take(forcedStep(this.streams))) {}
  }

  close(why: CloseReason): void {
    if (this.closed) return;
    const { pendingReset } = this;
    this.finish();
    this.closed = true;
    if (pendingReset) this.tellReset(pendingReset);
    this.pendingReset = null;
    const ended = pendingReset !== null || this.bothEnded;
    this.emit({ kind: 'closed', at: this.teller.lastAt, connection: this, why: ended ? 'ended' : why });
  }

  private tellReset(reset: Reset): void {
    if (reset.told) return;
    reset.told = true;
    this.releaseAll();
    this.emit({ kind: 'ended', at: reset.at, connection: this, from: reset.from, how: 'reset' });
  }

  /**
   * Whether a segment comes too late. What was sent before a reset, going by its time or number, may come a little after it; and
   * the other side speaks on until the reset has reached it.
   */
  private isOver(from: ConnectionEnd, { at, sequence, rst }: Segment): boolean {
    const reset = this.pendingReset;
    if (this.closed || !reset) return this.closed;
    if (from !== reset.from) return rst;
    return at > reset.at && this.streams[from].positionOf(sequence) >= reset.position;
  }

  /** A reset was all the answer: nothing was sent that it could have overtaken. */
  private get isRefused(): boolean {
    return this.pendingReset?.from === 'responder' && this.sawHandshake && !this.answered && !this.spoke;
  }

  private get bothEnded(): boolean {
    return this.streams.initiator.ended && this.streams.responder.ended;
  }

  /** When the last segment came, to be compared with what will be now: the capture's clock may lag behind it. */
  private arrival(): CaptureMoment {
    return { ...this.now, clock: this.teller.clock };
  }

  private setTime({ now, packets }: CaptureClock, segments: number): void {
    this.now.clock = now;
    this.now.packets = packets;
    this.now.segments = segments;
  }

  /** What a segment says of how far the streams are. */
  private takeNumbers(from: ConnectionEnd, segment: Segment): void {
    const { sequence, acknowledgement, syn, ack } = segment;
    const stream = this.streams[from];
    const peer = this.streams[otherEnd(from)];
    stream.seen = true;
    if (syn) stream.begin((sequence + 1) >>> 0);
    else if (stream.beginning === 'unknown') stream.guessBeginning(sequence, this.arrival());
    if (ack) {
      if (syn) peer.begin(acknowledgement);
      else if (peer.beginning === 'unknown') peer.guessBeginning(acknowledgement, this.arrival());
      peer.acknowledge(peer.positionOf(acknowledgement));
    }
    if (!segment.fin) return;
    const position = positionIn(stream, segment) + segment.payload.length + segment.missing;
    const answersTo = ack ? peer.positionOf(acknowledgement) : 0;
    stream.endsWith({ position, at: segment.at, answersTo, since: this.arrival() });
  }

  private takePayload(from: ConnectionEnd, segment: Segment): void {
    this.spoke = true;
    const stream = this.streams[from];
    const peer = this.streams[otherEnd(from)];
    const position = positionIn(stream, segment);
    const answersTo = segment.ack ? peer.positionOf(segment.acknowledgement) : 0;
    const inOrder = stream.beginning === 'known' && stream.waiting.size === 0 && stream.finPosition === null;
    if (inOrder && position === stream.next && answersTo <= peer.next && !segment.missing) {
      this.teller.tell(from, segment.payload, segment.at);
      return;
    }
    const told = stream.beginning === 'known' ? Math.max(0, stream.next - position) : 0;
    if (told > 0) this.compare(from, position, segment.payload.subarray(0, told), segment.at);
    const since = this.arrival();
    const end = Math.min(position + segment.payload.length, stream.finPosition ?? Number.POSITIVE_INFINITY);
    const bytes = segment.payload.subarray(told, Math.max(told, end - position));
    const piece = { position: position + told, length: bytes.length, bytes, answersTo, at: segment.at, since };
    this.keep(from, piece);
    this.keep(from, missingBehind(piece, position, segment));
  }

  private keep(from: ConnectionEnd, piece: WaitingPiece): void {
    if (piece.length <= 0) return;
    const stream = this.streams[from];
    stream.reaches(piece.position + piece.length);
    this.teller.conflict(from, stream.waiting.keep(piece), piece.at);
  }

  /** A probe that keeps the connection alive repeats the last number, with a byte that means nothing (RFC 9293 section 3.8.4). */
  private compare(from: ConnectionEnd, position: number, told: Buffer, at: number): void {
    const stream = this.streams[from];
    if (told.length === 1 && position === stream.next - 1) return;
    this.teller.conflict(from, stream.differing(position, told), at);
  }

  private takeReset(from: ConnectionEnd, segment: Segment): void {
    const stream = this.streams[from];
    // One that refuses a connection has no number of its own (RFC 9293 section 3.5.2).
    const position = stream.beginning === 'unknown' ? stream.next : stream.positionOf(segment.sequence);
    if (Math.abs(position - stream.next) > MAX_WINDOW_BYTES) return;
    this.pendingReset ??= { from, position, at: segment.at, since: this.arrival(), told: false };
  }

  /** Nothing more will come: what waits is told, and what the peers had beyond that is lost. */
  private finish(): void {
    for (const from of ENDS) {
      if (this.streams[otherEnd(from)].seen) this.streams[from].forgetForged();
      this.streams[from].settleBeginning();
    }
    this.releaseAll();
    this.teller.loseEnds();
    while (this.teller.tellFins((from) => isFinDue(this.streams, from, this.now))) {}
    this.teller.tellFins(() => true);
    for (const from of ENDS) this.streams[from].release();
  }
}

/** Where a segment's payload lies; a SYN takes the number before it. */
function positionIn(stream: TcpStream, { sequence, syn }: Segment): number {
  return stream.positionOf((sequence + (syn ? 1 : 0)) >>> 0);
}

/** The end of a segment that was captured in part. */
function missingBehind(piece: WaitingPiece, start: number, { payload, missing }: Segment): WaitingPiece {
  const position = Math.max(start + payload.length, piece.position);
  return { ...piece, position, length: start + payload.length + missing - position, bytes: null };
}
