// The values of the options of recording. Pure, as `values.ts` is.
import type { Rotation } from '../../transcript/rotating-transcript.js';
import { TIME_FIELDS, unknownTimeField } from '../../transcript/transcript-names.js';
import { UsageError } from '../program/errors.js';
import { parseDuration, parsePath } from './values.js';

/** A file to write, which may hold fields of the time. */
export function parseTranscriptName(text: string): string {
  const unknown = unknownTimeField(text);
  if (unknown === null) return parsePath(text);
  throw new UsageError(`${unknown} in a file's name stands for nothing: there are ${TIME_FIELDS.join(' ')}.`);
}

const BYTES_BY_UNIT: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };
const MIN_BYTES = 1024;
const MIN_AGE_MS = 1000;

/** `100M`, `2GiB`: a size. `30m`, `1h`: a time. What differs by its case alone is told apart by it. */
export function parseRotation(text: string): Rotation {
  const size = /^(\d{1,9}(?:\.\d{1,3})?)([KMGT])(?:i?B)?$/.exec(text);
  if (size !== null) {
    const bytes = Math.round(Number(size[1]) * (BYTES_BY_UNIT[size[2] ?? ''] ?? 0));
    if (bytes >= MIN_BYTES) return { maxBytes: bytes };
  } else if (/^[\d.]+(s|m|min|h)$/.test(text)) {
    const ms = parseDuration(text);
    if (ms >= MIN_AGE_MS) return { maxAgeMs: ms };
  }
  throw new UsageError('Give a size such as 100M or 2G (1K at least), or a time such as 30m or 1h (1s at least).');
}
