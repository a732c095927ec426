// How a data link of a capture ended: the verdict that the relay would give, and what the capture does not show of it.
import { type Closing, joinedReasons, judge, type LinkVerdict } from '../../dialogue/transfer-outcome.js';
import type { CapturedLink } from './captured-link.js';

/** Of a link of which nothing more is expected. */
export function judgeCaptured(link: CapturedLink, closing: Closing): LinkVerdict {
  const verdict = judge(link, closing);
  if (!link.bound || link.refusal !== null) return verdict;
  const { outcome, reason } = verdict;
  if (outcome !== 'complete' && link.unreached) return { ...verdict, reason: joinedReasons([reason, link.failure]) };
  const saidToFail = closing.kind === 'session-ended' || (closing.kind === 'settled' && closing.negative);
  const remarks = saidToFail || outcome === 'aborted' ? missingOf(link) : unseenOf(link);
  if (remarks.length === 0) return verdict;
  return { outcome, cause: verdict.cause ?? 'missing-from-capture', reason: joinedReasons([reason, ...remarks]) };
}

/** The server confirmed the transfer, or its word is missing, and the capture does not hold all of it. */
function unseenOf(link: CapturedLink): string[] {
  if (link.data === null) return ['its data connection is not in the capture'];
  const end = link.data.end === 'unseen' ? ['the capture does not hold the end of its data connection'] : [];
  return [...missingOf(link), ...end];
}

function missingOf({ lostBytes }: CapturedLink): string[] {
  return lostBytes === 0 ? [] : [`${lostBytes} ${lostBytes === 1 ? 'byte is' : 'bytes are'} missing from the capture`];
}
