// A trouble in words, wherever it is shown or copied.
import { adviceLines } from '../../words/findings.js';
import type { Trouble } from '../model/troubles.js';
import { wireText } from './row.js';

/** What is said of a trouble, line by line: what happened, in which sessions, why, and what to do. */
export function adviceText({ newest, count, sessions, diagnosis }: Trouble): string[] {
  const numbers = sessions
    .slice(-MAX_NAMED)
    .map((number) => `#${number}`)
    .join(', ');
  const which = `${sessions.length === 1 ? 'session' : `${sessions.length} sessions, the newest`} ${numbers}`;
  const advice = adviceLines(newest).map(({ text }) => text);
  return [
    wireText(newest.title),
    `${count === 1 ? 'once' : `${count} times`}, in ${which}`,
    ...advice,
    `more: ftpscope explain ${diagnosis}`,
  ];
}

const MAX_NAMED = 6;
