// One TCP connection of a capture: takes its segments as they were captured, and tells its events in an order in which the peers may have seen
// them. A segment waits for the bytes before it, and for those of the other direction that it answers to.
import type { Endpoint } from '../../protocol/endpoint.js';
import type { CapturedConnection, ConnectionEnd, ConnectionEvent } from '../connection-event.js';
import { ENDS, otherEnd } from './connection-end.js';
import { dueStep, forcedStep, isSettled, type Step, type Streams } from './patience.js';
import type { RecentBudget } from './recent-bytes.js';
import type { Segment } from './segment.js';
import { MAX_WINDOW_BYTES, TcpStream } from './tcp-stream.js';
import type { Moment, WaitingPiece } from './waiting-pieces.js';

export type CloseReason = Extract<ConnectionEvent, { kind: 'closed' }>['why'];
type Emit = (event: ConnectionEvent) => void;

/** A RST that came ahead of bytes that should be before it. */
interface EarlyReset {
  readonly from: ConnectionEnd;
  readonly position: number;
  readonly at: number;
  readonly since: Moment;
}

export class TcpConnection implements CapturedConnection {
  readonly openedAt: number;
  readonly sawHandshake: boolean;
  closed = false;
  /** Whether any of its bytes were captured. */
  spoke = false;
  private lastAt: number;
  private readonly streams: Streams;
  private readonly now: { clock: number; segments: number };
  private settledSince: Moment;
  private earlyReset: EarlyReset | null = null;

  constructor(
    readonly number: number,
    readonly initiator: Endpoint,
    readonly responder: Endpoint,
    first: Segment,
    clock: number,
    budget: RecentBudget,
    private readonly emit: Emit,
  ) {
    this.openedAt = first.at;
    this.lastAt = first.at;
    this.now = { clock, segments: 0 };
    this.settledSince = { ...this.now };
    this.sawHandshake = first.syn;
    this.streams = { initiator: new TcpStream(budget), responder: new TcpStream(budget) };
    emit({ kind: 'opened', at: first.at, connection: this });
  }

  /** Whether something waits for bytes that are missing. */
  get stalled(): boolean {
    return this.streams.initiator.waiting.size + this.streams.responder.waiting.size > 0 || this.earlyReset !== null;
  }

  /** Bytes of memory, roughly, that what waits takes. */
  get waitingCost(): number {
    return this.streams.initiator.waiting.cost + this.streams.responder.waiting.cost;
  }

  /** Whether a SYN shows that the two endpoints have begun another connection. One that was refused may be tried again with the same number. */
  isSucceededBy(from: ConnectionEnd, { sequence, ack }: Segment): boolean {
    const refused = this.closed && !this.spoke && !ack;
    return refused || !this.streams[from].beginsWith((sequence + 1) >>> 0);
  }

  take(from: ConnectionEnd, segment: Segment, clock: number): void {
    if (this.closed) return;
    this.lastAt = segment.at;
    this.now.segments += 1;
    if (segment.rst) this.takeReset(from, segment);
    else {
      this.takeNumbers(from, segment);
      if (segment.payload.length + segment.missing > 0) this.takePayload(from, segment);
    }
    this.release(clock);
  }

  /** Tells what is due at this time of the capture. */
  release(clock: number): void {
    const { now, earlyReset } = this;
    now.clock = clock;
    if (isSettled(this.settledSince, now)) {
      this.settledSince = { ...now };
      for (const from of ENDS) this.streams[from].settle();
    }
    while (this.stalled && this.go(dueStep(this.streams, now))) {}
    this.tellEnds();
    if (!earlyReset || this.closed) return;
    const { from, position, since } = earlyReset;
    if (this.streams[from].next >= position || isSettled(since, now)) this.reset(from, earlyReset.at);
  }

  /** Tells all that waits, with its holes. */
  releaseAll(): void {
    while (this.go(forcedStep(this.streams))) {}
  }

  close(why: CloseReason): void {
    if (this.closed) return;
    this.finish();
    this.closed = true;
    this.earlyReset = null;
    for (const from of ENDS) this.streams[from].release();
    this.emit({ kind: 'closed', at: this.lastAt, connection: this, why });
  }

  /** What a segment says of how far the streams are. */
  private takeNumbers(from: ConnectionEnd, segment: Segment): void {
    const { sequence, acknowledgement, syn, ack } = segment;
    const stream = this.streams[from];
    const peer = this.streams[otherEnd(from)];
    stream.seen = true;
    if (syn) stream.begin((sequence + 1) >>> 0, 'known');
    else if (stream.beginning === 'unknown') stream.begin(sequence, 'guessed');
    if (segment.fin) stream.endsAt(positionIn(stream, segment) + segment.payload.length + segment.missing);
    if (!ack) return;
    if (peer.beginning === 'unknown') peer.begin(acknowledgement, syn ? 'known' : 'guessed');
    peer.acknowledge(peer.positionOf(acknowledgement));
  }

