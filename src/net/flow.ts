// Carries a transfer's bytes from one data leg to the other, with backpressure: the source is read no faster than the
// receiver takes. The portable flow; it copies through this process.
import { brokenBy, type DataEnd } from '../dialogue/link-life.js';
import type { Side } from '../dialogue/observation.js';
import type { PayloadSink } from '../dialogue/payload-sink.js';
import type { DataLeg } from '../ends/data-leg.js';
import { tlsReason } from '../ends/tls/handshake-facts.js';
import type { Direction } from '../protocol/verbs.js';

/** One of these is called, once. */
export interface FlowEnds {
  dataEnded(end: DataEnd): void;
  /** A chunk could not be saved. */
  payloadFailed(error: unknown): void;
}

export class Flow {
  /** Bytes read from the source and handed to the receiver. */
  bytes = 0;
  private ended = false;
  private waitsForReceiver = false;
  private readonly from: Side;
  private readonly to: Side;

  constructor(
    private readonly legs: Readonly<Record<Side, DataLeg>>,
    direction: Direction,
    private readonly payload: PayloadSink | null,
    private readonly ends: FlowEnds,
  ) {
    this.from = direction === 'download' ? 'server' : 'client';
    this.to = direction === 'download' ? 'client' : 'server';
  }

  /** The receiver has ended its side, and nothing is on its way to it. */
  get receiverEnded(): boolean {
    const { socket } = this.receiver;
    return socket.readableEnded && socket.writableLength === 0;
  }

  private get source(): DataLeg {
    return this.legs[this.from];
  }

  private get receiver(): DataLeg {
    return this.legs[this.to];
  }

  start(): void {
    const { source, receiver, payload } = this;
    source.socket.once('error', (error) => this.broke(this.from, error));
    source.socket.once('close', () => this.sourceClosed());
    receiver.socket.once('finish', this.drained);
    receiver.socket.once('error', (error) => this.broke(this.to, error));
    receiver.socket.once('close', () => this.receiverClosed());
    // Nothing is to come from the receiver but its reset, which only a reader learns of before the next write.
    receiver.discard();
    source.read(payload === null ? this.hand : (chunk) => this.keepAndHand(chunk, payload));
    // TLS is read from its handshake on: what happened to a leg before now is not told again.
    source.whenEnded(() => this.sourceEnded());
    if (source.socket.closed) this.sourceClosed();
    if (receiver.socket.closed) this.receiverClosed();
  }

  private sourceEnded(): void {
    const { source, receiver } = this;
    // Node reports a reset as an end when bytes were unread. The receiver must not take a part for the whole.
    if (source.wasReset) this.broke(this.from, new Error('reset by the peer'));
    else if (source.endedAbruptly()) receiver.cutOff(this.drained);
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
      (error: unknown) => {
        if (this.isOver()) return;
        this.ends.payloadFailed(error);
      },
    );
    return false;
  }

  private sourceClosed(): void {
    if (!this.source.socket.readableEnded) this.brokeOff(this.from);
  }

  private receiverClosed(): void {
    if (!this.receiver.socket.writableFinished) this.brokeOff(this.to);
  }

  private brokeOff(side: Side): void {
    this.broke(side, this.legs[side].socket.errored ?? new Error('closed before the transfer was done'));
  }

  private broke(side: Side, error: unknown): void {
    this.end(brokenBy(side, `data connection to the ${side}: ${tlsReason(error)}`));
  }

  private end(end: DataEnd): void {
    if (!this.isOver()) this.ends.dataEnded(end);
  }

  /** The first end counts. */
  private isOver(): boolean {
    const { ended } = this;
    this.ended = true;
    return ended;
  }
}
