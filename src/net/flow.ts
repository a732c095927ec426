// Carries a transfer's bytes from one data leg to the other, with backpressure: the source is read no faster than the
// receiver takes. It copies through this process. The bulk of a large plain transfer, whose bytes nobody here wants, is left to a
// pump where there is one; what came before and the end of it, whichever it is, are the flow's all the same.
import type { ContentFacts } from '../dialogue/content-facts.js';
import { ContentProbe } from '../dialogue/content-probe.js';
import { brokenBy, type DataEnd } from '../dialogue/link-life.js';
import type { Side } from '../dialogue/observation.js';
import type { PayloadSink } from '../dialogue/payload-sink.js';
import type { DataLeg } from '../ends/data-leg.js';
import { brokenTlsReason } from '../ends/tls/handshake-facts.js';
import { type ConnectionFailure, connectionFailureOf } from '../protocol/connection-failure.js';
import type { Direction } from '../protocol/verbs.js';
import { PUMP_FROM_BYTES, type Pump, type PumpFailure, type Pumping } from './pump.js';

/** One of these is called, once. */
export interface FlowEnds {
  dataEnded(end: DataEnd): void;
  /** A chunk could not be saved. */
  payloadFailed(error: unknown): void;
}

export class Flow {
  /** Those that went through this process. */
  private ownBytes = 0;
  private pumping: Pumping | null = null;
  private pumpIsOver = false;
  /** Asked no more once it has seen enough. */
  private probe: ContentProbe | null = null;
  private probes = true;
  private ended = false;
  /** A chunk is on its way to the file. */
  private keeping = false;
  private waitsForReceiver = false;
  /** It was left while it was in the pump. */
  private isLeft = false;
  /** What makes it hear no more of the legs' sockets. */
  private readonly heard: (() => void)[] = [];
  private readonly from: Side;
  private readonly to: Side;

  constructor(
    private readonly legs: Readonly<Record<Side, DataLeg>>,
    direction: Direction,
    private readonly payload: PayloadSink | null,
    private readonly ends: FlowEnds,
    private readonly pump: Pump | null = null,
  ) {
    this.from = direction === 'download' ? 'server' : 'client';
    this.to = direction === 'download' ? 'client' : 'server';
  }

  /** Bytes read from the source and handed to the receiver. */
  get bytes(): number {
    return this.ownBytes + (this.pumping?.bytes ?? 0);
  }

  /** The receiver has ended its side, and nothing is on its way to it. */
  get receiverEnded(): boolean {
    return this.receiver.socket.readableEnded && this.delivered;
  }

  /** Nothing is on its way to the receiver, nor to the file. */
  get delivered(): boolean {
    return this.receiver.socket.writableLength === 0 && !this.keeping && (this.pumping?.delivered ?? true);
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
    this.pumping?.stop();
  }

  /** The transfer is over, the legs are not. What comes late of it goes on, and counts no more, until another reads the source. */
  leave(): void {
    if (this.isPumping) {
      this.isLeft = true;
      this.pumping?.stop();
      return;
    }
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
    if (source.wasReset) this.broke(this.from, new Error('reset by the peer'), 'reset');
    else if (source.endedAbruptly()) receiver.cutOff(this.drained);
    else receiver.socket.end();
  }

  private readonly drained = (): void => {
    this.end({ kind: 'drained', ...(this.source.endedAbruptly() ? { truncated: true } : {}) });
  };

  /** True when there is room for more: for memory that is read into again, when the receiver took the chunk whole at once. */
  private readonly hand = (chunk: Buffer): boolean => {
    if (this.ended) return true;
    this.ownBytes += chunk.length;
    this.look(chunk);
    const hasRoom = this.receiver.socket.write(chunk, this.received);
    this.waitsForReceiver = this.source.reusesMemory ? this.receiver.socket.writableLength > 0 : !hasRoom;
    return !this.waitsForReceiver && !this.isLeftToPump();
  };

  private look(chunk: Buffer): void {
    if (this.probes) this.probes = this.probe?.take(chunk) ?? false;
  }

  private readonly received = (): void => {
    if (!this.waitsForReceiver || this.ended || this.receiver.socket.writableNeedDrain) return;
    this.waitsForReceiver = false;
    if (!this.isLeftToPump()) this.source.resume();
  };

  /** The pump goes on behind what has been handed to the receiver; nothing waits for it in this process. */
  private isLeftToPump(): boolean {
    if (this.pump === null || this.pumping !== null || this.ownBytes < PUMP_FROM_BYTES) return false;
    const [from, to] = [this.source.bareSource, this.receiver.bare];
    if (from === null || to === null || to.writableLength > 0) return false;
    this.pumping = this.pump.carry({ from, to, over: (rest, failed) => this.pumpLetGo(rest, failed) });
    return this.pumping !== null;
  }

  /** Whatever ended that, the flow finds out by itself, unless the pump has seen an error, which the kernel reports once. */
  private pumpLetGo(rest: Buffer, failed: PumpFailure | null): void {
    this.pumpIsOver = true;
    if (failed !== null) return this.broke(failed.end === 'from' ? this.from : this.to, failed.error);
    if (this.ended) return;
    const hasRoom = rest.length === 0 || this.hand(rest);
    if (this.isLeft) this.leave();
    else if (hasRoom) this.source.resume();
  }

  private get isPumping(): boolean {
    return this.pumping !== null && !this.pumpIsOver;
  }

  /** The file and the receiver both have to be done with the chunk before the next is read. */
  private keepAndHand(chunk: Buffer, payload: PayloadSink): boolean {
    if (this.ended) return true;
    this.ownBytes += chunk.length;
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
    this.broke(side, this.legs[side].socket.errored ?? new Error('closed before the transfer was done'), 'closed');
  }

  /** `otherwise`: where the system had no part in it. */
  private broke(side: Side, error: unknown, otherwise: ConnectionFailure = 'other'): void {
    const known = connectionFailureOf(error);
    const failure = known === 'other' ? otherwise : known;
    this.end(brokenBy(side, `data connection to the ${side}: ${brokenTlsReason(error)}`, failure));
  }

  private end(end: DataEnd): void {
    if (!this.isOver()) this.ends.dataEnded(end);
  }

  /** The first end counts. */
  private isOver(): boolean {
    const { ended } = this;
    this.stop();
    return ended;
  }
}
