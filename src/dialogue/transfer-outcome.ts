// How a transfer ended: the one judge, for the relay and for captures.
//
// Two witnesses are heard. The data connection shows whether all bytes went through (`DataEnd`), the server says whether it is content
// (its final reply). They may disagree, and then:
//
//   - A refusal before anything began is the server's word alone. If it is 425, what was seen of the data connection explains it.
//   - A success is believed only as far as it was seen: if the relay's leg broke, the transfer failed, and the client gets a 426. One
//     exception: the server never connected and claims success; there was nothing to lose (an empty listing, on some servers).
//   - A success that the client has heard stands: in a capture nobody stood between, and what the receiver of an upload confirms it has.
//   - A success while the data does not end is none that can be believed: the client gave up waiting for the rest.
//   - A failure is a failure. Both witnesses give the reason.
//   - Where the client asked for the end (ABOR), that is the reason for whatever came of it.
//
// Where there is no final reply, what broke first is the cause, or what did not come any more.
import type { ConnectionFailure } from '../protocol/connection-failure.js';
import type { DataEnd, Transfer } from './link-life.js';
import type { LinkCause, LinkOutcome, Side } from './observation.js';

/** What is reported of a link that is closed. */
export interface LinkVerdict {
  readonly outcome: LinkOutcome;
  /** Null when it is complete, and nothing is remarkable about that. */
  readonly cause: LinkCause | null;
  readonly reason: string | null;
  readonly failure?: ConnectionFailure | undefined;
}

/** Why a link is closed. */
export type Closing =
  /** The transfer's final reply. `heard`: the client has got it whatever the data does, so its success is believed. */
  | { readonly kind: 'settled'; readonly negative: boolean; readonly reply: string; readonly heard?: true }
  /** The server declined what announced the port, or the transfer. */
  | { readonly kind: 'declined'; readonly reply: string }
  /** Another port was announced. */
  | { readonly kind: 'replaced' }
  /** The proxy has no port for it. */
  | { readonly kind: 'no-port'; readonly reason: string }
  /** Its data connection failed, and nothing of the server is waited for. */
  | { readonly kind: 'unconnected' }
  /** The port was taken back before a transfer used it. */
  | { readonly kind: 'taken-back'; readonly reason: string }
  | { readonly kind: 'session-ended'; readonly reason: string }
  /** The server went on without a final reply to the transfer. */
  | { readonly kind: 'unanswered' }
  /** It cannot be seen what the server said of it. */
  | { readonly kind: 'unseen'; readonly cause: LinkCause; readonly reason: string };

/** A data connection that did not come about, and whose fault that is. */
export interface Absence {
  readonly side: Side;
  readonly cause: LinkCause;
  readonly words: string;
  readonly failure?: ConnectionFailure | undefined;
}

/** What is known of a link when it is closed. */
export interface JudgedLink {
  readonly transfer: Transfer | null;
  readonly bound: boolean;
  readonly refusal: string | null;
  readonly end: DataEnd | null;
  readonly flowingSince: number | null;
  /** Why its data connection with that side did not come about; null when it did, or nobody knows. */
  absence(side: Side): Absence | null;
  /** What a transfer that has not begun still waits for; null when it has begun. */
  waitsFor(): Absence | null;
}

const ABORTED: LinkVerdict = { outcome: 'aborted', cause: 'aborted-by-client', reason: 'aborted by the client' };
/** The server's words for it (RFC 959 section 4.2.2). */
const NO_DATA_CONNECTION = '425';

/** The reply says that the server has no data connection. */
export function saysNoDataConnection(reply: string): boolean {
  return reply.startsWith(NO_DATA_CONNECTION);
}

export function judge(link: JudgedLink, closing: Closing): LinkVerdict {
  if (link.refusal !== null && closing.kind !== 'settled') return declined(link, link.refusal);
  switch (closing.kind) {
    case 'settled':
      return withWaitedFor(link, settled(link, closing));
    case 'declined':
      return { outcome: 'refused', cause: 'refused-by-server', reason: closing.reply };
    case 'replaced':
      return unused(link, 'replaced', 'replaced by the next one');
    case 'no-port':
      return { outcome: 'failed', cause: 'no-port', reason: closing.reason };
    case 'taken-back':
      return unused(link, 'taken-back', closing.reason);
    case 'unconnected':
      return withWaitedFor(link, failedBy(link.end));
    case 'session-ended':
      return abandoned(link, closing.reason);
    case 'unanswered':
      return unanswered(link);
    case 'unseen':
      return unseen(link, closing);
  }
}

