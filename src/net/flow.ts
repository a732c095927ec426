// Carries a transfer's bytes from one data leg to the other, with backpressure: the source is read no faster than the
// receiver takes. The portable flow; it copies through this process.
import type { ContentFacts } from '../dialogue/content-facts.js';
import { ContentProbe } from '../dialogue/content-probe.js';
import { brokenBy, type DataEnd } from '../dialogue/link-life.js';
import type { Side } from '../dialogue/observation.js';
import type { PayloadSink } from '../dialogue/payload-sink.js';
import type { DataLeg } from '../ends/data-leg.js';
import { brokenTlsReason } from '../ends/tls/handshake-facts.js';
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
  /** Asked no more once it has seen enough. */
  private probe: ContentProbe | null = null;
  private probes = true;
  private ended = false;
  /** A chunk is on its way to the file. */
  private keeping = false;
  private waitsForReceiver = false;
  /** What makes it hear no more of the legs' sockets. */
  private readonly heard: (() => void)[] = [];
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
    return this.receiver.socket.readableEnded && this.delivered;
  }

  /** Nothing is on its way to the receiver, nor to the file. */
  get delivered(): boolean {
    return this.receiver.socket.writableLength === 0 && !this.keeping;
  }

  /** What its first bytes are. */
  get content(): ContentFacts | null {
    return this.probe?.facts(this.ended) ?? null;
  }

  /** Its end has been reported. */
  get over(): boolean {
    return this.ended;
  }

  private get source(): DataLeg {
    return this.legs[this.from];
  }

  private get receiver(): DataLeg {
    return this.legs[this.to];
  }

  /** `verb` is that of the transfer. */
  start(verb: string): void {
    this.probe = new ContentProbe(verb);
    const { source, receiver, payload } = this;
    this.when(source, 'error', (error) => this.broke(this.from, error));
    this.when(source, 'close', () => this.sourceClosed());
    this.when(receiver, 'finish', this.drained);
    this.when(receiver, 'error', (error) => this.broke(this.to, error));
    this.when(receiver, 'close', () => this.receiverClosed());
    // Nothing is to come from the receiver but its reset, which only a reader learns of before the next write.
    receiver.discard();
    source.read(payload === null ? this.hand : (chunk) => this.keepAndHand(chunk, payload));
    // TLS is read from its handshake on: what happened to a leg before now is not told again.
    source.whenEnded(() => this.sourceEnded());
    if (source.socket.closed) this.sourceClosed();
    if (receiver.socket.closed) this.receiverClosed();
  }

  /** Takes and tells nothing more: nobody wants it. */
  stop(): void {
    this.ended = true;
  }

  /** The transfer is over, the legs are not. What comes late of it goes on, and counts no more, until another reads the source. */
  leave(): void {
    this.end({ kind: 'kept' });
    for (const forget of this.heard.splice(0)) forget();
    this.receiver.hold();
    this.source.read(this.handLate);
  }

  private readonly handLate = (chunk: Buffer): boolean => {
    const hasRoom = this.receiver.socket.write(Buffer.from(chunk));
    if (!hasRoom) this.receiver.socket.once('drain', () => this.source.resume());
    return hasRoom;
  };

  private when({ socket }: DataLeg, event: string, happened: (error: unknown) => void): void {
    socket.once(event, happened);
    this.heard.push(() => socket.off(event, happened));
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
    if (this.ended) return true;
    this.bytes += chunk.length;
    this.look(chunk);
    const hasRoom = this.receiver.socket.write(chunk, this.received);
    this.waitsForReceiver = this.source.reusesMemory ? this.receiver.socket.writableLength > 0 : !hasRoom;
    return !this.waitsForReceiver;
  };

  private look(chunk: Buffer): void {
    if (this.probes) this.probes = this.probe?.take(chunk) ?? false;
  }

  private readonly received = (): void => {
    if (!this.waitsForReceiver || this.ended || this.receiver.socket.writableNeedDrain) return;
    this.waitsForReceiver = false;
    this.source.resume();
  };

  /** The file and the receiver both have to be done with the chunk before the next is read. */
  private keepAndHand(chunk: Buffer, payload: PayloadSink): boolean {
    if (this.ended) return true;
    this.bytes += chunk.length;
    this.look(chunk);
    this.keeping = true;
    const received = new Promise<void>((resolve) => this.receiver.socket.write(chunk, () => resolve()));
    Promise.all([payload.write(chunk), received]).then(
      () => {
        this.keeping = false;
        this.source.resume();
      },
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
    this.end(brokenBy(side, `data connection to the ${side}: ${brokenTlsReason(error)}`));
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
