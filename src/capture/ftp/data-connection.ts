// A connection that carries, or may carry, a transfer: what each direction amounts to, how it ended, what is kept of it. Holds no
// bytes, and knows no link.
import { createHash, type Hash } from 'node:crypto';
import { ContentProbe } from '../../dialogue/content-probe.js';
import type { TlsFacts } from '../../dialogue/tls-facts.js';
import type { ConnectionFailure } from '../../protocol/connection-failure.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import { beginsTls } from '../../protocol/other-protocols.js';
import type { CapturedConnection, ConnectionEnd, ConnectionEvent } from '../connection-event.js';
import type { PayloadKeeping } from './payload-keeping.js';

const NOTHING_SUMMED = createHash('sha256').digest('hex');

/** One direction: how much went by, its sha256, what the capture lost of it. */
export class PayloadStream {
  /** Bytes that the capture holds. */
  bytes = 0;
  /** Bytes that it lacks. */
  lostBytes = 0;
  /** When the first and the last byte, or the end, were captured. */
  firstAt: number | null = null;
  lastAt: number | null = null;
  /** Whether its sender ended it. */
  ended = false;
  encrypted = false;
  /** What its first bytes are. */
  probe: ContentProbe | null = null;
  private probes = true;
  private hash: Hash | null = null;
  private sum: string | null = null;

  constructor(private readonly sums: boolean) {}

  /** `verb` is that of its transfer, where it is known. */
  take(bytes: Buffer, at: number, verb: string | null): void {
    if (this.bytes === 0) this.encrypted = this.lostBytes === 0 && beginsTls(bytes);
    this.firstAt ??= at;
    this.lastAt = at;
    this.bytes += bytes.length;
    if (this.lostBytes > 0) return;
    if (this.probes) this.look(bytes, verb);
    if (!this.sums || this.sum !== null) return;
    this.hash ??= createHash('sha256');
    this.hash.update(bytes);
  }

  private look(bytes: Buffer, verb: string | null): void {
    this.probe ??= new ContentProbe(verb);
    this.probes = this.probe.take(bytes);
  }

  lose(bytes: number): void {
    this.lostBytes += bytes;
    this.hash = null;
  }

  end(at: number): void {
    this.ended = true;
    this.lastAt = at;
  }

  /** Of all its bytes, in lower-case hexadecimal; null where some are missing, or nobody wants it. Once asked for, it is final. */
  get sha256(): string | null {
    if (!this.sums || this.lostBytes > 0) return null;
    if (this.bytes === 0) return NOTHING_SUMMED;
    this.sum ??= this.hash?.digest('hex') ?? null;
    this.hash = null;
    return this.sum;
  }
}

/** How a connection ended: in both directions, by a reset, or out of the capture's sight. */
export type ConnectionEnding = 'finished' | 'reset' | 'unseen';

export class CapturedDataConnection {
  readonly streams: Readonly<Record<ConnectionEnd, PayloadStream>>;
  end: ConnectionEnding | null = null;
  /** The end that broke it off. */
  resetBy: ConnectionEnd | null = null;
  keeping: PayloadKeeping | null = null;
  /** Of the handshake, where it was decrypted. */
  tls: TlsFacts | null = null;

  constructor(
    readonly connection: CapturedConnection,
    sums: boolean,
  ) {
    this.streams = { initiator: new PayloadStream(sums), responder: new PayloadStream(sums) };
  }

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
    if (how === 'reset') {
      this.end ??= 'reset';
      this.resetBy ??= from;
    } else if (this.streams.initiator.ended && this.streams.responder.ended) this.end ??= 'finished';
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

/** How nothing came of it. */
export function failureKindOf({ bytes, end, unreached }: CapturedDataConnection): ConnectionFailure | undefined {
  if (unreached) return end === 'reset' ? 'refused' : 'timed-out';
  return bytes === 0 && end === 'reset' ? 'reset' : undefined;
}

/** Why nothing went over it, as far as the capture shows. */
export function failureOf({ bytes, connection, end, unreached }: CapturedDataConnection): string | null {
  if (bytes > 0) return null;
  const responder = formatEndpoint(connection.responder);
  if (unreached) return `${responder} ${end === 'reset' ? 'refused' : 'did not answer'} the data connection`;
  return end === 'reset' ? `the data connection to ${responder} was reset before its first byte` : null;
}

/** Takes an event of a connection into its sums. */
export function sumUp(data: CapturedDataConnection, event: ConnectionEvent, verb: string | null = null): void {
  switch (event.kind) {
    case 'opened':
    case 'conflict':
      return;
    case 'secured':
      data.tls = event.tls;
      return;
    case 'bytes':
      return data.streams[event.from].take(event.bytes, event.at, verb);
    case 'lost':
      return data.streams[event.from].lose(event.bytes);
    case 'ended':
      return data.endedBy(event.from, event.how, event.at);
    case 'closed':
      return data.close();
  }
}
