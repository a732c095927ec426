// What people are told of a replayed session.
import { expect, test } from 'vitest';
import type { ReplayedSession } from '../../../src/replay/client/replay-sessions.js';
import { sessionReport } from '../../../src/replay/client/report.js';
import { UNEVENTFUL } from '../../support/replaying.js';
import { recordedSession } from '../recorded-dialogue.js';

const LOGIN = ['< 220 Ready', '> USER me', '< 331 P', '> PASS x', '< 230 W', '> QUIT', '< 221 Bye'];

/** A session of which the first `heard` commands were answered. */
function stopped(heard: number, exchange: number | null): string {
  const recorded = recordedSession(LOGIN);
  const session = { ...recorded, exchanges: recorded.exchanges.slice(0, heard) };
  const played = { session, ...UNEVENTFUL, stopped: { exchange, why: 'so' }, connected: true, durationMs: 1 };
  const replayed: ReplayedSession = { recorded, played, differences: [], exchanges: 0, payloads: 0, recordedMs: 1 };
  return sessionReport(replayed, { columns: 80, listsAll: false, strict: false }).at(-1)?.trim() ?? '';
}

function differing(listsAll: boolean): string[] {
  const recorded = recordedSession(LOGIN);
  const played = { session: recorded, ...UNEVENTFUL, stopped: null, connected: true, durationMs: 1 };
  const one = { exchange: 1, command: 'USER me', recorded: ['331 P'], replayed: ['331 Q'] };
  const differences = (['texts', 'texts', 'timing'] as const).map((aspect) => ({ ...one, aspect, matters: false }));
  const replayed: ReplayedSession = { recorded, played, differences, exchanges: 3, payloads: 0, recordedMs: 1 };
  return sessionReport(replayed, { columns: 80, listsAll, strict: false });
}

test('differences that do not matter are summed up in one line, or listed', () => {
  expect(differing(false).slice(1)).toEqual([
    '  3 differences that do not matter (2 in texts, 1 in timing): -v lists them',
  ]);
  expect(differing(true).filter((line) => line.includes('(does not matter)'))).toHaveLength(3);
});

test('where it stopped, and what was not replayed', () => {
  expect(stopped(1, 1)).toBe('stopped at #1 USER me: so; 2 commands behind it not replayed');
  expect(stopped(1, 2)).toBe('stopped at #2 PASS ****: so; 1 command behind it not replayed');
  expect(stopped(2, 3)).toBe('stopped at #3 QUIT: so');
  expect(stopped(0, null)).toBe('stopped: so; 3 commands not replayed');
});
