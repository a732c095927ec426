// The truth of real captures, from a folder beside the project that is not part of it (../shared/corpus, see its README).
// Without that folder the tests that need it are skipped, and their names say why.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe } from 'vitest';

export interface ControlLine {
  readonly dir: 'C' | 'S';
  /** Without its line end, one character a byte. */
  readonly line: string;
}

interface Truth {
  readonly control: readonly { readonly lines: readonly ControlLine[] }[];
}

const TRUTH = new URL('../../../shared/corpus/truth/', import.meta.url);
const present = existsSync(TRUTH);

/** A `describe` that is skipped without the corpus. */
export function describeWithCorpus(name: string, body: () => void): void {
  if (present) describe(name, body);
  else describe.skip(`${name} (skipped: ../shared/corpus is missing)`, body);
}

/** Names of the captures, without those that hold the same traffic in another container. */
export function captureNames(): string[] {
  if (!present) return [];
  const files = readdirSync(TRUTH).filter((file) => file.endsWith('.json') && !file.startsWith('variants__'));
  return files.map((file) => file.slice(0, -'.json'.length)).sort();
}

/** What one side of a capture's control connection says, line by line. */
export function linesOf(capture: string, dir: ControlLine['dir']): string[] {
  const truth = JSON.parse(readFileSync(new URL(`${capture}.json`, TRUTH), 'utf8')) as Truth;
  const lines = truth.control.flatMap((connection) => connection.lines);
  return lines.filter((one) => one.dir === dir).map(({ line }) => line);
}
