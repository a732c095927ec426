// Progress is told on terminals, of work that takes long, and leaves nothing behind.
import { expect, test } from 'vitest';
import { Progress } from '../../../src/cli/program/progress.js';

const MIB = 1024 ** 2;

function progressOf(totalBytes: number | null) {
  const written: string[] = [];
  const clock = { at: 5000 };
  const progress = new Progress({ write: (text) => written.push(text), totalBytes, now: () => clock.at });
  const add = (bytes: number, afterMs: number) => {
    clock.at += afterMs;
    progress.add(bytes);
  };
  return { written, progress, add };
}

test('short work says nothing', () => {
  const { written, progress, add } = progressOf(MIB);
  add(MIB, 999);
  progress.erase();
  expect(written).toEqual([]);
});

test('long work says how far it is, now and then, and is erased', () => {
  const { written, progress, add } = progressOf(4 * MIB);
  for (const afterMs of [500, 500, 100, 100]) add(MIB, afterMs);
  expect(written).toEqual(['\r\x1b[K50 % read, 2 MiB/s', '\r\x1b[K100 % read, 3.3 MiB/s']);
  progress.erase();
  progress.erase();
  expect(written.slice(2)).toEqual(['\r\x1b[K']);
});

test('without a size it says how much', () => {
  const { written, add } = progressOf(null);
  add(3 * MIB, 1500);
  expect(written).toEqual(['\r\x1b[K3 MiB read, 2 MiB/s']);
});

test('without a terminal it says nothing', () => {
  const progress = new Progress({ write: null, totalBytes: 1, now: () => Number.MAX_SAFE_INTEGER });
  progress.add(1);
  progress.erase();
});
