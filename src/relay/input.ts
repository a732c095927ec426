// What happens to a session. The only way in which anything reaches the session core; its counterpart is effect.ts.
import type { ContentFacts } from '../dialogue/content-facts.js';
import type { DataEnd } from '../dialogue/link-life.js';
import type { ClientRefusal, ProxyStop, Side, TlsFacts } from '../dialogue/observation.js';
import type { KeptPayload } from '../dialogue/payload-sink.js';
import type { ConnectionFailure } from '../protocol/connection-failure.js';
import type { Endpoint } from '../protocol/endpoint.js';

export type SessionInput = {
  readonly at: number;
} & (
  | { readonly kind: 'server-connected'; readonly local: Endpoint; readonly remote: Endpoint }
  /** The client's connection is of no use: it does not begin as it must, leads nowhere, or is one too many. */
  | { readonly kind: 'client-refused'; readonly code: ClientRefusal; readonly detail: string }
  | { readonly kind: 'server-unreachable'; readonly reason: string; readonly failure?: ConnectionFailure }
  /** In forward mode: clients may not have that server, and nothing was connected to. */
  | { readonly kind: 'server-refused'; readonly reason: string }
  | { readonly kind: 'control-bytes'; readonly from: Side; readonly bytes: Buffer }
  /** The peer sends no more; it may still read. */
  | { readonly kind: 'control-ended'; readonly from: Side }
  | {
      readonly kind: 'control-lost';
      readonly from: Side;
      readonly reason: string;
      readonly failure?: ConnectionFailure;
      /** The number of the TLS alert that it was broken off with. */
      readonly alert?: number | undefined;
    }
  | { readonly kind: 'data-port-open'; readonly link: number; readonly side: Side; readonly endpoint: Endpoint }
  | { readonly kind: 'data-port-failed'; readonly link: number; readonly reason: string }
  | {
      readonly kind: 'data-leg-connected';
      readonly link: number;
      readonly side: Side;
      readonly local: Endpoint;
      readonly remote: Endpoint;
    }
  | {
      readonly kind: 'data-leg-failed';
      readonly link: number;
      readonly side: Side;
      readonly reason: string;
      readonly failure?: ConnectionFailure;
    }
  /** A leg over which nothing flows was ended or broken by its peer. */
  | {
      readonly kind: 'data-leg-gone';
      readonly link: number;
      readonly side: Side;
      readonly reason: string;
      readonly failure?: ConnectionFailure;
    }
  | { readonly kind: 'control-secured'; readonly side: Side; readonly tls: TlsFacts }
  /** TLS could not be had on a control connection, which is of no use any more. */
  | {
      readonly kind: 'control-insecure';
      readonly side: Side;
      readonly reason: string;
      readonly tls: TlsFacts;
      /** The peer never began, and can be told why the session ends. */
      readonly stillClear?: boolean;
    }
  | { readonly kind: 'data-leg-secured'; readonly link: number; readonly side: Side; readonly tls: TlsFacts }
  | {
      readonly kind: 'data-leg-insecure';
      readonly link: number;
      readonly side: Side;
      readonly reason: string;
      readonly tls: TlsFacts;
    }
  /** Somebody else than the control connection's peer connected to a data port, and was turned away. */
  | {
      readonly kind: 'data-stranger';
      readonly link: number;
      readonly side: Side;
      readonly remote: Endpoint;
      /** What is wrong with its PROXY header, in words; null when it has none, or a good one. */
      readonly fault: string | null;
      /** It comes from where the peer does, but another connection has taken the port: that one's end. */
      readonly before?: Endpoint | null;
    }
  /** Somebody connected to a data port and was gone before anybody knew who it was. The port still waits. */
  | { readonly kind: 'data-peer-vanished'; readonly link: number; readonly side: Side }
  | {
      readonly kind: 'data-progress';
      readonly link: number;
      readonly bytes: number;
      /** What of the payload has been kept by now. */
      readonly payload: KeptPayload | null;
      /** The receiver has ended its side, and got everything that was there for it. */
      readonly receiverEnded: boolean;
      /** It has not taken all that it was handed. */
      readonly receiverIsFull?: boolean;
    }
  | {
      readonly kind: 'data-ended';
      readonly link: number;
      readonly bytes: number;
      readonly end: DataEnd;
      readonly payload: KeptPayload | null;
      /** What its first bytes are; null or absent where nobody looked. */
      readonly content?: ContentFacts | null;
    }
  /** Whoever runs the proxy wants the link's transfer to end. */
  | { readonly kind: 'transfer-stopped'; readonly link: number; readonly reason: string }
  /** The proxy itself ends the session: it shuts down, or can no longer record. */
  | { readonly kind: 'shutdown'; readonly cause: ProxyStop; readonly reason: string }
  | { readonly kind: 'tick' }
);

export type ControlInsecure = Extract<SessionInput, { readonly kind: 'control-insecure' }>;

/** What concerns one data link. */
export type LinkInput = Extract<SessionInput, { readonly link: number }>;

/** An input as sockets know it: without the time, which is added where it is handed on. */
export type Happening = SessionInput extends infer Input
  ? Input extends { readonly at: number }
    ? Omit<Input, 'at'>
    : never
  : never;
