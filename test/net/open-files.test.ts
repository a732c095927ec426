// File descriptors that run out: reported once, and again when there was room in between.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  descriptorsFor,
  mostIdlePorts,
  OpenFiles,
  type OutOfDescriptors,
  sessionsWithin,
} from '../../src/net/open-files.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched(counts: readonly (number | 'all' | null)[]) {
  const left = [...counts];
  const reported: OutOfDescriptors[] = [];
  const inUse = () => left.shift() ?? null;
  const files = new OpenFiles(
    () => 7,
    (error) => reported.push(error),
    100,
    inUse,
  );
  files.clientCame();
  return { files, reported, passes: (ms: number) => vi.advanceTimersByTime(ms), left };
}

describe('a process without file descriptors', () => {
  test('is reported once, however long that lasts', () => {
    const { reported, passes } = watched([99, 'all', 100, 'all']);
    passes(5000);
    expect(reported.map(({ message, sessions }) => [message, sessions])).toEqual([
      ['all 100 file descriptors of the process are in use: clients are dropped before they are seen', 7],
    ]);
  });

  test('and again once there was room', () => {
    const { reported, passes } = watched(['all', 95, 'all', 80, 'all']);
    passes(10_000);
    expect(reported.length).toBe(2);
  });

  test('is looked for only while it is near, or clients come', () => {
    const { files, left, passes } = watched([20, 'all']);
    passes(10_000);
    expect(left).toEqual(['all']);
    files.clientCame();
    files.clientCame();
    passes(100);
    expect(left).toEqual([]);
  });

  test('is not looked for where the system does not tell', () => {
    const { reported, passes } = watched([null, 'all']);
    passes(10_000);
    expect(reported).toEqual([]);
  });
});

test('as many sessions as fit need no more descriptors than there are', () => {
  expect(descriptorsFor(sessionsWithin(1024))).toBeLessThanOrEqual(1024);
  expect(sessionsWithin(10)).toBe(0);
});

test('ports that rest take a small share', () => {
  expect([64, 1024, 4096, 1_048_576, null].map((limit) => mostIdlePorts(limit))).toEqual([1, 16, 64, 256, 256]);
});
