// Carries a transfer's bytes from one data leg to the other, with backpressure: the source is read no faster than the
// receiver takes. The portable flow; it copies through this process.
import type { PayloadSink } from '../dialogue/payload-sink.js';
import type { DataLeg } from '../ends/data-leg.js';

/**
 * How a flow ended: every byte and the end handed on (where that came without TLS's close_notify, so as it came), or one of
 * the parties failed.
 */
export type FlowResult =
  | { readonly kind: 'drained'; readonly truncated?: true }
  | { readonly kind: 'broken'; readonly by: 'source' | 'receiver' | 'payload'; readonly error: unknown };

export class Flow {
  /** Bytes read from the source and handed to the receiver. */
  bytes = 0;
  private ended = false;
  private waitsForReceiver = false;

  constructor(
    private readonly source: DataLeg,
    private readonly receiver: DataLeg,
    private readonly payload: PayloadSink | null,
    private readonly onEnd: (result: FlowResult) => void,
  ) {}

  start(): void {
    const { source, receiver, payload } = this;
    source.socket.once('error', (error) => this.end({ kind: 'broken', by: 'source', error }));
    source.socket.once('close', () => this.closed('source'));
    receiver.socket.once('finish', this.drained);
    receiver.socket.once('error', (error) => this.end({ kind: 'broken', by: 'receiver', error }));
    receiver.socket.once('close', () => this.closed('receiver'));
    // Nothing is to come from the receiver but its reset, which only a reader learns of before the next write.
    receiver.discard();
    source.read(payload === null ? this.hand : (chunk) => this.keepAndHand(chunk, payload));
    // TLS is read from its handshake on: what happened to a leg before now is not told again.
    source.whenEnded(() => this.sourceEnded());
    if (source.socket.closed) this.closed('source');
    if (receiver.socket.closed) this.closed('receiver');
  }

  private sourceEnded(): void {
    const { source, receiver } = this;
    if (source.endedAbruptly()) receiver.cutOff(this.drained);
    else receiver.socket.end();
  }

  private readonly drained = (): void => {
    this.end({ kind: 'drained', ...(this.source.endedAbruptly() ? { truncated: true } : {}) });
  };

  /** True when there is room for more: for memory that is read into again, when the receiver took the chunk whole at once. */
  private readonly hand = (chunk: Buffer): boolean => {
    this.bytes += chunk.length;
    const hasRoom = this.receiver.socket.write(chunk, this.received);
    this.waitsForReceiver = this.source.reusesMemory ? this.receiver.socket.writableLength > 0 : !hasRoom;
    return !this.waitsForReceiver;
  };

  private readonly received = (): void => {
    if (!this.waitsForReceiver || this.ended || this.receiver.socket.writableNeedDrain) return;
    this.waitsForReceiver = false;
    this.source.resume();
  };

  /** The file and the receiver both have to be done with the chunk before the next is read. */
  private keepAndHand(chunk: Buffer, payload: PayloadSink): boolean {
    this.bytes += chunk.length;
    const received = new Promise<void>((resolve) => this.receiver.socket.write(chunk, () => resolve()));
    Promise.all([payload.write(chunk), received]).then(
      () => this.source.resume(),
      (error: unknown) => this.end({ kind: 'broken', by: 'payload', error }),
    );
    return false;
  }

  private closed(by: 'source' | 'receiver'): void {
    const { socket } = this[by];
    const whole = by === 'source' ? socket.readableEnded : socket.writableFinished;
    if (!whole)
      this.end({ kind: 'broken', by, error: socket.errored ?? new Error('closed before the transfer was done') });
  }

  private end(result: FlowResult): void {
    if (this.ended) return;
    this.ended = true;
    this.onEnd(result);
  }
}
