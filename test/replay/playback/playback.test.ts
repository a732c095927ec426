// A recording shown again, by its own times.
import { describe, expect, test } from 'vitest';
import { playBack } from '../../../src/replay/playback/playback.js';
import { observationsOf, STEP_MS } from '../recorded-dialogue.js';

const LINES = ['< 220 Ready', '> NOOP', '< 200 Ok'];

/** A clock that waiting moves on. */
async function played(
  speed: number,
  only: number | null = null,
  stopAfter = Number.POSITIVE_INFINITY,
  maxPauseMs?: number,
) {
  let time = 0;
  const shown: [number, string][] = [];
  const ending = new AbortController();
  async function* batches() {
    yield observationsOf(LINES, 1);
    yield observationsOf(LINES, 2);
  }
  const result = await playBack(batches(), {
    speed,
    maxPauseMs,
    only,
    show: ({ kind }) => {
      shown.push([time, kind]);
      if (shown.length >= stopAfter) ending.abort();
    },
    flush: async () => {},
    wait: async (ms) => {
      time += ms;
    },
    now: () => time,
    stop: ending.signal,
  });
  return { ...result, times: shown.map(([at]) => at), kinds: shown.map(([, kind]) => kind) };
}

test('each observation in its time', async () => {
  const { times, kinds } = await played(1, 1);
  expect(kinds).toEqual(['session-opened', 'reply', 'command', 'reply', 'session-closed']);
  expect(times).toEqual([0, STEP_MS, 2 * STEP_MS, 3 * STEP_MS, 3 * STEP_MS]);
});

describe('faster', () => {
  test('ten times', async () => {
    expect((await played(10, 1)).times).toEqual([0, 1, 2, 3, 3]);
  });

  test('at once', async () => {
    expect((await played(Number.POSITIVE_INFINITY)).times).toEqual(Array(10).fill(0));
  });
});

test('no pause counts as a longer one than --max-pause', async () => {
  expect((await played(1, 1, undefined, 4)).times).toEqual([0, 4, 8, 12, 12]);
  expect((await played(2, 1, undefined, 4)).times).toEqual([0, 2, 4, 6, 6]);
  expect((await played(Number.POSITIVE_INFINITY, 1, undefined, 4)).times).toEqual([0, 0, 0, 0, 0]);
});

test('sessions that went by side by side: what comes late in the file is not waited for', async () => {
  const { times, shown, sessions } = await played(1);
  expect(times.at(-1)).toBe(3 * STEP_MS);
  expect({ shown, sessions }).toEqual({ shown: 10, sessions: [1, 2] });
});

test('nothing of the session that was asked for', async () => {
  expect(await played(1, 3)).toMatchObject({ shown: 0, sessions: [1, 2] });
});

test('no more once it is to stop', async () => {
  expect((await played(1, null, 2)).shown).toBe(2);
});
