// What is told of a data link: who listens and who dials on either leg, the transfer that uses it, how it ended.
import type { Endpoint } from '../protocol/endpoint.js';
import type { Direction } from '../protocol/verbs.js';
import type { LegEnd } from './connection-facts.js';

/** Who listens on a leg: active means that the FTP client's side does, passive that the FTP server's side does. */
export type LegMode = (typeof LEG_MODES)[number];
export const LEG_MODES = ['passive', 'active'] as const;

/** The proxy's data connection to one side. In a capture both legs are one connection, and there is no end of the proxy's. */
export interface LegFacts {
  readonly mode: LegMode;
  /** The proxy's own end: where it listens, or from where it dialled. Null until known. */
  readonly local: Endpoint | null;
  /** The peer's end; before the connection stands, where it will be dialled. Null until known. */
  readonly remote: Endpoint | null;
  /** How it ended; absent while it stands, where it never did, and where that is not known. */
  readonly ended?: LegEnd | undefined;
}

/** As it stands at the moment, of an object that has more than them. */
export function legFactsOf({ mode, local, remote, ended }: LegFacts): LegFacts {
  return ended === undefined ? { mode, local, remote } : { mode, local, remote, ended };
}

/** A data link as it stands at the moment of the observation. */
export interface LinkFacts {
  /** Number of the link in its session, from 1. */
  readonly link: number;
  readonly client: LegFacts;
  readonly server: LegFacts;
  /** The transfer command that uses the link; null until there is one. */
  readonly verb: string | null;
  /** The transfer command's argument. */
  readonly path: string | null;
  readonly pathUtf8?: string;
  readonly direction: Direction | null;
  /** Payload bytes that went to their receiver. */
  readonly bytes: number;
}

/** What a link is waiting for or doing. */
export type LinkState = 'announced' | 'connecting' | 'transferring' | 'finishing';

/**
 * - complete: every byte went through and the server confirmed it;
 * - refused: the server declined the transfer before it began;
 * - aborted: the client asked for its end, or went away;
 * - failed: anything else that ended it early;
 * - unused: announced, and never used;
 * - unseen: the server confirmed it, and its data connection is not in the capture.
 */
export type LinkOutcome = 'complete' | 'refused' | 'aborted' | 'failed' | 'unused' | 'unseen';
