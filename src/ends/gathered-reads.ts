// What comes through TLS, gathered. It comes in records of 16 KiB at most, several in a row even when nobody reads any more;
// each by itself would cost a buffer, soon garbage, and a write. So what comes while the taker is busy is laid side by side.
import type { Socket } from 'node:net';
import { readsInto } from './read-buffer.js';

/** The longest record's content (RFC 8446 section 5.1). */
const RECORD_BYTES = 16 * 1024;
const BLOCK_BYTES = 256 * 1024;
/** With so many in a block, reading stops. What was received by then still comes. */
const ENOUGH_BYTES = 128 * 1024;

export class GatheredReads {
  private begun = false;
  private filling = Buffer.alloc(0);
  private filled = 0;
  /** What the taker has got last. */
  private taken = Buffer.alloc(0);
  private isTakerBusy = false;
  private onEnd: (() => void) | null = null;

  /** The socket is paused. After the taker said false, its chunk stays good until `resume`. */
  constructor(
    private readonly socket: Socket,
    private readonly take: (chunk: Buffer) => boolean,
  ) {}

  /** Begins to read, or goes on after the taker said false. */
  resume(): void {
    this.isTakerBusy = false;
    if (this.begun) this.hand();
    else this.begin();
    this.socket.resume();
  }

  /** Calls back when the peer has ended, and the taker has got everything. */
  whenEnded(ended: () => void): void {
    this.onEnd = ended;
    if (this.socket.readableEnded) this.tellEnd();
    else this.socket.once('end', () => this.tellEnd());
  }

  private begin(): void {
    this.begun = true;
    // What came before: in one piece, or piece by piece from Node 26 on.
    for (let early = this.socket.read(); Buffer.isBuffer(early); early = this.socket.read()) this.add(early);
    const record = Buffer.allocUnsafeSlow(RECORD_BYTES);
    const callback = (bytes: number) => this.add(record.subarray(0, bytes));
    if (readsInto(this.socket, { buffer: record, callback })) return;
    this.socket.on('data', (chunk: Buffer) => {
      if (!this.add(chunk)) this.socket.pause();
    });
  }

  /** False when that is enough. */
  private add(chunk: Buffer): boolean {
    const needed = this.filled + chunk.length;
    if (needed > this.filling.length) {
      const block = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(4 * this.filling.length, BLOCK_BYTES)));
      this.filling.copy(block, 0, 0, this.filled);
      this.filling = block;
    }
    chunk.copy(this.filling, this.filled);
    this.filled = needed;
    this.hand();
    return this.filled < ENOUGH_BYTES;
  }

  private hand(): void {
    if (this.isTakerBusy || this.filled === 0) return;
    const chunk = this.filling.subarray(0, this.filled);
    [this.filling, this.taken] = [this.taken, this.filling];
    this.filled = 0;
    this.isTakerBusy = !this.take(chunk);
    if (this.socket.readableEnded) this.tellEnd();
  }

  private tellEnd(): void {
    if (this.filled > 0) return;
    this.onEnd?.();
    this.onEnd = null;
  }
}