  private takePayload(from: ConnectionEnd, segment: Segment): void {
    this.spoke = true;
    const stream = this.streams[from];
    const peer = this.streams[otherEnd(from)];
    const position = positionIn(stream, segment);
    const answersTo = segment.ack ? peer.positionOf(segment.acknowledgement) : 0;
    const inOrder = stream.waiting.size === 0 && stream.beginning === 'known';
    if (
      inOrder &&
      position === stream.next &&
      answersTo <= peer.next &&
      !segment.missing &&
      stream.finPosition === null
    ) {
      this.tell(from, segment.payload, segment.at);
      return;
    }
    const told = stream.beginning === 'known' ? Math.max(0, stream.next - position) : 0;
    if (told > 0) this.compare(from, position, segment.payload.subarray(0, told), segment.at);
    const since = { ...this.now };
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
    const bytes = stream.waiting.keep(piece);
    if (bytes > 0) this.emit({ kind: 'conflict', at: piece.at, connection: this, from, bytes });
  }

  /** A probe that keeps the connection alive repeats the last number, with a byte that means nothing (RFC 9293 section 3.8.4). */
  private compare(from: ConnectionEnd, position: number, told: Buffer, at: number): void {
    const stream = this.streams[from];
    if (told.length === 1 && position === stream.next - 1) return;
    const bytes = stream.differing(position, told);
    if (bytes > 0) this.emit({ kind: 'conflict', at, connection: this, from, bytes });
  }

  private go(step: Step | null): boolean {
    if (!step) return false;
    const { from, does } = step;
    const stream = this.streams[from];
    const piece = stream.waiting.first;
    if (!piece) return false;
    if (does === 'begin') stream.settleBeginning();
    else if (does === 'lose') this.tellHole(from, piece);
    else {
      stream.waiting.shift();
      const told = Math.max(0, stream.next - piece.position);
      if (told >= piece.length) return true;
      if (piece.bytes) this.tell(from, piece.bytes.subarray(told), piece.at);
      else this.tellLost(from, piece.length - told, piece.at);
    }
    return true;
  }

  /** What is missing before a piece is lost: first of all up to where the other direction answers to it. */
  private tellHole(from: ConnectionEnd, behind: WaitingPiece): void {
    const { next } = this.streams[from];
    const answer = this.streams[otherEnd(from)].waiting.first?.answersTo ?? next;
    const to = answer > next ? Math.min(answer, behind.position) : behind.position;
    this.tellLost(from, to - next, behind.at);
  }

  private tell(from: ConnectionEnd, bytes: Buffer, at: number): void {
    this.streams[from].advance(bytes.length, bytes, this.now.clock);
    this.emit({ kind: 'bytes', at, connection: this, from, bytes });
  }

  private tellLost(from: ConnectionEnd, bytes: number, at: number): void {
    this.streams[from].advance(bytes, null, this.now.clock);
    this.emit({ kind: 'lost', at, connection: this, from, bytes });
  }

  private takeReset(from: ConnectionEnd, segment: Segment): void {
    const stream = this.streams[from];
    if (stream.beginning === 'unknown') {
      this.reset(from, segment.at);
      return;
    }
    const position = stream.positionOf(segment.sequence);
    if (Math.abs(position - stream.next) > MAX_WINDOW_BYTES) return;
    this.earlyReset ??= { from, position, at: segment.at, since: { ...this.now } };
  }

  private reset(from: ConnectionEnd, at: number): void {
    this.finish();
    this.emit({ kind: 'ended', at, connection: this, from, how: 'reset' });
    this.close('ended');
  }

  private tellEnds(): void {
    for (const from of ENDS) {
      const stream = this.streams[from];
      if (stream.ended || stream.finPosition === null || stream.next < stream.finPosition) continue;
      stream.ended = true;
      this.emit({ kind: 'ended', at: this.lastAt, connection: this, from, how: 'fin' });
    }
    if (this.streams.initiator.ended && this.streams.responder.ended) this.close('ended');
  }

  /** Nothing more will come: what waits is told, and what the peers had beyond that is lost. */
  private finish(): void {
    for (const from of ENDS) if (this.streams[otherEnd(from)].seen) this.streams[from].forgetForged();
    this.releaseAll();
    for (const from of ENDS) {
      const missing = this.streams[from].missingAtEnd;
      if (missing > 0) this.tellLost(from, missing, this.lastAt);
    }
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
