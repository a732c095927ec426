// One direction of a TCP connection: how far it has been told, and how far anything says that it goes. reassembly-rules.ts tells what
// is made of that.
//
// Positions do not wrap, as sequence numbers do. A sequence number stands for many positions, 2^32 apart; the one that is meant is the
// nearest to `highest`, the furthest that anything has named. That is right as long as nothing is further than 2^31 from there, and no
// window is (RFC 7323 section 2.3). What lies further than a window behind all that was acknowledged no peer has sent: where
// acknowledgements were captured, `forgetForged` drops it at the end, so that it makes no hole of gigabytes.
import type { CaptureMoment } from './capture-clock.js';
import { type RecentBudget, RecentBytes } from './recent-bytes.js';
import { WaitingPieces } from './waiting-pieces.js';

/** Where a stream begins: nothing tells, something that was sent later tells how far back it goes at least, or its SYN tells. */
type Beginning = 'unknown' | 'guessed' | 'known';

/** The FIN of a stream. */
interface Fin {
  readonly position: number;
  /** When it was captured. */
  readonly at: number;
  /** How far its sender had the other direction, the FIN of that included. */
  readonly answersTo: number;
  readonly since: CaptureMoment;
}

/** The position of a stream's first byte: a whole turn of the sequence numbers, as what was taken for the first may turn out not to be. */
const FIRST = 2 ** 32;
/** What may have been sent before a SYN that comes late into the capture. */
const MAX_LATE_SYN_BYTES = 1024 * 1024;
/** No window is larger (RFC 7323 section 2.3). */
export const MAX_WINDOW_BYTES = 2 ** 30;

export class TcpStream {
  beginning: Beginning = 'unknown';
  guessedSince: CaptureMoment | null = null;
  /** The sequence number of the position FIRST. */
  private startSequence = 0;
  /** The sequence number of its first byte. */
  private firstSequence = 0;
  /** Whether a segment of it was captured. */
  seen = false;
  /** Position of the next byte to be told. */
  next = FIRST;
  /** Up to where the peer says that it has all. */
  acknowledged = 0;
  /** The same a while ago: segments that overtook each other on their way into the capture have come since. */
  settled = 0;
  private settling = 0;
  /** As far as anything says that it has got. */
  private highest = FIRST;
  /** Where it ends, once that was reported. */
  fin: Fin | null = null;
  /** What its last piece answered to did not come: the next one that waits for such waits less. */
  waitsInVain = false;
  /** Whether its end was told. */
  ended = false;
  readonly waiting = new WaitingPieces();
  private readonly recent: RecentBytes;

  constructor(
    budget: RecentBudget,
    /** When it last got on, by the capture's clock. */
    public progressClock: number,
  ) {
    this.recent = new RecentBytes(budget);
  }

  /** `sequence` is that of its first byte. */
  begin(sequence: number): void {
    if (this.beginning === 'unknown') this.startSequence = sequence;
    else if (this.beginning === 'guessed') this.next = this.positionOf(sequence);
    else return;
    this.beginning = 'known';
    this.firstSequence = sequence;
  }

  /** The same, where something that came at this moment tells of a byte that may not be its first. */
  guessBeginning(sequence: number, since: CaptureMoment): void {
    if (this.beginning !== 'unknown') return;
    this.startSequence = sequence;
    this.firstSequence = sequence;
    this.beginning = 'guessed';
    this.guessedSince = since;
  }

  /** Takes as its beginning what is known of it so far. */
  settleBeginning(): void {
    if (this.beginning === 'guessed') this.beginning = 'known';
    this.next = Math.min(this.next, this.waiting.first?.position ?? this.next);
  }

  /** Whether a SYN with the number before this one is its own. It may come late, as long as the beginning is guessed. */
  beginsWith(sequence: number): boolean {
    if (this.beginning === 'unknown' || sequence === this.firstSequence) return true;
    const position = this.positionOf(sequence);
    return this.beginning === 'guessed' && position < FIRST && position > FIRST - MAX_LATE_SYN_BYTES;
  }

  /** Of all positions with this sequence number, the one nearest to the highest that is known. */
  positionOf(sequence: number): number {
    return this.highest + ((sequence - this.startSequence - this.highest) | 0);
  }

  acknowledge(position: number): void {
    this.acknowledged = Math.max(this.acknowledged, position);
    this.reaches(position);
  }

  get finPosition(): number | null {
    return this.fin?.position ?? null;
  }

  /** A FIN was there. */
  endsWith(fin: Fin): void {
    if (fin.position < this.next) return;
    if (this.fin?.position !== fin.position) this.fin = fin;
    this.reaches(fin.position);
  }

  /** Where the bytes behind a hole begin, or its end, if it is known that there is a hole. */
  get holeEnd(): number | null {
    const known = this.waiting.first?.position ?? this.finPosition;
    return this.beginning === 'known' && known !== null && known > this.next ? known : null;
  }

  get isAtEnd(): boolean {
    return this.beginning === 'known' && this.finPosition !== null && this.next >= this.finPosition;
  }

  /** Whether more of it is known of than was told. */
  get stalled(): boolean {
    return this.waiting.size > 0 || (this.finPosition !== null && !this.ended);
  }

  /**
   * What it had beyond what was told, going by its FIN or by acknowledgements. These count a FIN as a byte, even one that was not captured: a single
   * byte is taken for it, and one of more where the peer has ended too.
   */
  missingAtEnd(peer: TcpStream): number {
    if (this.finPosition !== null) return this.finPosition - this.next;
    const missing = this.acknowledged - this.next;
    return missing === 1 || peer.finPosition !== null ? missing - 1 : missing;
  }

  /** Forgets what no peer would have sent: what is beyond all windows. */
  forgetForged(): void {
    const limit = Math.max(this.acknowledged, this.next) + MAX_WINDOW_BYTES;
    this.waiting.dropFrom(limit);
    if (this.fin !== null && this.fin.position > limit) this.fin = null;
  }

  reaches(position: number): void {
    this.highest = Math.max(this.highest, position);
  }

  settle(): void {
    this.settled = this.settling;
    this.settling = this.acknowledged;
  }

  /** Goes on behind bytes that were told, or are lost. */
  advance(length: number, bytes: Buffer | null, clock: number): void {
    if (bytes) this.recent.add(this.next, bytes);
    this.next += length;
    this.reaches(this.next);
    this.progressClock = clock;
  }

  /** How many of these bytes differ from what was told at their place, as far as that is still known. */
  differing(position: number, bytes: Buffer): number {
    return this.recent.differing(position, bytes);
  }

  /** Forgets all bytes that it keeps. */
  release(): void {
    this.waiting.clear();
    this.recent.release();
  }
}
