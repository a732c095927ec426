// Makes events of what becomes of a connection's streams, and keeps the streams at where they were told to.
import {
  type CapturedConnection,
  type ConnectionEnd,
  type ConnectionEvent,
  ENDS,
  otherEnd,
} from '../connection-event.js';
import type { ReassemblyStep, Streams } from './reassembly-rules.js';

export type Emit = (event: ConnectionEvent) => void;

export class StreamTeller {
  constructor(
    private readonly connection: CapturedConnection,
    private readonly streams: Streams,
    private readonly emit: Emit,
    /** When the last segment was captured. */
    public lastAt: number,
    /** The same by the capture's clock. */
    public clock: number,
  ) {}

  /** Takes the step; false when there is none. */
  take(step: ReassemblyStep | null): boolean {
    if (!step) return false;
    const { from, does } = step;
    if (does === 'begin') this.streams[from].settleBeginning();
    else if (does === 'lose') this.loseHole(from);
    else this.tellWaiting(from);
    return true;
  }

  tell(from: ConnectionEnd, bytes: Buffer, at: number): void {
    this.streams[otherEnd(from)].waitsInVain = false;
    this.streams[from].advance(bytes.length, bytes, this.clock);
    this.emit({ kind: 'bytes', at, connection: this.connection, from, bytes });
  }

  conflict(from: ConnectionEnd, bytes: number, at: number): void {
    if (bytes > 0) this.emit({ kind: 'conflict', at, connection: this.connection, from, bytes });
  }

  /** Tells of the streams that have come to their end, where that is due. Says whether there were any. */
  tellFins(isDue: (from: ConnectionEnd) => boolean): boolean {
    let told = false;
    for (const from of ENDS) {
      const stream = this.streams[from];
      if (stream.ended || stream.fin === null || !stream.isAtEnd || !isDue(from)) continue;
      stream.ended = true;
      told = true;
      this.emit({ kind: 'ended', at: stream.fin.at, connection: this.connection, from, how: 'fin' });
    }
    return told;
  }

  /** Nothing more will come: what the peers had beyond what was told is lost. */
  loseEnds(): void {
    for (const from of ENDS) {
      this.lose(from, this.streams[from].missingAtEnd(this.streams[otherEnd(from)]), this.lastAt);
    }
  }

  private tellWaiting(from: ConnectionEnd): void {
    const { waiting, next } = this.streams[from];
    const piece = waiting.first;
    if (!piece) return;
    waiting.shift();
    if (piece.answersTo > this.streams[otherEnd(from)].next) this.streams[from].waitsInVain = true;
    const told = Math.max(0, next - piece.position);
    if (told >= piece.length) return;
    if (piece.bytes) this.tell(from, piece.bytes.subarray(told), piece.at);
    else this.lose(from, piece.length - told, piece.at);
  }

  /** What is missing before the first waiting piece is lost: first of all up to where the other direction answers to it. */
  private loseHole(from: ConnectionEnd): void {
    const { next, holeEnd, waiting } = this.streams[from];
    const end = holeEnd ?? next;
    const answer = this.streams[otherEnd(from)].waiting.first;
    const behind = waiting.first?.at ?? this.lastAt;
    // The answer, or what follows, whatever was there first, shows when they were gone.
    if (answer === undefined || answer.answersTo <= next) return this.lose(from, end - next, behind);
    this.lose(from, Math.min(answer.answersTo, end) - next, Math.min(answer.at, behind));
  }

  private lose(from: ConnectionEnd, bytes: number, at: number): void {
    if (bytes <= 0) return;
    this.streams[from].advance(bytes, null, this.clock);
    this.emit({ kind: 'lost', at, connection: this.connection, from, bytes });
  }
}
