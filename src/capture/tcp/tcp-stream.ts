// One direction of a TCP connection: where its bytes stand, and those that wait for others before them. Positions count from the first
// byte on and do not wrap, as sequence numbers do.
import { countDiffering } from './count-differing.js';
import { type RecentBudget, RecentBytes } from './recent-bytes.js';

/** What keeping a piece costs beside its bytes. */
const PIECE_COST_BYTES = 512;

/** Bytes that wait. Null bytes: they are known to be lost. */
export interface WaitingPiece {
  readonly position: number;
  readonly length: number;
  readonly bytes: Buffer | null;
  /** What the other direction had got to when its receiver sent these. */
  readonly answersTo: number;
  /** Capture time. */
  readonly at: number;
  /** Which segment of the connection it came with. */
  readonly segment: number;
}

export class TcpStream {
  /** Whether it is known where the stream begins. */
  begun = false;
  /** Whether any segment of it was captured. */
  seen = false;
  /** Position of the next byte to be told. */
  next = 0;
  /** As far as anything tells that the stream has got. */
  private highest = 0;
  /** The sequence number of its first byte. */
  startSequence = 0;
  /** Up to where the peer says that it has all. */
  acknowledged = 0;
  /** The same as it was some while ago, so that segments which overtook each other on their way into the capture have come since. */
  settled = 0;
  private settling = 0;
  /** Where the stream ends, once that is known. */
  finPosition: number | null = null;
  ended = false;
  /** By position, not overlapping. */
  readonly waiting: WaitingPiece[] = [];
  waitingCost = 0;
  private readonly recent: RecentBytes;

  constructor(budget: RecentBudget) {
    this.recent = new RecentBytes(budget);
  }

  begin(sequence: number): void {
    this.begun = true;
    this.startSequence = sequence;
  }

  /** Of all positions with this sequence number, the one nearest to the highest that is known. */
  positionOf(sequence: number): number {
    return this.highest + ((sequence - this.startSequence - this.highest) | 0);
  }

  acknowledge(position: number): void {
    this.acknowledged = Math.max(this.acknowledged, position);
    this.highest = Math.max(this.highest, position);
  }

  settle(): void {
    this.settled = this.settling;
    this.settling = this.acknowledged;
  }

  /** Goes on behind bytes that were told. */
  advance(length: number, bytes: Buffer | null): void {
    if (bytes) this.recent.add(this.next, bytes);
    this.next += length;
    this.highest = Math.max(this.highest, this.next);
  }

  /** How many of these bytes differ from what was told at their place, as far as that is still known. */
  differing(position: number, bytes: Buffer): number {
    return this.recent.differing(position, bytes);
  }

  /** Keeps a copy of what no waiting piece has yet. Says how many bytes differ from those of waiting pieces. */
  keep(piece: WaitingPiece): number {
    let conflicting = 0;
    const end = piece.position + piece.length;
    this.highest = Math.max(this.highest, end);
    let free = piece.position;
    let index = this.indexBehind(piece.position);
    while (free < end) {
      const other = this.waiting[index];
      const until = Math.min(end, other ? other.position : end);
      if (until > free) {
        this.insert(index, copyOf(piece, free, until));
        index += 1;
      }
      if (!other) break;
      conflicting += differingBytes(other, piece);
      free = Math.max(free, other.position + other.length);
      index += 1;
    }
    return conflicting;
  }

  /** Takes the first waiting piece away. */
  shift(): void {
    const piece = this.waiting.shift();
    if (piece) this.waitingCost -= costOf(piece);
  }

  /** Forgets all that it keeps. */
  release(): void {
    this.waiting.length = 0;
    this.waitingCost = 0;
    this.recent.release();
  }

  private insert(index: number, piece: WaitingPiece): void {
    this.waiting.splice(index, 0, piece);
    this.waitingCost += costOf(piece);
  }

  /** The index of the first piece that ends behind the position. */
  private indexBehind(position: number): number {
    let low = 0;
    let high = this.waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const piece = this.waiting[middle];
      if (piece && piece.position + piece.length <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function costOf(piece: WaitingPiece): number {
  return (piece.bytes?.length ?? 0) + PIECE_COST_BYTES;
}

/** Memory of its own: a view would keep the whole chunk of the file that it came with. */
function copyOf(piece: WaitingPiece, from: number, to: number): WaitingPiece {
  const part = piece.bytes?.subarray(from - piece.position, to - piece.position);
  const bytes = part ? Buffer.allocUnsafeSlow(part.length) : null;
  if (bytes) part?.copy(bytes);
  return { ...piece, position: from, length: to - from, bytes };
}

function differingBytes(first: WaitingPiece, second: WaitingPiece): number {
  const from = Math.max(first.position, second.position);
  const to = Math.min(first.position + first.length, second.position + second.length);
  if (!first.bytes || !second.bytes || to <= from) return 0;
  const one = first.bytes.subarray(from - first.position, to - first.position);
  return countDiffering(one, second.bytes.subarray(from - second.position, to - second.position));
}
