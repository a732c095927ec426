// One TCP connection of a capture: takes its segments as they were captured, tells its events in an order that the peers may have seen. A
// segment waits for the bytes before it, and for those of the other direction that it answers to; what never comes is given up as lost.
import type { Endpoint } from '../../protocol/endpoint.js';
import type { CapturedConnection, ConnectionEnd, ConnectionEvent } from '../connection-event.js';
import { ENDS, otherEnd } from './connection-end.js';
import type { RecentBudget } from './recent-bytes.js';
import type { Segment } from './segment.js';
import { TcpStream, type WaitingPiece } from './tcp-stream.js';

/** Segments that come this close together may overtake each other on their way into a capture. */
const SETTLE_SEGMENTS = 16;
const SETTLE_MS = 250;
/** A sender sends again what got lost. Longer than that it does not take. */
const RETRANSMISSION_MS = 120_000;
/** The same, where the capture holds one direction only and no acknowledgement tells. */
const ONE_WAY_MS = 1000;
/** What may wait in one direction, costs of keeping it included: more than most receivers' windows let a sender have on its way. */
const MAX_WAITING_COST_BYTES = 16 * 1024 * 1024;

export type CloseReason = Extract<ConnectionEvent, { kind: 'closed' }>['why'];
type Emit = (event: ConnectionEvent) => void;

export class TcpConnection implements CapturedConnection {
  readonly openedAt: number;
  readonly sawHandshake: boolean;
  closed = false;
  lastSeenAt: number;
  private readonly streams: Readonly<Record<ConnectionEnd, TcpStream>>;
  private segments = 0;
  private settledSegments = 0;
  private settledAt: number;

  constructor(
    readonly number: number,
    readonly initiator: Endpoint,
    readonly responder: Endpoint,
    first: Segment,
    budget: RecentBudget,
    private readonly emit: Emit,
  ) {
    this.openedAt = first.at;
    this.lastSeenAt = first.at;
    this.settledAt = first.at;
    this.sawHandshake = first.syn;
    this.streams = { initiator: new TcpStream(budget), responder: new TcpStream(budget) };
    emit({ kind: 'opened', at: first.at, connection: this });
  }

  /** Whether bytes wait for others. */
  get stalled(): boolean {
    return this.streams.initiator.waiting.length + this.streams.responder.waiting.length > 0;
  }

  get waitingCost(): number {
    return this.streams.initiator.waitingCost + this.streams.responder.waitingCost;
  }

  /** Whether a SYN with this number is the beginning of another connection. */
  isOther(from: ConnectionEnd, sequence: number): boolean {
    const stream = this.streams[from];
    if (!stream.begun) return this.closed;
    return stream.startSequence !== (sequence + 1) >>> 0;
  }

  take(from: ConnectionEnd, segment: Segment, clock: number): void {
    this.lastSeenAt = segment.at;
    if (this.closed) return;
    this.segments += 1;
    const stream = this.streams[from];
    const peer = this.streams[otherEnd(from)];
    if (segment.rst) {
      this.reset(from, segment.at);
      return;
    }
    stream.seen = true;
    if (!stream.begun) stream.begin((segment.sequence + (segment.syn ? 1 : 0)) >>> 0);
    if (segment.ack) this.acknowledge(peer, segment.acknowledgement);
    this.takePayload(from, stream, peer, segment);
    this.release(clock);
    this.tellEnds(segment.at);
  }

  /** Tells what has waited long enough at this time of the capture. */
  release(clock: number): void {
    this.settle(clock);
    while (this.deliverNext() || this.giveUp(clock)) {}
  }

  /** Makes room: what waits is told with its holes. */
  giveUpAll(): void {
    while (this.deliverNext() || this.forceNext()) {}
  }

  close(why: CloseReason, at: number): void {
    if (this.closed) return;
    this.giveUpAll();
    for (const from of ENDS) this.tellLostEnd(from, at);
    this.closed = true;
    for (const from of ENDS) this.streams[from].release();
    this.emit({ kind: 'closed', at, connection: this, why });
  }

  private acknowledge(peer: TcpStream, acknowledgement: number): void {
    if (peer.begun) peer.acknowledge(peer.positionOf(acknowledgement));
    else peer.begin(acknowledgement);
  }

  private takePayload(from: ConnectionEnd, stream: TcpStream, peer: TcpStream, segment: Segment): void {
    const length = segment.payload.length + segment.missing;
    let position = stream.positionOf((segment.sequence + (segment.syn ? 1 : 0)) >>> 0);
    if (segment.fin && position + length >= stream.next) stream.finPosition = position + length;
    if (length === 0) return;
    let { payload } = segment;
    if (position < stream.next) {
      const told = stream.next - position;
      this.compare(from, stream, position, payload.subarray(0, told), segment.at);
      if (told >= length) return;
      payload = payload.subarray(told);
      position = stream.next;
    }
    const end = stream.finPosition ?? Number.POSITIVE_INFINITY;
    if (position + payload.length > end) payload = payload.subarray(0, Math.max(0, end - position));
    const answersTo = segment.ack ? peer.positionOf(segment.acknowledgement) : 0;
    if (stream.waiting.length === 0 && position === stream.next && answersTo <= peer.next) {
      if (payload.length > 0) this.tell(from, stream, payload, segment.at);
      if (segment.missing > 0) this.tellLost(from, stream, segment.missing, segment.at);
      return;
    }
    this.keep(from, stream, {
      position,
      length: payload.length,
      bytes: payload,
      answersTo,
      at: segment.at,
      segment: this.segments,
    });
    if (segment.missing > 0) {
      const missing = { position: position + payload.length, length: segment.missing, bytes: null };
      this.keep(from, stream, { ...missing, answersTo, at: segment.at, segment: this.segments });
    }
  }

