// The program as it is installed: what it needs of Node, and what an install that is not whole says. bin/ and scripts/prepare.js are
// run from copies, so that nothing of this clone is near them.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tooOld } from '../../bin/node-version.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MANIFEST: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** A folder with `bin`, `scripts` and the given files. */
function copy(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'ftpscope-install-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['bin', 'scripts', 'package.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

function run(folder: string, script: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, script)], { encoding: 'utf8' });
  return { status, stdout, stderr: stderr.replaceAll(folder, 'FOLDER') };
}

describe('Node', () => {
  test.each(['12.22.12', '18.20.8', '20.18.3'])('%s is too old, in one sentence', (version) => {
    expect(tooOld(version)).toBe(`Node.js ${version} is too old, 20.19 or newer is needed: see https://nodejs.org`);
  });

  test.each(['20.19.0', '22.1.0', '26.0.0'])('%s is new enough', (version) => {
    expect(tooOld(version)).toBeNull();
  });

  test('package.json says the same', () => {
    expect(MANIFEST).toMatchObject({ engines: { node: '>=20.19' } });
  });

  test.each(['bin/ftpscope.js', 'bin/node-version.js', 'scripts/prepare.js'])(
    '%s is in the words of Node 12',
    (file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      // `?.`, `??`, `||=` and `await` at the top: each is a SyntaxError there.
      expect(text).not.toMatch(
        /\?\.[a-zA-Z[(]|\?\?|\|\|=|&&=|^(?:const .*= )?await |\.at\(|replaceAll|\bclass \w+ \{\n {2}#/m,
      );
    },
  );
});

describe('an install that is not whole says so in one line', () => {
  test('a clone that was not built', () => {
    expect(run(copy({ 'tsconfig.json': '' }), 'bin/ftpscope.js')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'ftpscope: not built yet: run "npm ci" and "npm run build" in FOLDER\n',
    });
  });

  test('a package that was not built', () => {
    expect(run(copy(), 'bin/ftpscope.js')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'ftpscope: installed without being built: install it again, without --ignore-scripts\n',
    });
  });

  test('a package that it needs is missing', () => {
    expect(run(copy({ 'dist/cli/main.js': 'import "commander";' }), 'bin/ftpscope.js')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'ftpscope: the package commander is missing: install ftpscope again\n',
    });
  });

  test('npm ci without the compiler', () => {
    expect(run(copy(), 'scripts/prepare.js')).toEqual({
      status: 0,
      stdout: '',
      stderr:
        'ftpscope: not built: the compiler is missing (--omit=dev); run "npm ci" without it, then "npm prune --omit=dev"\n',
    });
  });

  test("npm ci without the compiler's program, over a build", () => {
    const folder = copy({ 'node_modules/typescript/package.json': '{}', 'dist/cli/main.js': '' });
    const { status, stderr } = run(folder, 'scripts/prepare.js');
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^ftpscope: not built again: the compiler's program is missing \(--omit=optional\); [^\n]*\n$/,
    );
  });
});

/** Relative links of a page, without fragments. */
function linksOf(page: string): string[] {
  const links = readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g);
  return [...links].map(([, link = '']) => link);
}

test('the package holds what its README links to', () => {
  const { files } = MANIFEST as { readonly files: readonly string[] };
  const packed = (link: string) =>
    files.some((one) => link === one || link.startsWith(`${one}/`)) || link === 'LICENSE';
  const links = linksOf('README.md');
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((link) => !packed(link) || !existsSync(join(ROOT, link)))).toEqual([]);
});
