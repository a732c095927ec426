// How a data link of a capture ended, in the words that the relay has for it, and what the capture does not show of it.
import type { LinkOutcome } from '../../dialogue/link-facts.js';
import { bothReasons, saysNoDataConnection } from '../../dialogue/link-reasons.js';
import type { CapturedLink, Conclusion } from './captured-link.js';

export interface Judgement {
  readonly outcome: LinkOutcome;
  readonly reason: string | null;
}

const ABORTED = 'aborted by the client';
const RESET = 'the data connection was reset';

/** Of a link of which nothing more is expected. */
export function judge(link: CapturedLink, conclusion: Conclusion): Judgement {
  if (link.bound && link.refusal === null) return judgeTransfer(link);
  return link.refusal === null ? judgeUnused(link, conclusion) : judgeDeclined(link, link.refusal);
}

/** Of a link whose data has ended, and whose transfer has been concluded. */
function judgeTransfer(link: CapturedLink): Judgement {
  const { outcome, reason } = judgeConclusion(link);
  if (outcome !== 'complete' && link.unreached) return { outcome, reason: joined([reason, link.failure]) };
  const unconfirmed = link.conclusion?.kind !== 'failed' && outcome !== 'aborted';
  const reasons = [reason, ...(unconfirmed ? unseenOf(link) : missingOf(link))];
  return { outcome, reason: joined(reasons) };
}

function judgeConclusion({ conclusion, aborting, data, stream }: CapturedLink): Judgement {
  if (aborting) return { outcome: 'aborted', reason: ABORTED };
  switch (conclusion?.kind) {
    case 'confirmed':
      return { outcome: 'complete', reason: null };
    case 'failed':
      return { outcome: 'failed', reason: conclusion.reason };
    case 'unknown':
    case undefined: {
      const why = conclusion?.why ?? null;
      // A receiver that has everything may well reset what is left of the connection.
      if (data?.end === 'unseen' || stream?.ended)
        return { outcome: stream?.ended ? 'complete' : 'failed', reason: why };
      return { outcome: 'failed', reason: [...(data === null ? [] : [RESET]), why].join('; ') };
    }
  }
}

/** The server confirmed the transfer, and yet the capture does not hold all of it. */
function unseenOf(link: CapturedLink): string[] {
  if (link.data === null) return ['its data connection is not in the capture'];
  const end = link.data.end === 'unseen' ? ['the capture does not hold the end of its data connection'] : [];
  return [...missingOf(link), ...end];
}

function missingOf({ lostBytes }: CapturedLink): string[] {
  return lostBytes === 0 ? [] : [`${lostBytes} ${lostBytes === 1 ? 'byte is' : 'bytes are'} missing from the capture`];
}

/** Of a link whose transfer, or whose announcement, the server has declined with `refusal`. */
function judgeDeclined({ failure }: CapturedLink, refusal: string): Judgement {
  if (failure === null || !saysNoDataConnection(refusal)) return { outcome: 'refused', reason: refusal };
  return { outcome: 'failed', reason: bothReasons(failure, refusal) };
}

/** Of a link that no transfer used. */
function judgeUnused({ failure }: CapturedLink, conclusion: Conclusion): Judgement {
  return { outcome: 'unused', reason: joined([whyOf(conclusion), failure]) };
}

function whyOf(conclusion: Conclusion): string | null {
  if (conclusion.kind === 'confirmed') return null;
  return conclusion.kind === 'failed' ? conclusion.reason : conclusion.why;
}

function joined(reasons: readonly (string | null)[]): string | null {
  const known = reasons.filter((reason) => reason !== null);
  return known.length === 0 ? null : known.join('; ');
}