function settled({ end, flowingSince }: JudgedLink, reply: Extract<Closing, { kind: 'settled' }>): LinkVerdict {
  if (end?.kind === 'aborted') return ABORTED;
  if (reply.negative) {
    // A server that breaks off a transfer resets its connection; what it says of it is the reason.
    const seen = end?.kind === 'broken' && !reply.heard ? end : null;
    const cause = seen?.cause ?? 'failed-by-server';
    const why = seen === null ? reply.reply : bothReasons(seen.reason, reply.reply);
    return { outcome: 'failed', cause, reason: why, failure: seen?.failure };
  }
  const hasNoEnd = end?.kind === 'broken' && end.cause === 'no-end-of-data';
  if (hasNoEnd && reply.heard) return { outcome: 'complete', cause: end.cause, reason: end.reason };
  if (hasNoEnd) return { outcome: 'failed', cause: end.cause, reason: bothReasons(end.reason, reply.reply) };
  if (end?.kind !== 'broken' || reply.heard) return { outcome: 'complete', cause: null, reason: null };
  const nothingToLose = end.side === 'server' && flowingSince === null && end.cause === 'no-data-connection';
  if (nothingToLose) return { outcome: 'complete', cause: end.cause, reason: 'no data connection was made' };
  return failedBy(end);
}

/** The server has declined the link's last transfer. That its port is closed afterwards is no wonder, unless that was the reason. */
function declined(link: JudgedLink, reply: string): LinkVerdict {
  const refused: LinkVerdict = { outcome: 'refused', cause: 'refused-by-server', reason: reply };
  if (!saysNoDataConnection(reply)) return refused;
  const { end } = link;
  if (end?.kind === 'broken' && end.side !== null) {
    return { ...failedBy(end), reason: bothReasons(end.reason, reply) };
  }
  const absent = link.absence('server');
  return absent === null
    ? refused
    : { outcome: 'failed', cause: absent.cause, reason: bothReasons(absent.words, reply), failure: absent.failure };
}

/** The session ends, and the link with it: what broke first is why, or what did not come any more. */
function abandoned(link: JudgedLink, reason: string): LinkVerdict {
  const { end, bound, transfer } = link;
  if (!bound) return unused(link, 'session-ended', reason);
  if (end?.kind === 'aborted') return ABORTED;
  if (end?.kind === 'broken') return withWaitedFor(link, failedBy(end));
  if (end?.kind === 'drained' && transfer !== null) return withoutFinalReply(transfer, `; ${reason}`);
  return withWaitedFor(link, { outcome: 'failed', cause: 'session-ended', reason });
}

function unanswered({ end, transfer }: JudgedLink): LinkVerdict {
  if (end?.kind === 'aborted') return ABORTED;
  return end?.kind === 'broken' || transfer === null ? failedBy(end) : withoutFinalReply(transfer, '');
}

function withoutFinalReply({ verb }: Transfer, details: string): LinkVerdict {
  return { outcome: 'failed', cause: 'no-final-reply', reason: `no final reply to ${verb}${details}` };
}

/** Many clients connect before they ask for the transfer, and do not ask when they cannot. */
function unused(link: JudgedLink, cause: LinkCause, reason: string): LinkVerdict {
  const absent = link.absence('client');
  return { outcome: 'unused', cause, reason: joinedReasons([reason, absent?.words ?? null]), failure: absent?.failure };
}

function unseen({ bound, end }: JudgedLink, { cause, reason }: Extract<Closing, { kind: 'unseen' }>): LinkVerdict {
  if (!bound) return { outcome: 'unused', cause, reason };
  if (end?.kind === 'aborted') return ABORTED;
  if (end?.kind === 'drained') return { outcome: 'complete', cause, reason };
  if (end?.kind === 'broken') return { ...failedBy(end), reason: joinedReasons([end.reason, reason]) };
  return { outcome: 'failed', cause, reason };
}

function failedBy(end: DataEnd | null): LinkVerdict {
  if (end?.kind !== 'broken') return { outcome: 'failed', cause: 'unknown', reason: null };
  return { outcome: 'failed', cause: end.cause, reason: end.reason, failure: end.failure };
}

/** Somebody lost patience, or interest: for what, if nothing had begun. */
function withWaitedFor(link: JudgedLink, verdict: LinkVerdict): LinkVerdict {
  const { end } = link;
  const byImpatience = verdict.outcome === 'aborted' || (end?.kind === 'broken' && end.side === null);
  const waited = byImpatience ? link.waitsFor() : null;
  if (waited === null) return verdict;
  const reason = joinedReasons([verdict.reason, waited.words]);
  return { ...verdict, reason, failure: verdict.failure ?? waited.failure };
}

/** What was seen of the data's end, and what the server said of it. */
function bothReasons(seen: string, said: string): string {
  return seen === said ? said : `${seen}; the server said ${said}`;
}

export function joinedReasons(reasons: readonly (string | null)[]): string | null {
  const known = reasons.filter((reason) => reason !== null);
  return known.length === 0 ? null : known.join('; ');
}
