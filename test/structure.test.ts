// The walls of the house, all in one place: which folder may import which, which packages and parts of Node each may use, and that
// names are declared once. Reads the sources as text, dynamic imports included.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const SRC = join(ROOT, 'src');
const MAX_LINES = 300;

/** Below the command line. */
const HOUSE = [
  ...[
    'replay',
    'check',
    'demo',
    'recordings',
    'net',
    'dashboard',
    'diagnosis',
    'capture',
    'transcript',
    'ends',
    'relay',
  ],
  ...['words', 'filter', 'dialogue', 'files', 'protocol'],
];

/** What each folder may import, besides itself. `.` holds the library's entry. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  files: ['protocol'],
  dialogue: ['protocol'],
  filter: ['dialogue', 'protocol'],
  words: ['dialogue', 'protocol'],
  relay: ['dialogue', 'protocol'],
  diagnosis: ['words', 'dialogue', 'protocol'],
  ends: ['dialogue', 'protocol'],
  transcript: ['words', 'dialogue', 'files', 'protocol'],
  capture: ['dialogue', 'protocol'],
  dashboard: ['filter', 'words', 'dialogue', 'protocol'],
  net: ['relay', 'diagnosis', 'ends', 'dialogue', 'files', 'protocol'],
  recordings: ['transcript', 'capture', 'dialogue', 'files', 'protocol'],
  demo: ['ends', 'dialogue', 'protocol'],
  check: ['diagnosis', 'ends', 'words', 'dialogue', 'protocol'],
  replay: ['recordings', 'ends', 'words', 'dialogue', 'protocol'],
  'cli/program': HOUSE,
  'cli/options': ['cli/program', ...HOUSE],
  'cli/tls': ['cli/options', 'cli/program', ...HOUSE],
  'cli/recordings': ['cli/tls', 'cli/options', 'cli/program', ...HOUSE],
  'cli/screen': ['cli/recordings', 'cli/tls', 'cli/options', 'cli/program', ...HOUSE],
  'cli/proxy': ['cli/screen', 'cli/recordings', 'cli/tls', 'cli/options', 'cli/program', ...HOUSE],
  cli: ['cli/proxy', 'cli/screen', 'cli/recordings', 'cli/tls', 'cli/options', 'cli/program', ...HOUSE],
  '.': ['net', 'ends', 'relay', 'dialogue', 'protocol'],
};

/** Floors that are told everything that they go by. */
const PURE = ['protocol', 'dialogue', 'relay', 'diagnosis', 'filter', 'words'];

