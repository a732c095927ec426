// `--anonymise` of read and export, as people give it: where its secret comes from, and what is written and printed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { givenPseudonyms } from '../../../src/cli/recordings/anonymise-option.js';
import { decodeFile } from '../../capture/export/decoded.js';
import { temporaryFolder } from '../../transcript/temporary-folder.js';
import { runProgram } from '../program.js';

const DEMO = fileURLToPath(new URL('../../../fixtures/demo-session.ndjson', import.meta.url));
/** What the demo's session has of names. */
const NAMES = /\bdemo\b|report|holiday|photos|beach|welcome\.txt|overture|Sample/;

describe('the secret', () => {
  const word = (given: string, environment = {}) => givenPseudonyms(given, 'read', environment)?.word('alice');

  test('is given, the first line of a file, or in the environment', () => {
    const file = join(temporaryFolder(), 'secret');
    writeFileSync(file, 'sesame\nand more\n');
    const title = process.title;
    const given = word('sesame');
    process.title = title;
    expect([word(`@${file}`), word('@', { FTPSCOPE_ANONYMISE: 'sesame' })]).toEqual([given, given]);
  });

  test('is never empty', () => {
    expect(() => word('')).toThrow(
      '--anonymise: the secret is empty: give a SECRET, @FILE, or @ with FTPSCOPE_ANONYMISE set',
    );
    expect(() => word('@')).toThrow('the secret is empty');
    expect(() => word('@/nowhere/secret')).toThrow(
      '--anonymise @/nowhere/secret: cannot read it: no such file or directory',
    );
  });
});

test('read prints and writes what can be passed on, and filters by what was recorded', async () => {
  const file = join(temporaryFolder(), 'passed-on.ndjson');
  const run = await runProgram(['read', DEMO, '--anonymise', 'sesame', '-w', file, '~user demo']);
  expect([run.status, run.stderr]).toEqual([0, '']);
  expect(run.stdout).toContain('PASS ****');
  expect(run.stdout + readFileSync(file, 'utf8')).not.toMatch(NAMES);
  const again = await runProgram(['read', file]);
  expect(again.stdout).toBe(run.stdout);
});

test.each(['--sessions', '--transfers', '--json'])('read %s prints it, too', async (form) => {
  const { status, stdout } = await runProgram(['read', DEMO, '--anonymise', 'sesame', form]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/127\.0\.0\.1/);
  expect(stdout).not.toMatch(NAMES);
});

test('export writes packets without names and payloads', async () => {
  const file = join(temporaryFolder(), 'passed-on.pcapng');
  const { status } = await runProgram(['export', DEMO, '--anonymise', 'sesame', '--pcapng', file]);
  expect(status).toBe(0);
  const text = decodeFile(readFileSync(file)).map(({ payload }) => payload.toString('latin1'));
  expect(text.filter((line) => /^RETR p\w{8}\.pdf\r\n$/.test(line))).toHaveLength(2);
  expect(readFileSync(file, 'latin1')).not.toMatch(NAMES);
});

test.each([
  ['read', '--payloads', 'folder'],
  ['read', '--dashboard'],
  ['export', '--show-secrets', '--pcapng', '-'],
  ['export', '--payloads', 'folder', '--pcapng', '-'],
])('%s does not take it together with %s', async (command, ...others) => {
  const { status, stderr } = await runProgram([command, DEMO, '--anonymise', 'sesame', ...others]);
  expect(status).toBe(2);
  expect(stderr).toContain('cannot be used with');
});

test('without a secret nothing is written', async () => {
  const { status, stdout, stderr } = await runProgram(['read', DEMO, '--anonymise', '']);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^ftpscope: --anonymise: the secret is empty[^\n]*\n$/);
});
