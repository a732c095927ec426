// What TCP reassembly tells of a connection in a capture, in the order of the capture. Knows packets no more, and FTP not yet.
import type { TlsFacts } from '../dialogue/tls-facts.js';
import type { Endpoint } from '../protocol/endpoint.js';

/** One TCP connection of a capture. The same object for all its events. */
export interface CapturedConnection {
  /** Counts the connections of the capture, from 1. */
  readonly number: number;
  /** Who sent the SYN; where the capture has none, who sent the first segment. */
  readonly initiator: Endpoint;
  readonly responder: Endpoint;
  /** Whether the capture holds the opening handshake: only then is it known who dialled. */
  readonly sawHandshake: boolean;
  /** Whether anything shows that the responder took the connection; may become true as long as there are events. */
  readonly answered: boolean;
  /** When its first segment was captured: milliseconds since the epoch, with a fraction. */
  readonly openedAt: number;
}

/** One of the two ends of a connection. */
export type ConnectionEnd = 'initiator' | 'responder';

export const ENDS: readonly ConnectionEnd[] = ['initiator', 'responder'];

export function otherEnd(from: ConnectionEnd): ConnectionEnd {
  return from === 'initiator' ? 'responder' : 'initiator';
}

/**
 * Within a connection the events keep the order of its dialogue, also where bytes were lost or captured out of order. Between connections they
 * do so only roughly: bytes that waited come later than those of others, and bear their own `at`.
 */
export type ConnectionEvent =
  | { readonly kind: 'opened'; readonly at: number; readonly connection: CapturedConnection }
  /** The next bytes of one direction, in sequence. `bytes` may be overwritten after the event was taken. */
  | {
      readonly kind: 'bytes';
      /** When these very bytes were captured, even if they had to wait for others before them. */
      readonly at: number;
      readonly connection: CapturedConnection;
      readonly from: ConnectionEnd;
      readonly bytes: Buffer;
    }
  /** Bytes that the peers exchanged and the capture lacks; what follows comes after the hole. */
  | {
      readonly kind: 'lost';
      readonly at: number;
      readonly connection: CapturedConnection;
      readonly from: ConnectionEnd;
      readonly bytes: number;
    }
  /** Two segments say different things of the same bytes; the first was believed. */
  | {
      readonly kind: 'conflict';
      readonly at: number;
      readonly connection: CapturedConnection;
      readonly from: ConnectionEnd;
      readonly bytes: number;
    }
  /** A TLS handshake that could be decrypted is done: what follows is what was said inside. Or an alert ended it (`tls.fault`). */
  | {
      readonly kind: 'secured';
      readonly at: number;
      readonly connection: CapturedConnection;
      readonly tls: TlsFacts;
    }
  /** One direction came to its end (`fin`), or the whole connection was reset (`reset`). */
  | {
      readonly kind: 'ended';
      readonly at: number;
      readonly connection: CapturedConnection;
      readonly from: ConnectionEnd;
      readonly how: 'fin' | 'reset';
    }
  /** Nothing more will be told of the connection: both directions ended, it fell silent, or the capture is over. */
  | {
      readonly kind: 'closed';
      readonly at: number;
      readonly connection: CapturedConnection;
      readonly why: 'ended' | 'silent' | 'limit' | 'capture-end';
    };
