// Bytes of a stream that came before others in front of them: kept by position, each byte once. Where two segments tell of the same byte, the
// first is believed.
import type { CaptureMoment } from './capture-clock.js';
import { countDiffering } from './recent-bytes.js';

/** What keeping a piece costs beside its bytes, roughly. */
const PIECE_COST_BYTES = 1024;

export interface WaitingPiece {
  readonly position: number;
  readonly length: number;
  /** Null: they are known to be lost. */
  readonly bytes: Buffer | null;
  /** How far the sender had the other direction's bytes when it sent these. */
  readonly answersTo: number;
  /** When the bytes were captured. */
  readonly at: number;
  /** When it came, and so how long it has waited. */
  readonly since: CaptureMoment;
}

export class WaitingPieces {
  /** Not overlapping. Those before `head` are gone already. */
  private pieces: WaitingPiece[] = [];
  private head = 0;
  /** Bytes of memory, roughly. */
  cost = 0;

  get first(): WaitingPiece | undefined {
    return this.pieces[this.head];
  }

  get size(): number {
    return this.pieces.length - this.head;
  }

  shift(): void {
    const { first } = this;
    if (!first) return;
    this.cost -= costOf(first);
    this.head += 1;
    if (this.head * 2 < this.pieces.length) return;
    this.pieces.splice(0, this.head);
    this.head = 0;
  }

  /** Drops the pieces that begin at this position or behind it. */
  dropFrom(position: number): void {
    for (let last = this.pieces.at(-1); this.size > 0 && last && last.position >= position; last = this.pieces.at(-1)) {
      this.pieces.pop();
      this.cost -= costOf(last);
    }
  }

  clear(): void {
    this.pieces = [];
    this.head = 0;
    this.cost = 0;
  }

  /** Keeps a copy of what no piece has yet. Says how many bytes differ from those that were there. */
  keep(piece: WaitingPiece): number {
    const end = piece.position + piece.length;
    let conflicting = 0;
    let free = piece.position;
    for (let index = this.indexBehind(piece.position); free < end; index += 1) {
      const other = this.pieces[index];
      const until = Math.min(end, other ? other.position : end);
      if (until > free) {
        this.insert(index, partOf(piece, free, until));
        index += 1;
      }
      if (!other) break;
      conflicting += differing(other, piece);
      free = Math.max(free, other.position + other.length);
    }
    return conflicting;
  }

  private insert(index: number, piece: WaitingPiece): void {
    this.pieces.splice(index, 0, piece);
    this.cost += costOf(piece);
  }

  /** The index of the first piece that ends behind the position. */
  private indexBehind(position: number): number {
    let low = this.head;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const piece = this.pieces[middle];
      if (piece && piece.position + piece.length <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function costOf(piece: WaitingPiece): number {
  return (piece.bytes?.length ?? 0) + PIECE_COST_BYTES;
}

/** In memory of its own: a view would keep the whole chunk of the file that it came with. */
function partOf(piece: WaitingPiece, from: number, to: number): WaitingPiece {
  const part = piece.bytes?.subarray(from - piece.position, to - piece.position);
  const bytes = part ? Buffer.allocUnsafeSlow(part.length) : null;
  if (bytes) part?.copy(bytes);
  return { ...piece, position: from, length: to - from, bytes };
}

function differing(one: WaitingPiece, other: WaitingPiece): number {
  const from = Math.max(one.position, other.position);
  const to = Math.min(one.position + one.length, other.position + other.length);
  if (!one.bytes || !other.bytes || to <= from) return 0;
  return countDiffering(
    one.bytes.subarray(from - one.position, to - one.position),
    other.bytes.subarray(from - other.position, to - other.position),
  );
}
