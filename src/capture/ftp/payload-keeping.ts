// Brings a transfer's payload into the store while the capture is read. What is being written is awaited before more of the
// capture is read, as the bytes of an event do not last longer; what has to wait for its transfer is copied.
import type { PayloadSink, PayloadStore, TransferName } from '../../dialogue/payload-sink.js';

/** What flows before its transfer command is known (captures from two sides may be out of order) waits for it, up to here. */
const MAX_WAITING_BYTES = 256 * 1024;

/** What is being written by all transfers of a capture. */
export class PendingWrites {
  private writes: Promise<unknown>[] = [];

  constructor(readonly store: PayloadStore) {}

  add(write: Promise<unknown>): void {
    // Whoever settles them hears of the fault; until then it must not count as one that nobody hears of.
    write.catch(() => {});
    this.writes.push(write);
  }

  /** Resolves when everything is kept; rejects when something could not be. */
  async settle(): Promise<void> {
    // A file that was made meanwhile brings writes of its own.
    while (this.writes.length > 0) {
      const { writes } = this;
      this.writes = [];
      await Promise.all(writes);
    }
  }
}

export class PayloadKeeping {
  private sink: PayloadSink | null = null;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  /** Half a payload is none: what did not wait is not kept. */
  private incomplete = false;

  constructor(private readonly pending: PendingWrites) {}

  /** The payload's file; null until the transfer is known. */
  get file(): string | null {
    return this.sink?.soFar.file ?? null;
  }

  /** Whether its file is still to be made. */
  get unopened(): boolean {
    return this.sink === null && !this.incomplete;
  }

  /** Rejects when the payload's file cannot be made. */
  async open(transfer: TransferName): Promise<void> {
    this.sink = await this.pending.store.open(transfer);
    for (const bytes of this.waiting.splice(0)) this.write(bytes);
  }

  /** The same behind the last byte: nothing more is taken. */
  keepWhatWaited(transfer: TransferName): void {
    this.pending.add(this.open(transfer).then(() => this.finish()));
  }

  take(bytes: Buffer): void {
    if (this.sink !== null) return this.write(bytes);
    if (this.incomplete || this.waitingBytes + bytes.length > MAX_WAITING_BYTES) return this.giveUp();
    this.waiting.push(Buffer.from(bytes));
    this.waitingBytes += bytes.length;
  }

  /** The same for bytes that are in memory already, and last. */
  takeHeld(bytes: Buffer): void {
    if (!this.incomplete) this.waiting.push(bytes);
  }

  /** Some of the bytes are gone, and so nothing is kept. */
  get isIncomplete(): boolean {
    return this.incomplete;
  }

  /** Some of the bytes are gone already. */
  giveUp(): void {
    if (this.sink !== null) return;
    this.incomplete = true;
    this.waiting = [];
  }

  finish(): void {
    if (this.sink !== null) this.pending.add(this.sink.finish());
  }

  private write(bytes: Buffer): void {
    if (this.sink !== null) this.pending.add(this.sink.write(bytes));
  }
}
