// The pages that users read: every option in them is one of the program, every option of the program is in them, and every link leads
// somewhere.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { type Command, CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { program } from '../../src/cli/main.js';
import { anchors, codeSpans, links, PAGES, ROOT, shellBlocks, shellWords, USER_PAGES } from '../support/documents.js';

const MOST_BYTES_OF_README = 9000;

/** Options of other programs in sentences. */
const OF_OTHERS = new Set(['--allow-git', '--cacert', '--ignore-scripts', '--omit']);

/** What stands for a value in sentences, and one that it may be. */
const VALUES: Readonly<Record<string, string>> = {
  FILE: 'some.file',
  FOLDER: 'some-folder',
  FILTER: '~err',
  NAME: 'anna',
  PASSWORD: 'secret',
  HOST: '192.0.2.7',
  SOCKET: 'some.socket',
};

/** What each command wants beside its options. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  proxy: ['ftp://192.0.2.7'],
  read: ['some.ndjson'],
  export: ['some.ndjson', '--pcapng', 'some.pcapng'],
  replay: ['some.ndjson'],
  attach: ['some.socket'],
  check: ['ftp://192.0.2.7'],
  rules: ['--transparent', 'redirect'],
};

/** The program, its actions taken out: it only reads its arguments. */
async function reader(): Promise<Command> {
  const root = await program('ftpscope', true);
  for (const command of root.commands) {
    command.action(() => {}).exitOverride();
    command.configureOutput({ writeOut: () => {}, outputError: () => {} });
  }
  return root;
}

const COMMANDS = (await reader()).commands.filter((command) => command.name() !== 'help');
const OPTIONS = COMMANDS.flatMap((command) => command.options.map(({ long }) => long ?? ''));
const KNOWN = new Set([...OPTIONS, '--help', '--help-all', '--version', ...OF_OTHERS]);

async function mistakeIn(words: readonly string[]): Promise<string | null> {
  try {
    (await reader()).parse(words, { from: 'user' });
    return null;
  } catch (error) {
    // Help and version end commander, too.
    if (!(error instanceof CommanderError)) throw error;
    // The files that the pages name are not here.
    return error.exitCode === 0 || /cannot read it: no such file/.test(error.message) ? null : error.message;
  }
}

/** How to use the program; the other pages in docs/ are about the project. */
const documented = USER_PAGES.filter(({ path }) => !/^docs\/(decisions|proof)/.test(path));
const typed = documented.flatMap((page) =>
  [...shellBlocks(page), ...shellBlocks(page, 'shell')].flatMap(({ commands, line }) =>
    commands.flatMap((command) =>
      Array.from(command.matchAll(/(?<![\w/-])ftpscope (?=[a-z-])/g), ({ index }) => {
        const words = shellWords(command.slice(index)).slice(1);
        return { where: `${page.path}:${line}`, words };
      }),
    ),
  ),
);
const spans = documented.flatMap((page) => codeSpans(page).map((code) => ({ page: page.path, code })));

describe('options', () => {
  test.each(typed.map(({ where, words }) => [where, words] as const))('%s: %j', async (_, words) => {
    expect(await mistakeIn(words)).toBeNull();
  });

  test('in sentences are those of the program', () => {
    const named = spans.flatMap(({ page, code }) =>
      Array.from(code.matchAll(/(?<![\w-])--[a-z][a-z-]*/g), ([option]) => `${page}: ${option}`),
    );
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter((name) => !KNOWN.has(name.replace(/^.*: /, '')))).toEqual([]);
  });

  test.each(
    spans
      .filter(({ code }) => !code.includes(' ... ') && /^(ftpscope [a-z]|-[-a-z]+ )/.test(code))
      .map(({ page, code }) => [page, code] as const),
  )('%s: `%s`', async (_, code) => {
    const words = shellWords(code).map((word) => word.replace(/\b[A-Z]+\b/g, (name) => VALUES[name] ?? name));
    if (words[0] === 'ftpscope') return expect(await mistakeIn(words.slice(1))).toBeNull();
    if (words[0] === undefined || !KNOWN.has(words[0]) || OF_OTHERS.has(words[0])) return;
    const mistakes = COMMANDS.map((command) => {
      const arguments_ = ARGUMENTS[command.name()] ?? [];
      return mistakeIn([command.name(), ...arguments_, ...words]);
    });
    expect(await Promise.all(mistakes)).toContain(null);
  });

  test.each(COMMANDS.map((command) => [command.name(), command] as const))('of %s are all documented', (_, command) => {
    const code = documented.flatMap((page) => [...codeSpans(page), ...shellBlocks(page).flatMap((b) => b.commands)]);
    const names = new Set(code.flatMap((text) => text.match(/--[a-z][a-z-]*/g) ?? []));
    const missing = command.options.map(({ long }) => long ?? '').filter((long) => !names.has(long));
    expect(missing).toEqual([]);
  });
});

describe('links', () => {
  const cases = PAGES.flatMap((page) => links(page).map((target) => [page.path, target] as const));

  test('are found', () => expect(cases.length).toBeGreaterThan(40));

  test.each(cases)('%s -> %s', (path, target) => {
    const [file = '', anchor] = target.split('#');
    const there = file === '' ? path : posix.join(posix.dirname(path), file);
    expect(existsSync(`${ROOT}${there}`), there).toBe(true);
    if (anchor === undefined) return;
    const page = PAGES.find((one) => one.path === there);
    expect(page === undefined ? [] : [...anchors(page)]).toContain(anchor);
  });

  test.each(USER_PAGES.filter(({ path }) => path.startsWith('docs/')).map(({ path }) => path))(
    '%s is in reach of the README',
    (path) => {
      const reached = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'docs/service.md'];
      const targets = PAGES.filter((page) => reached.includes(page.path)).flatMap((page) =>
        links(page).map((target) => posix.join(posix.dirname(page.path), target.replace(/#.*$/, ''))),
      );
      expect(targets).toContain(path);
    },
  );
});

test('the README is short', () => {
  const [readme] = USER_PAGES;
  expect(Buffer.byteLength(readme?.text ?? '')).toBeLessThan(MOST_BYTES_OF_README);
});

describe('a line to look for, by symptom,', () => {
  const rows =
    USER_PAGES[0]?.text
      .match(/^\| symptom [\s\S]*?\n\n/m)?.[0]
      .split('\n')
      .slice(2) ?? [];
  const lines = rows.map((row) => row.split('|')[2] ?? '').flatMap((cell) => codeSpans({ path: '', text: cell }));
  // The program puts the side, the address and the number in.
  const constant = lines.flatMap((line) => line.split(/\.\.\.|client|server|HOST:PORT/).map((part) => part.trim()));

  test.each(constant.filter((part) => part.length > 6 && !part.startsWith('ftpscope ')))('%s', (part) => {
    const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const sayIt = sources.filter((file) =>
      readFileSync(`${ROOT}src/${file}`, 'utf8').includes(part.replace(/^!! /, '')),
    );
    expect(sayIt).not.toEqual([]);
  });
});

test('each page says at once when it is needed', () => {
  const pages = documented.filter(({ path }) => path.startsWith('docs/'));
  const wrong = pages.filter(({ text }) => !/^# .+\n\nYou need this page when /.test(text)).map(({ path }) => path);
  expect(wrong).toEqual([]);
});
