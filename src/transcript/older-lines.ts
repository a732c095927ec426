// Fills in what lines of other versions of ftpscope lack, so that transcripts stay readable: causes came later than the rest, and
// may get new words. Knows nothing of the text beside them: it is not read to guess a cause.
import { isLinkCause, isSessionCause } from './observation-shapes.js';

interface Unchecked {
  readonly cause?: unknown;
  readonly outcome?: unknown;
  readonly reason?: unknown;
}

/** Changes the object itself: it is the reader's own. */
export function withCause(kind: string, line: object): void {
  if (kind !== 'session-closed' && kind !== 'link-closed') return;
  const { cause, outcome, reason }: Unchecked = line;
  const isKnown = kind === 'session-closed' ? isSessionCause : isLinkCause;
  if (typeof cause === 'string' && !isKnown(cause)) Object.assign(line, { cause: 'unknown' });
  if (cause !== undefined) return;
  // A transfer that went through without remark has no cause.
  const hasNone = kind === 'link-closed' && outcome === 'complete' && reason === null;
  Object.assign(line, { cause: hasNone ? null : 'unknown' });
}
