// The house holds: imports go downwards only and in no circle, files are short and say what they are. The lint says the same
// of packages, file by file; this looks at the whole.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const SRC = join(ROOT, 'src');
const MAX_LINES = 250;
const MAX_OPENING_COMMENT_LINES = 6;

/** Below the command line. */
const HOUSE = ['demo', 'replay', 'net', 'transcript', 'capture', 'dashboard', 'filter', 'words', 'session', 'protocol'];

/** What each folder may import, besides itself. `.` holds the library's entry. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  session: ['protocol'],
  filter: ['session', 'protocol'],
  words: ['session', 'protocol'],
  net: ['session', 'protocol'],
  transcript: ['words', 'session', 'protocol'],
  capture: ['session', 'protocol'],
  dashboard: ['filter', 'words', 'session', 'protocol'],
  replay: ['net', 'transcript', 'capture', 'words', 'session', 'protocol'],
  demo: [],
  'cli/program': HOUSE,
  'cli/options': ['cli/program', ...HOUSE],
  'cli/tls': ['cli/options', 'cli/program', ...HOUSE],
  'cli/recordings': ['cli/tls', 'cli/options', 'cli/program', ...HOUSE],
  'cli/screen': ['cli/recordings', 'cli/tls', 'cli/options', 'cli/program', ...HOUSE],
  'cli/proxy': ['cli/screen', 'cli/recordings', 'cli/tls', 'cli/options', 'cli/program', ...HOUSE],
  cli: ['cli/proxy', 'cli/screen', 'cli/recordings', 'cli/tls', 'cli/options', 'cli/program', ...HOUSE],
  '.': ['net', 'session', 'protocol'],
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'))
  .sort();
const texts = new Map(files.map((file) => [file, readFileSync(join(SRC, file), 'utf8')]));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function importsOf(file: string): string[] {
  const found = (texts.get(file) ?? '').matchAll(/from '(\.{1,2}\/[^']+)\.js'/g);
  return [...found].map((match) => relative(SRC, join(SRC, dirname(file), `${match[1]}.ts`)).replaceAll('\\', '/'));
}

/** The command line has floors of its own. */
function folderOf(file: string): string {
  const folders = dirname(file).split('/');
  return folders.slice(0, folders[0] === 'cli' ? 2 : 1).join('/');
}

/** The files of a circle through `file`, or null. */
function circleThrough(file: string): string[] | null {
  const search = (at: string, path: readonly string[]): string[] | null => {
    for (const next of imports.get(at) ?? []) {
      if (next === file) return [...path, next];
      if (path.includes(next) || visited.has(next)) continue;
      visited.add(next);
      const found = search(next, [...path, next]);
      if (found) return found;
    }
    return null;
  };
  const visited = new Set<string>();
  return search(file, [file]);
}

describe('structure', () => {
  test('every folder has its floor', () => {
    expect([...new Set(files.map(folderOf))].filter((folder) => !(folder in FLOORS))).toEqual([]);
  });

  test('imports go downwards only', () => {
    const upwards = files.flatMap((file) =>
      (imports.get(file) ?? [])
        .filter((to) => folderOf(to) !== folderOf(file) && !FLOORS[folderOf(file)]?.includes(folderOf(to)))
        .map((to) => `${file} imports ${to}`),
    );
    expect(upwards).toEqual([]);
  });

  test('every import leads to a file', () => {
    const lost = files.flatMap((file) => (imports.get(file) ?? []).filter((to) => !texts.has(to)));
    expect(lost).toEqual([]);
  });

  test('no imports run in a circle, types included', () => {
    const circles = files.map(circleThrough).filter((circle) => circle !== null);
    expect(circles.map((circle) => circle.join(' -> '))).toEqual([]);
  });

  test('pcap-parser is imported in one file', () => {
    expect(files.filter((file) => /from 'pcap-parser'/.test(texts.get(file) ?? ''))).toEqual([
      'capture/file/pcap-file.ts',
    ]);
  });

  test(`no file is longer than ${MAX_LINES} lines`, () => {
    const long = files.filter((file) => (texts.get(file) ?? '').split('\n').length - 1 > MAX_LINES);
    expect(long).toEqual([]);
  });

  test('every file says in its first lines what it is', () => {
    const silent = files.filter((file) => {
      const lines = (texts.get(file) ?? '').split('\n').filter((line) => !line.startsWith('#!'));
      const comment = lines.findIndex((line) => !line.startsWith('//'));
      return comment < 1 || comment > MAX_OPENING_COMMENT_LINES;
    });
    expect(silent).toEqual([]);
  });

  test('no file is called after nothing in particular', () => {
    expect(files.filter((file) => /util|helper|manager|misc|common\b/i.test(file))).toEqual([]);
  });

  test('every folder of src has its tests', () => {
    const folders = [...new Set(files.map(folderOf))].filter((folder) => folder !== '.');
    expect(folders.filter((folder) => !existsSync(join(ROOT, 'test', folder)))).toEqual([]);
  });
});
