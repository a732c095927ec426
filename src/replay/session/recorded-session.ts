// One session of a recording as what can be lived through again: its greeting, its exchanges in order, its transfers. Whether
// it was captured or recorded by the proxy makes no difference here. Payloads stay in their files.
import type { LegMode, LinkOutcome } from '../../dialogue/observation.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import { isNegative, isPreliminary } from '../../protocol/reply.js';
import { type Direction, verbFacts } from '../../protocol/verbs.js';

export interface RecordedReply {
  readonly code: number;
  /** One character a byte, without line ends. */
  readonly lines: readonly string[];
  readonly at: number;
  /** Since the command (for the greeting: since the connection stood); null when nobody knows. */
  readonly latencyMs: number | null;
  /** The proxy's own words, which no server can be expected to have. */
  readonly byProxy: boolean;
}

/**
 * How much of what was transferred the recording holds: all of it; all of it up to where the recording ends or the transfer was broken off;
 * or nothing that is of use, as with bytes that the capture lost in between.
 */
export type Held = 'all' | 'start' | 'nothing';

/** The data connection of a transfer. */
export interface RecordedTransfer {
  /** Number of the data link. */
  readonly link: number;
  readonly direction: Direction;
  /** As the client asked for it. */
  readonly mode: LegMode;
  readonly bytes: number;
  readonly durationMs: number | null;
  readonly outcome: LinkOutcome;
  /** Why, in words, unless complete; null also where nobody knows. */
  readonly reason: string | null;
  /** Null when the payload was not kept. */
  readonly sha256: string | null;
  /** The name by which the recording gives the payload out; null when it was not kept. */
  readonly payload: string | null;
  /** Bytes that the capture lost. */
  readonly missingBytes: number;
  readonly held: Held;
}

/** An earlier command that had not got all its replies yet. */
export interface Outstanding {
  readonly number: number;
  /** How many it had got. */
  readonly replies: number;
}

/** A command of the client and what came of it. What the proxy asked on its own account is none of it. */
export interface RecordedExchange {
  readonly number: number;
  readonly verb: string;
  /** One character a byte; secrets may be masked. */
  readonly argument: string;
  readonly line: string;
  /** The line end where it is not CR LF. */
  readonly end: string | null;
  readonly at: number;
  /** In the order in which they came; empty when the recording has none. */
  readonly replies: readonly RecordedReply[];
  readonly transfer: RecordedTransfer | null;
  /** What it did not wait for. Everything before it that is not here had been answered. */
  readonly during: readonly Outstanding[];
  /** The client did not wait for the greeting. */
  readonly beforeGreeting: boolean;
  /** How long the client took, since the last reply that it had got. */
  readonly pauseMs: number;
}

export interface RecordedSession {
  readonly number: number;
  readonly openedAt: number;
  readonly client: Endpoint;
  /** Null where the recording does not name it. */
  readonly server: Endpoint | null;
  /** The client named its server to the proxy, in what it said. */
  readonly forwarded: boolean;
  /** A proxy was in between: the server was given its data ports, not the client's. */
  readonly relayed: boolean;
  /** Null when the recording begins behind it. */
  readonly greeting: RecordedReply | null;
  readonly exchanges: readonly RecordedExchange[];
  /** Whether the server's control connection was encrypted. */
  readonly encrypted: boolean;
  /** Bytes of control lines that the capture lost. */
  readonly missingBytes: number;
  /** Commands that are in the recording and were not kept here. */
  readonly omittedCommands: number;
  /** About how much memory it takes. */
  readonly bytesHeld: number;
  /** It went on encrypted, and the recording does not show what was said. */
  readonly wentDark: boolean;
}

/** The final reply of an exchange; null when the recording has none. */
export function finalReply({ replies }: Pick<RecordedExchange, 'replies'>): RecordedReply | null {
  const last = replies.at(-1);
  return last !== undefined && !isPreliminary(last.code) ? last : null;
}

/** Whether the server began the transfer that the command asked for. */
export function began({ replies }: Pick<RecordedExchange, 'replies'>): boolean {
  return replies.some(({ code }) => isPreliminary(code));
}

/** Final replies that say so of data. */
const DATA_WENT_BY: ReadonlySet<number> = new Set([226, 250]);

/** Whether data went over its connection, as its replies say: some servers begin without a 1yz, and a capture may have lost it. */
export function carriedData(exchange: Pick<RecordedExchange, 'replies'>): boolean {
  return began(exchange) || DATA_WENT_BY.has(finalReply(exchange)?.code ?? 0);
}

/** How much the recording holds of what the command transferred. */
export function heldOf({ transfer }: Pick<RecordedExchange, 'transfer'>): Held {
  return transfer?.held ?? 'nothing';
}

/** Whether the command was turned down. */
export function wasRefused(exchange: Pick<RecordedExchange, 'replies'>): boolean {
  const final = finalReply(exchange);
  return final !== null && isNegative(final.code);
}

/** Which way a command transfers; null for a command that does not. */
export function directionOf(verb: string): Direction | null {
  return verbFacts(verb)?.transfer ?? null;
}

/** The recording begins behind the greeting and the login. */
export function beginsInMidSession({ greeting, exchanges }: RecordedSession): boolean {
  return greeting === null && exchanges.every(({ verb }) => verb !== 'USER');
}

/** From the connection to the last reply. */
export function sessionDurationMs({ openedAt, greeting, exchanges }: RecordedSession): number {
  const last = exchanges.at(-1);
  const end = last?.replies.at(-1)?.at ?? last?.at ?? greeting?.at ?? openedAt;
  return Math.max(0, end - openedAt);
}