/** Where a package, or a part of Node, may be imported: a folder or one file. What is not listed may be used nowhere. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  commander: ['cli'],
  blessed: ['dashboard/terminal/terminal.ts'],
  pino: ['transcript'],
  'pcap-parser': ['capture/file/pcap-file.ts'],
  koffi: ['net/linux/kernel.ts'],
  'ipaddr.js': ['protocol', 'net/linux', 'capture'],
  '@peculiar/x509': ['net/tls/certificate-minting.ts'],
  'reflect-metadata': ['net/tls/certificate-minting.ts'],
  'node:net': ['ends', 'net'],
  'node:tls': ['ends/tls'],
  'node:worker_threads': ['net/linux'],
  'node:dns': ['net'],
  'node:dns/promises': ['net', 'check/addresses.ts'],
  'node:fs': ['files', 'ends/port-ranges.ts', 'net', 'transcript', 'recordings', 'cli'],
  'node:fs/promises': ['files', 'net', 'recordings', 'cli'],
  'node:os': ['net', 'recordings', 'cli'],
  'node:path': ['net', 'transcript', 'recordings', 'cli'],
  'node:url': ['protocol', 'net/tls'],
  'node:tty': ['dashboard', 'cli'],
  'node:timers/promises': ['replay', 'cli'],
  'node:events': ['capture/file', 'dashboard/terminal', 'replay', 'cli'],
  'node:stream': ['ends/tls'],
  'node:stream/promises': ['cli'],
  'node:util': ['protocol', 'ends'],
  'node:zlib': ['capture/file'],
  'node:crypto': [
    'ends',
    'net',
    'transcript',
    'recordings',
    'capture',
    'replay',
    'check/probes/writing.ts',
    'demo',
    'cli',
  ],
  'node:buffer': ['transcript'],
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'))
  .sort();
const texts = new Map(files.map((file) => [file, readFileSync(join(SRC, file), 'utf8')]));
/** What stands in quotes behind `from` or `import`, of each file. */
const specifiers = new Map(files.map((file) => [file, specifiersIn(texts.get(file) ?? '')]));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function specifiersIn(text: string): string[] {
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*['"]([@\w.:/-]+)['"]/g)].map(([, specifier = '']) => specifier);
}

function exportedNamesIn(text: string): string[] {
  const declarations = /^export (?:async |abstract |declare )*(?:class|function\*?|const|interface|type|enum) (\w+)/gm;
  return [...text.matchAll(declarations)].map(([, name = '']) => name);
}

function importsOf(file: string): string[] {
  const own = (specifiers.get(file) ?? []).filter((specifier) => specifier.startsWith('.'));
  return own.map((to) => relative(SRC, join(SRC, dirname(file), to.replace(/\.js$/, '.ts'))).replaceAll('\\', '/'));
}

function mayUse(file: string, name: string): boolean {
  return (PACKAGES[name] ?? []).some((place) => isAt(file, place));
}

function isAt(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
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

  test('packages and parts of Node are imported only where they belong', () => {
    const strays = files.flatMap((file) =>
      (specifiers.get(file) ?? [])
        .filter((name) => !name.startsWith('.') && !mayUse(file, name))
        .map((name) => `${file} imports ${name}`),
    );
    expect(strays).toEqual([]);
  });

  test('pure floors ask nobody for the time, chance or the system', () => {
    const impure = /\b(?:setTimeout|setInterval|setImmediate|Date\.now|performance\.|process\.|Math\.random)/;
    const strays = files.filter((file) => PURE.includes(folderOf(file)) && impure.test(texts.get(file) ?? ''));
    expect(strays).toEqual([]);
  });

  test('nothing goes by chance that can be predicted', () => {
    expect(files.filter((file) => /\bMath\.random\b/.test(texts.get(file) ?? ''))).toEqual([]);
  });

  test('no package is allowed where nothing uses it', () => {
    const idle = Object.entries(PACKAGES).flatMap(([name, places]) =>
      places
        .filter((place) => !files.some((file) => isAt(file, place) && specifiers.get(file)?.includes(name)))
        .map((place) => `${name} in ${place}`),
    );
    expect(idle).toEqual([]);
  });

  test(`no file is longer than ${MAX_LINES} lines`, () => {
    const long = files.filter((file) => (texts.get(file) ?? '').split('\n').length - 1 > MAX_LINES);
    expect(long).toEqual([]);
  });

  test('every file says in its first lines what it is', () => {
    const silent = files.filter((file) => {
      const lines = (texts.get(file) ?? '').split('\n').filter((line) => !line.startsWith('#!'));
      return !(lines[0] ?? '').startsWith('//');
    });
    expect(silent).toEqual([]);
  });

  test('the pages about the code name files that are there', () => {
    const pages = ['ARCHITECTURE.md', 'docs/decisions.md'].map((page) => readFileSync(join(ROOT, page), 'utf8'));
    const named = pages.flatMap((page) =>
      [...page.matchAll(/`((?:src|test)\/[\w./-]+)`/g)].map(([, path = '']) => path),
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('no exported name is declared twice', () => {
    const declared = new Map<string, string[]>();
    for (const file of files) {
      for (const name of exportedNamesIn(texts.get(file) ?? '')) {
        declared.set(name, [...(declared.get(name) ?? []), file]);
      }
    }
    const twice = [...declared].filter(([, places]) => places.length > 1);
    expect(twice.map(([name, places]) => `${name}: ${places.join(', ')}`)).toEqual([]);
  });

  test('no file is called after nothing in particular', () => {
    expect(files.filter((file) => /util|helper|manager|misc|common\b/i.test(file))).toEqual([]);
  });

  test('every folder of src has its tests', () => {
    const folders = [...new Set(files.map(folderOf))].filter((folder) => folder !== '.');
    expect(folders.filter((folder) => !existsSync(join(ROOT, 'test', folder)))).toEqual([]);
  });
});
