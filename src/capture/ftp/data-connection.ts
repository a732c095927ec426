// A connection that carries, or may carry, a transfer: both directions' sums, how it ended, what is
// kept of it. Knows no link.
import { formatEndpoint } from '../../protocol/endpoint.js';
import type { CapturedConnection, ConnectionEnd, ConnectionEvent } from '../connection-event.js';
import { PayloadStream } from './data-stream.js';
import type { PayloadKeeping } from './payload-keeping.js';

/** How a connection ended: in both directions, by a reset, or out of the capture's sight. */
export type ConnectionEnding = 'finished' | 'reset' | 'unseen';

export class CapturedDataConnection {
  readonly streams = { initiator: new PayloadStream(), responder: new PayloadStream() };
  end: ConnectionEnding | null = null;
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

  /** It was dialled, and nobody took it. */
  get unreached(): boolean {
    return this.connection.sawHandshake && !this.connection.answered && this.bytes === 0;
  }

  /** It ended before anything went over it. */
  get fruitless(): boolean {
    return this.end !== null && this.bytes === 0 && this.end !== 'finished';
  }
}

/** Why nothing went over it, as far as the capture shows. */
export function failureOf({ bytes, connection, end, unreached }: CapturedDataConnection): string | null {
  if (bytes > 0) return null;
  const responder = formatEndpoint(connection.responder);
  if (unreached) return `${responder} ${end === 'reset' ? 'refused' : 'did not answer'} the data connection`;
  return end === 'reset' ? `the data connection to ${responder} was reset before its first byte` : null;
}

/** Takes an event of a connection into its sums. */
export function sumUp(data: CapturedDataConnection, event: ConnectionEvent): void {
  switch (event.kind) {
    case 'opened':
    case 'conflict':
      return;
    case 'bytes':
      return data.streams[event.from].take(event.bytes, event.at);
    case 'lost':
      return data.streams[event.from].lose(event.bytes);
    case 'ended':
      return data.endedBy(event.from, event.how, event.at);
    case 'closed':
      return data.close();
  }
}
