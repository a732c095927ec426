// What somebody who attaches late is told first.
import { expect, test } from 'vitest';
import { RecentLines } from '../../../src/cli/proxy/recent-lines.js';
import { observed } from '../../transcript/observations.js';

function recent(
  maxLines: number,
  ...lines: readonly [session: number, kind: 'session-opened' | 'command' | 'session-closed'][]
) {
  const made = new RecentLines(maxLines);
  for (const [session, kind] of lines) made.add(observed(kind, { session }), `${session} ${kind}`);
  return [...made.all()];
}

test('everything, in order, while there is room', () => {
  expect(recent(10, [1, 'session-opened'], [1, 'command'], [1, 'session-closed'])).toEqual([
    '1 session-opened',
    '1 command',
    '1 session-closed',
  ]);
});

test('beyond that the newest, and how each live session began', () => {
  const many = Array.from({ length: 20 }, () => [2, 'command'] as const).map(
    ([session, kind]) => [session, kind] as [number, 'command'],
  );
  const lines = recent(10, [1, 'session-opened'], [1, 'session-closed'], [2, 'session-opened'], ...many);
  expect(lines[0]).toBe('2 session-opened');
  expect(lines.slice(1).every((line) => line === '2 command')).toBe(true);
  expect(lines.length).toBeLessThan(15);
});
