// What people are told of a replayed session.
import { expect, test } from 'vitest';
import type { ReplayedSession } from '../../../src/replay/client/replay-sessions.js';
import { sessionReport } from '../../../src/replay/client/report.js';
import { recordedSession } from '../recorded-dialogue.js';

const LOGIN = ['< 220 Ready', '> USER me', '< 331 P', '> PASS x', '< 230 W', '> QUIT', '< 221 Bye'];

/** A session of which the first `heard` commands were answered. */
function stopped(heard: number, exchange: number | null): string {
  const recorded = recordedSession(LOGIN);
  const session = { ...recorded, exchanges: recorded.exchanges.slice(0, heard) };
  const nothing = { listings: new Map(), translated: new Set<number>(), unlike: new Set<number>(), skipped: [] };
  const played = { session, ...nothing, stopped: { exchange, why: 'so' }, connected: true, durationMs: 1 };
  const replayed: ReplayedSession = { recorded, played, differences: [], exchanges: 0, payloads: 0, recordedMs: 1 };
  return sessionReport(replayed, 80).at(-1)?.trim() ?? '';
}

test('where it stopped, and what was not replayed', () => {
  expect(stopped(1, 1)).toBe('stopped at #1 USER me: so; 2 commands behind it not replayed');
  expect(stopped(1, 2)).toBe('stopped at #2 PASS ****: so; 1 command behind it not replayed');
  expect(stopped(2, 3)).toBe('stopped at #3 QUIT: so');
  expect(stopped(0, null)).toBe('stopped: so; 3 commands not replayed');
});
