// Fills in what lines of other versions of ftpscope lack, so that transcripts stay readable: causes came later than the rest, and
// may get new words. Knows nothing of the text beside them: it is not read to guess a cause.
import type { SessionCause } from '../dialogue/observation.js';
import { isSessionCause } from './observation-shapes.js';

const NOT_SAID: SessionCause = 'unknown';

/** Changes the object itself: it is the reader's own. */
export function withCause(kind: string, line: object): void {
  if (kind !== 'session-closed') return;
  const { cause }: { readonly cause?: unknown } = line;
  if (cause === undefined || (typeof cause === 'string' && !isSessionCause(cause))) {
    Object.assign(line, { cause: NOT_SAID });
  }
}
