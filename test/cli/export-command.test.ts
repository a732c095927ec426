// `ftpscope export`, as people run it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { decodeFile } from '../capture/export/decoded.js';
import { temporaryFolder } from '../transcript/temporary-folder.js';
import { BIN, runProgram } from './program.js';

const DEMO = fileURLToPath(new URL('../../fixtures/demo-session.ndjson', import.meta.url));
const target = (name = 'out.pcapng') => join(temporaryFolder(), name);
const TOLD =
  'ftpscope: warning: the bytes of 8 transfers are not in the recording: they are a gap in the sequence numbers\n' +
  'Wireshark looks for FTP at port 21: give it -d tcp.port==42299,ftp to find it here\n';

describe('a transcript', () => {
  test('becomes a file of its owner alone', async () => {
    const file = target();
    const { status, stdout, stderr } = await runProgram(['export', DEMO, '--pcapng', file]);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: TOLD });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = decodeFile(readFileSync(file)).map(({ payload }) => payload.toString('latin1'));
    expect(text).toContain('USER demo\r\n');
    expect(text).toContain('PASS ****\r\n');
  });

  test('becomes packets on stdout, and nothing is said with --quiet', () => {
    const packets = execFileSync(process.execPath, [BIN, 'export', DEMO, '--pcapng', '-', '--quiet']);
    expect(decodeFile(packets).length).toBeGreaterThan(50);
  });

  test('that is cut gives what is whole, and status 1', async () => {
    const [file, cut] = [target(), target('cut.ndjson')];
    writeFileSync(cut, readFileSync(DEMO).subarray(0, 5000));
    const { status, stderr } = await runProgram(['export', cut, '--pcapng', file]);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/cut\.ndjson: line \d+ ends in the middle/)]);
    expect(decodeFile(readFileSync(file)).length).toBeGreaterThan(5);
  });

  test('that is damaged gives what stands before the damage', async () => {
    const [file, damaged] = [target(), target('damaged.ndjson')];
    const lines = readFileSync(DEMO, 'utf8').split('\n');
    writeFileSync(damaged, [...lines.slice(0, 10), 'rubbish', ...lines.slice(10)].join('\n'));
    const { status, stderr } = await runProgram(['export', damaged, '--pcapng', file]);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/damaged\.ndjson: line 11 is not whole/)]);
    expect(decodeFile(readFileSync(file)).length).toBeGreaterThan(5);
  });
});

describe('an encrypted capture', () => {
  const capture = fileURLToPath(new URL('../../fixtures/ftps/curl-tls13.pcap', import.meta.url));
  const keys = fileURLToPath(new URL('../../fixtures/ftps/curl-tls13.keys', import.meta.url));

  test('is exported in the clear, with its secrets where that is asked for', async () => {
    const [plain, withKeys] = [target(), target('keys.pcapng')];
    await runProgram(['export', capture, '--keylog', keys, '--pcapng', plain]);
    expect(decodeFile(readFileSync(plain)).map(({ payload }) => payload.toString('latin1'))).toContain('PBSZ 0\r\n');
    expect(readFileSync(plain).includes('CLIENT_TRAFFIC_SECRET_0')).toBe(false);
    await runProgram(['export', capture, '--keylog', keys, '--embed-keys', '--pcapng', withKeys]);
    expect(readFileSync(withKeys).includes(readFileSync(keys))).toBe(true);
  });

  test('wants a key log for that, and one that can be read', async () => {
    const asked = ['export', capture, '--pcapng', target()];
    expect((await runProgram([...asked, '--embed-keys'])).stderr).toContain(
      '--embed-keys writes the secrets of --keylog',
    );
    const { status, stderr } = await runProgram([...asked, '--keylog', '/nowhere/keys']);
    expect([status, stderr]).toEqual([2, expect.stringContaining("'/nowhere/keys' is invalid. cannot read it")]);
  });
});

describe('a file that exists', () => {
  test('is left alone', async () => {
    const file = target();
    writeFileSync(file, 'mine');
    const { status, stderr } = await runProgram(['export', DEMO, '--pcapng', file]);
    expect([status, stderr]).toEqual([
      2,
      `ftpscope: ${file} exists: choose another file, or say --force to replace it\n`,
    ]);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('is replaced with --force, and is of its owner alone from then on', async () => {
    const file = target();
    writeFileSync(file, 'x'.repeat(1_000_000), { mode: 0o644 });
    expect(await runProgram(['export', DEMO, '--pcapng', file, '--force', '-q'])).toMatchObject({ status: 0 });
    expect(decodeFile(readFileSync(file)).length).toBeGreaterThan(50);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('is never the recording itself', async () => {
    const file = target('copy.ndjson');
    writeFileSync(file, readFileSync(DEMO));
    const { status, stderr } = await runProgram(['export', file, '--pcapng', file, '--force']);
    expect([status, stderr]).toEqual([2, `ftpscope: ${file} is the recording itself: choose another file\n`]);
    expect(readFileSync(file).equals(readFileSync(DEMO))).toBe(true);
  });
});

describe('mistakes get one clear line, and leave no file', () => {
  test.each([
    [[DEMO], 2, /required option '--pcapng <file>' not specified/],
    [['/no/such.ndjson', '--pcapng', '?'], 2, /^ftpscope: cannot read \/no\/such\.ndjson: no such file or directory$/],
    [[fileURLToPath(import.meta.url), '--pcapng', '?'], 1, /export-command\.test\.ts/],
    [
      [DEMO, '--pcapng', '/no/such/out.pcapng', '-q'],
      1,
      /^ftpscope: cannot write \/no\/such\/out\.pcapng: no such file/,
    ],
    [[DEMO, '--pcapng', '?', '--session', '9'], 2, /^ftpscope: there is no session 9 in it; it has 1$/],
    [[DEMO, '--pcapng', '?', '--leg', 'left'], 2, /Allowed choices are client, server/],
  ])('%j', async (argv, status, line) => {
    const file = target();
    const told = await runProgram(['export', ...argv.map((word) => (word === '?' ? file : word))]);
    expect({ status: told.status, stdout: told.stdout }).toEqual({ status, stdout: '' });
    expect(told.stderr.trimEnd()).toMatch(line);
    expect(told.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(file)).toBe(false);
  });
});
