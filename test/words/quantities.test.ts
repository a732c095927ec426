// Sizes, durations and rates: tables of what people read.
import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatRate } from '../../src/words/quantities.js';

test.each([
  [0, '0 B'],
  [812, '812 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1229, '1.2 KiB'],
  [102_348, '99.9 KiB'],
  [102_399, '100 KiB'],
  [1_048_575, '1 MiB'],
  [1_234_567, '1.2 MiB'],
  [15_000_000, '14.3 MiB'],
  [2 * 1024 ** 3, '2 GiB'],
  [5000 * 1024 ** 5, '5000 PiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, '0 ms'],
  [0.04, '0 ms'],
  [0.44, '0.4 ms'],
  [1.25, '1.3 ms'],
  [9.96, '10 ms'],
  [84.2, '84 ms'],
  [999.4, '999 ms'],
  [999.6, '1 s'],
  [12_340, '12.3 s'],
  [59_960, '1 min'],
  [250_000, '4 min 10 s'],
  [3_600_000, '1 h'],
  [7_500_000, '2 h 5 min'],
])('%d milliseconds are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [15_000_000, 1000, '14.3 MiB/s'],
  [100, 2000, '50 B/s'],
  [1, 3000, '0 B/s'],
  [0, 84, null],
  [1000, 0, null],
])('%d bytes in %d ms are %s', (bytes, ms, text) => {
  expect(formatRate(bytes, ms)).toBe(text);
});

test('counts have a plural', () => {
  expect([0, 1, 2].map((count) => formatCount(count, 'command'))).toEqual(['0 commands', '1 command', '2 commands']);
});
