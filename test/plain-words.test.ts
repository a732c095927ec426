// What people read is in plain English: messages, help and the types of the library. Words that readers of English have to translate are
// named here, with what to say instead.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { USER_PAGES } from './support/documents.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\b(told|tells?) of\b/i, 'reported, reports'],
  [/\b(can|may|could|to) (not )?be had\b/i, 'is available'],
  [/\bwhoever\b/i, 'the user, the peer, anyone who'],
  [/\bnobody\b/i, 'no one, or name who'],
  [/\blet go\b/i, 'dropped'],
  [/\bas (it|they) came\b/i, 'unchanged'],
  [/\bin vain\b/i, 'failed'],
  [/\b(goes|went|gone) by\b/i, 'passes, passed'],
  [/\bheld against\b/i, 'compared with'],
];

const PAGES: readonly string[] = ['ARCHITECTURE.md', 'CONTRIBUTING.md', ...USER_PAGES.map(({ path }) => path)];
/** Files whose comments are read by users of the library. */
const PUBLIC = ['src/index.ts', 'src/dialogue/observation.ts', 'src/net/proxy-options.ts'];

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/${file.replaceAll('\\', '/')}`);

function isComment(line: string): boolean {
  return /^(\/\/|\/?\*)/.test(line.trim());
}

/** The sentences in a line of code: texts in quotes that hold spaces. */
function sentences(line: string): string[] {
  const quoted = line.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`?/g) ?? [];
  return quoted.map((text) => text.replaceAll(/\$\{[^}]*\}/g, '')).filter((text) => text.includes(' '));
}

function findings(file: string, textsOf: (line: string) => readonly string[]): string[] {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
  return lines.flatMap((line, index) =>
    textsOf(line).flatMap((text) =>
      FORBIDDEN.filter(([word]) => word.test(text)).map(
        ([, instead]) => `${file}:${index + 1}: ${text.trim()} (say: ${instead})`,
      ),
    ),
  );
}

test('in every message', () => {
  const found = sources.flatMap((file) => findings(file, (line) => (isComment(line) ? [] : sentences(line))));
  expect(found).toEqual([]);
});

test('in the comments of the library', () => {
  const found = PUBLIC.flatMap((file) => findings(file, (line) => (isComment(line) ? [line] : [])));
  expect(found).toEqual([]);
});

test('in the pages', () => {
  expect(PAGES.flatMap((page) => findings(page, (line) => [line]))).toEqual([]);
});
