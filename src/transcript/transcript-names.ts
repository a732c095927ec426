// What the files of a transcript are called that goes on for days: by the time, by a number. Pure: knows times and texts, no
// files.
import { extname } from 'node:path';

/** As in strftime: what stands behind a `%`. */
const FIELDS: Readonly<Record<string, (time: Date) => string>> = {
  Y: (time) => String(time.getFullYear()),
  m: (time) => twoDigits(time.getMonth() + 1),
  d: (time) => twoDigits(time.getDate()),
  H: (time) => twoDigits(time.getHours()),
  M: (time) => twoDigits(time.getMinutes()),
  S: (time) => twoDigits(time.getSeconds()),
  '%': () => '%',
};

export const TIME_FIELDS: readonly string[] = Object.keys(FIELDS).map((letter) => `%${letter}`);

const FIELD = /%(.?)/gsu;

/** The first `%` that stands for nothing, with what follows it; null when all do. */
export function unknownTimeField(pattern: string): string | null {
  for (const [field, letter = ''] of pattern.matchAll(FIELD)) if (!Object.hasOwn(FIELDS, letter)) return field;
  return null;
}

/** `ftp-%Y%m%d.ndjson` at a time, in milliseconds since the epoch, as the clocks here show it. */
export function nameAt(pattern: string, atMs: number): string {
  const time = new Date(atMs);
  return pattern.replace(FIELD, (field, letter: string) => FIELDS[letter]?.(time) ?? field);
}

const LEAST_DIGITS = 4;

/** `ftp.ndjson` as `ftp.0001.ndjson`, so that shells list them in their order. */
export function numberedName(name: string, number: number): string {
  const extension = extname(name);
  return `${name.slice(0, name.length - extension.length)}.${String(number).padStart(LEAST_DIGITS, '0')}${extension}`;
}

/** The number behind the highest one that is taken; `taken` are names of the same folder. */
export function nextNumber(name: string, taken: readonly string[]): number {
  const extension = extname(name);
  const start = `${name.slice(0, name.length - extension.length)}.`;
  const numbers = taken
    .filter((other) => other.startsWith(start) && other.endsWith(extension))
    .map((other) => other.slice(start.length, other.length - extension.length))
    .filter((digits) => /^\d{4,9}$/.test(digits))
    .map(Number);
  return numbers.reduce((highest, number) => Math.max(highest, number), 0) + 1;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
