// A connection that carries, or may carry, a transfer: both directions' sums, how it ended, what is
// kept of it. Knows no link.
import type { CapturedConnection, ConnectionEnd } from '../connection-event.js';
import { DataStream } from './data-stream.js';
import type { PayloadKeeping } from './payload-keeping.js';

/** How a connection ended: in both directions, by a reset, or out of the capture's sight. */
export type DataEnd = 'finished' | 'reset' | 'unseen';

export class DataConnection {
  readonly streams = { initiator: new DataStream(), responder: new DataStream() };
  end: DataEnd | null = null;
  keeping: PayloadKeeping | null = null;

  constructor(readonly connection: CapturedConnection) {}

  /** Payload bytes of both directions. */
  get bytes(): number {
    return this.streams.initiator.bytes + this.streams.responder.bytes;
  }

  /** The end that sent more. */
  get busiestEnd(): ConnectionEnd {
    return this.streams.initiator.bytes > this.streams.responder.bytes ? 'initiator' : 'responder';
  }

  /** One direction ended, or the whole connection was reset. */
  endedBy(from: ConnectionEnd, how: 'fin' | 'reset', at: number): void {
    if (how === 'fin') this.streams[from].end(at);
    if (how === 'reset') this.end ??= 'reset';
    else if (this.streams.initiator.ended && this.streams.responder.ended) this.end ??= 'finished';
  }

  /** Nothing more will be heard of it. */
  close(): void {
    this.end ??= 'unseen';
  }

  /** It ended before anything went over it. */
  get fruitless(): boolean {
    return this.end !== null && this.bytes === 0 && this.end !== 'finished';
  }
}

export function otherEnd(end: ConnectionEnd): ConnectionEnd {
  return end === 'initiator' ? 'responder' : 'initiator';
}
