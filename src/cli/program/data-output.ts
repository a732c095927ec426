// Stdout, as the place for data: a pipe may be slow, or gone. Traffic is never held up by whoever reads the output, so
// what a slow reader leaves unread is bounded, and beyond that left out and counted.
import { systemErrorCode, systemReason } from '../../protocol/system-errors.js';

/** Files are written to at once. What nobody reads from a pipe or terminal Node keeps in memory: up to this many characters. */
const MAX_PENDING_CHARACTERS = 32 * 1024 * 1024;

/** As much of a writable stream as is used here. */
export interface DataStream {
  readonly writableLength: number;
  write(text: string): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface DataOutputEvents {
  /** Nothing more can be written. `null`: the reader has gone, as `head` does; otherwise why, in words. */
  ended(reason: string | null): void;
  /** Writes are being left out from here on. */
  leavingOut(): void;
  /** So many writes have been left out, and no more. */
  leftOut(count: number): void;
}

export class DataOutput {
  private missing = 0;
  private isEnded = false;

  constructor(
    private readonly stream: DataStream,
    private readonly events: DataOutputEvents,
    private readonly maxPendingCharacters = MAX_PENDING_CHARACTERS,
  ) {
    stream.on('error', (error) => this.end(systemErrorCode(error) === 'EPIPE' ? null : systemReason(error)));
  }

  write(text: string): void {
    if (this.isEnded || text === '') return;
    if (this.stream.writableLength + text.length > this.pendingLimit) {
      if (this.missing === 0) this.events.leavingOut();
      this.missing += 1;
      return;
    }
    this.tellMissing();
    this.stream.write(text);
  }

  /** Nothing more will be written: tells what was left out and not yet told. */
  close(): void {
    this.tellMissing();
  }

  private tellMissing(): void {
    if (this.missing > 0) this.events.leftOut(this.missing);
    this.missing = 0;
  }

  /** Once something was left out, half of the bound has to be free again: no flutter at the brink. */
  private get pendingLimit(): number {
    return this.missing === 0 ? this.maxPendingCharacters : this.maxPendingCharacters / 2;
  }

  private end(reason: string | null): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.events.ended(reason);
  }
}
