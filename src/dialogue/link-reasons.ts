// Why a data link ended, in words: what was seen of its end, what the server said of it, and who never made the connection
// that was waited for. The proxy alone sees both legs, so it can tell which of them it was.
import { formatEndpoint } from '../protocol/endpoint.js';
import type { DataLink, Leg } from './data-link.js';
import type { LinkOutcome, Side } from './observation.js';

/** The server's words for it (RFC 959 section 4.2.2). */
const NO_DATA_CONNECTION = '425';

export interface Verdict {
  readonly outcome: LinkOutcome;
  readonly reason: string | null;
}

export function saysNoDataConnection(reply: string): boolean {
  return reply.startsWith(NO_DATA_CONNECTION);
}

/** What we saw of the data's end, and what the server said of it. */
export function bothReasons(seen: string, said: string): string {
  return seen === said ? said : `${seen}; the server said ${said}`;
}

/** What a transfer that has not begun still waits for; null when it has begun. */
export function missing(link: DataLink): string | null {
  if (link.flowingSince !== null) return null;
  const { verb } = link.transfer ?? {};
  if (link.server.status === 'connected' && !link.cleared && verb !== undefined) return `no reply to ${verb}`;
  return absentLegs(link)?.words ?? null;
}

/** Whose data connection does not stand yet, the server's first; null when both do, or nothing is done for them yet. */
export function absentLegs(link: DataLink): { readonly side: Side; readonly words: string } | null {
  const absent = [link.server, link.client].flatMap((leg) => {
    const words = missingLeg(leg);
    return words === null ? [] : [{ side: leg.side, words }];
  });
  const [first] = absent;
  return first === undefined ? null : { side: first.side, words: absent.map(({ words }) => words).join(', and ') };
}

function missingLeg({ side, status, local, remote }: Leg): string | null {
  if (status === 'waiting' && local !== null) return `the ${side} did not connect to port ${local.port}`;
  if (status === 'dialling' && remote !== null) return `the ${side} did not answer at ${formatEndpoint(remote)}`;
  return null;
}

/** The server has declined the link's last transfer. That its port is closed afterwards is no wonder, unless that was the reason. */
export function declined(link: DataLink, said: string): Verdict {
  if (!saysNoDataConnection(said)) return { outcome: 'refused', reason: said };
  const { end } = link;
  const seen = end?.kind === 'broken' && end.side !== null ? end.reason : missingLeg(link.server);
  return seen === null ? { outcome: 'refused', reason: said } : { outcome: 'failed', reason: bothReasons(seen, said) };
}

/** The session ends, and the link with it: what broke first is why, or what did not come any more. */
export function whyAbandoned({ end, transfer, bound }: DataLink, reason: string): string {
  if (end?.kind === 'broken') return end.reason;
  const replyMissing = end?.kind === 'drained' && bound && transfer !== null;
  return replyMissing ? `no final reply to ${transfer.verb}; ${reason}` : reason;
}

/** Somebody lost patience: for what, if nothing had begun. */
export function givenUp(link: DataLink, outcome: LinkOutcome, reason: string | null): string | null {
  const waitedFor = waitedForAtTheEnd(link, outcome);
  return waitedFor === null ? reason : [reason, waitedFor].filter((words) => words !== null).join('; ');
}

function waitedForAtTheEnd(link: DataLink, outcome: LinkOutcome): string | null {
  // Many clients connect before they ask for the transfer, and do not ask when they cannot.
  if (outcome === 'unused') return missingLeg(link.client);
  const byImpatience = outcome === 'aborted' || (link.end?.kind === 'broken' && link.end.side === null);
  return byImpatience ? missing(link) : null;
}
