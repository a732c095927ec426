// The values of -w and --rotate.
import { describe, expect, test } from 'vitest';
import { parseRotation, parseTranscriptName } from '../../../src/cli/options/recording-values.js';
import { UsageError } from '../../../src/cli/program/errors.js';

const ROTATION = 'Give a size such as 100M or 2G (1K at least), or a time such as 30m or 1h (1s at least).';

describe('when a new file begins', () => {
  test.each([
    ['100M', { maxBytes: 100 * 1024 ** 2 }],
    ['1.5G', { maxBytes: 1.5 * 1024 ** 3 }],
    ['2KiB', { maxBytes: 2048 }],
    ['100m', { maxAgeMs: 100 * 60_000 }],
    ['1h', { maxAgeMs: 3_600_000 }],
    ['90s', { maxAgeMs: 90_000 }],
  ])('%s', (text, rotation) => {
    expect(parseRotation(text)).toEqual(rotation);
  });

  test.each(['', '100', '0M', '0.5s', '1x', '-1M', '1h30m', '0.9K'])('not %j', (text) => {
    expect(() => parseRotation(text)).toThrow(new UsageError(ROTATION));
  });
});

describe('what a transcript is called', () => {
  test.each(['session.ndjson', 'ftp-%Y%m%d.ndjson', '100%%'])('%s', (text) => {
    expect(parseTranscriptName(text)).toBe(text);
  });

  test('not with a field that stands for nothing, and not nothing', () => {
    expect(() => parseTranscriptName('ftp-%y')).toThrow(
      new UsageError("%y in a file's name stands for nothing: there are %Y %m %d %H %M %S %%."),
    );
    for (const text of ['', '-']) expect(() => parseTranscriptName(text)).toThrow(UsageError);
  });
});