  private keep(from: ConnectionEnd, stream: TcpStream, piece: WaitingPiece): void {
    const bytes = stream.keep(piece);
    if (bytes > 0) this.emit({ kind: 'conflict', at: piece.at, connection: this, from, bytes });
  }

  /** A probe that keeps the connection alive repeats the last byte's number, with a byte that means nothing (RFC 9293 section 3.8.4). */
  private compare(from: ConnectionEnd, stream: TcpStream, position: number, told: Buffer, at: number): void {
    if (told.length === 1 && position === stream.next - 1) return;
    const bytes = stream.differing(position, told);
    if (bytes > 0) this.emit({ kind: 'conflict', at, connection: this, from, bytes });
  }

  private settle(clock: number): void {
    if (this.segments - this.settledSegments < SETTLE_SEGMENTS && clock - this.settledAt < SETTLE_MS) return;
    this.settledSegments = this.segments;
    this.settledAt = clock;
    for (const from of ENDS) this.streams[from].settle();
  }

  /** Tells the first piece that waits for nothing more, in the order of capture. */
  private deliverNext(): boolean {
    const { initiator, responder } = this.streams;
    const sent = this.ready(initiator, responder);
    const answered = this.ready(responder, initiator);
    if (!sent && !answered) return false;
    const from = sent && (!answered || sent.segment <= answered.segment) ? 'initiator' : 'responder';
    this.tellPiece(from);
    return true;
  }

  private ready(stream: TcpStream, peer: TcpStream): WaitingPiece | null {
    const piece = stream.waiting[0];
    return piece && piece.position <= stream.next && piece.answersTo <= peer.next ? piece : null;
  }

  private tellPiece(from: ConnectionEnd): void {
    const stream = this.streams[from];
    const piece = stream.waiting[0];
    if (!piece) return;
    stream.shift();
    if (piece.bytes) this.tell(from, stream, piece.bytes, piece.at);
    else this.tellLost(from, stream, piece.length, piece.at);
  }

  /** Gives up the first thing that has been waited for long enough. */
  private giveUp(clock: number): boolean {
    for (const from of ENDS) {
      const stream = this.streams[from];
      const piece = stream.waiting[0];
      if (!piece || piece.position <= stream.next) continue;
      if (this.holeIsLost(stream, this.streams[otherEnd(from)], piece, clock)) {
        this.tellHole(from, piece);
        return true;
      }
    }
    for (const from of ENDS) {
      const stream = this.streams[from];
      const piece = stream.waiting[0];
      if (piece && piece.position <= stream.next && this.isOld(piece, clock)) {
        this.tellPiece(from);
        return true;
      }
    }
    return false;
  }

  private holeIsLost(stream: TcpStream, peer: TcpStream, behind: WaitingPiece, clock: number): boolean {
    if (behind.position <= stream.settled || stream.waitingCost > MAX_WAITING_COST_BYTES) return true;
    return clock - behind.at > (peer.seen ? RETRANSMISSION_MS : ONE_WAY_MS);
  }

  private isOld(piece: WaitingPiece, clock: number): boolean {
    return this.segments - piece.segment > SETTLE_SEGMENTS || clock - piece.at > SETTLE_MS;
  }

  private forceNext(): boolean {
    for (const from of ENDS) {
      const stream = this.streams[from];
      const piece = stream.waiting[0];
      if (!piece) continue;
      if (piece.position > stream.next) this.tellHole(from, piece);
      else this.tellPiece(from);
      return true;
    }
    return false;
  }

  /** What is missing before a piece is lost: up to where the other direction answers to it, if that comes first. */
  private tellHole(from: ConnectionEnd, behind: WaitingPiece): void {
    const stream = this.streams[from];
    const answer = this.streams[otherEnd(from)].waiting[0];
    const to = answer && answer.answersTo > stream.next ? Math.min(answer.answersTo, behind.position) : behind.position;
    this.tellLost(from, stream, to - stream.next, behind.at);
  }

  private tellLostEnd(from: ConnectionEnd, at: number): void {
    const stream = this.streams[from];
    const end = stream.finPosition ?? stream.acknowledged;
    if (stream.seen && end > stream.next) this.tellLost(from, stream, end - stream.next, at);
  }

  private tell(from: ConnectionEnd, stream: TcpStream, bytes: Buffer, at: number): void {
    stream.advance(bytes.length, bytes);
    this.emit({ kind: 'bytes', at, connection: this, from, bytes });
  }

  private tellLost(from: ConnectionEnd, stream: TcpStream, bytes: number, at: number): void {
    stream.advance(bytes, null);
    this.emit({ kind: 'lost', at, connection: this, from, bytes });
  }

  private reset(from: ConnectionEnd, at: number): void {
    this.giveUpAll();
    this.emit({ kind: 'ended', at, connection: this, from, how: 'reset' });
    this.close('ended', at);
  }

  private tellEnds(at: number): void {
    for (const from of ENDS) {
      const stream = this.streams[from];
      if (stream.ended || stream.finPosition === null || stream.next < stream.finPosition) continue;
      stream.ended = true;
      this.emit({ kind: 'ended', at, connection: this, from, how: 'fin' });
    }
    if (this.streams.initiator.ended && this.streams.responder.ended) this.close('ended', at);
  }
}
