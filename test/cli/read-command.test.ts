// `ftpscope read`, as people run it.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { observationLines } from '../../src/transcript/ndjson.js';
import { type CapturedPacket, pcap } from '../capture/capture-files.js';
import { capturedDownloads } from '../capture/captured-session.js';
import { Packets } from '../capture/ftp-capture-file.js';
import { command, endpoint, NOON, observed, reply } from '../transcript/observations.js';
import { temporaryFolder } from '../transcript/temporary-folder.js';
import { BIN, type Ended, runProgram } from './program.js';

const DEMO = fileURLToPath(new URL('../../fixtures/demo-session.ndjson', import.meta.url));
const WHO = ['127.0.0.1:48820', 'anonymous', '127.0.0.1:2121'];
const UTC = { environment: { TZ: 'UTC' } };

const FTPS = fileURLToPath(new URL('../../fixtures/ftps/curl-tls12.pcapng', import.meta.url));

test('an encrypted capture, with and without the log of its secrets', async () => {
  const encrypted = fileURLToPath(new URL('../../fixtures/ftps/curl-tls13.pcap', import.meta.url));
  const keys = encrypted.replace('.pcap', '.keys');
  expect((await read(encrypted)).stdout).toContain('its commands are encrypted');
  const { stdout, stderr } = await read(encrypted, '--keylog', keys);
  expect(stdout).toMatch(/#1 {2}-> PASS \*\*\*\*/);
  expect(stdout).toMatch(/#1 {2}== RETR a\.txt .* complete/);
  expect(stderr).toBe('');
  expect((await runProgram(['replay', encrypted, '--keylog', keys, '--json', '--speed', 'max'])).stdout).toContain(
    'PBSZ',
  );
});

describe('overviews', () => {
  test('transfers, for spreadsheets', async () => {
    const { stdout } = await read(FTPS, '--transfers', '--tsv');
    expect(stdout.split('\n').map((line) => line.split('\t').slice(2))).toEqual([
      ['client', 'user', 'server', 'verb', 'path', 'bytes', 'durationMs', 'outcome', 'sha256', 'reason'],
      [...WHO, 'RETR', 'a.txt', '23', expect.any(String), 'complete', expect.stringMatching(/^c2097f55/), ''],
      [...WHO, 'RETR', 'mid.bin', '30000', expect.any(String), 'complete', expect.stringMatching(/^763bb9d1/), ''],
      [],
    ]);
  });

  test('sessions, for programs and for people', async () => {
    const { stdout } = await read(FTPS, '--sessions', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      session: 1,
      client: '127.0.0.1:48820',
      user: 'anonymous',
      commands: 14,
      transfers: 2,
      bytesDown: 30_023,
      end: 'QUIT',
    });
    const text = (await read(FTPS, '--sessions')).stdout.split('\n');
    expect(text[0]).toMatch(/^TIME +SESSION +CLIENT +USER +SERVER +DURATION +COMMANDS +TRANSFERS +DOWN +UP +BY +END$/);
    expect(text[1]).toMatch(
      / 127\.0\.0\.1:48820 +anonymous +127\.0\.0\.1:2121 +479 ms +14 +2 +29\.3 KiB +0 B +client +QUIT$/,
    );
  });

  test('of no use together, or with what they leave out', async () => {
    for (const others of [['--sessions'], ['--plain'], ['--dashboard']]) {
      expect((await read(FTPS, '--transfers', ...others)).status).toBe(2);
    }
    expect((await read(FTPS, '--tsv')).stderr).toBe(
      'ftpscope: --tsv is for --sessions, --transfers and --findings: give one of them\n',
    );
  });
});

function read(...argv: readonly string[]): Promise<Ended> {
  return runProgram(['read', ...argv], UTC);
}

/** `read`, with a pipe as stdin. */
function readFrom(input: string | Buffer, ...argv: readonly string[]): Ended {
  const env = { ...process.env, TZ: 'UTC' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'read', ...argv], { input, env });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

function transcriptOf(observations: readonly Observation[], header = {}): string {
  let text = '';
  const lines = observationLines({ write: (line: string) => (text += line) });
  lines.header({ version: '0.1.0', at: NOON, ...header });
  for (const observation of observations) lines.observation(observation);
  return text;
}

function fileWith(content: string | Buffer, name = 'session.ndjson'): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

/** A download without an announced port: whose its bytes are shows behind them, and they are more than can be held so long. */
function manyBytesBeforeTheirSession(): Buffer {
  const packets: CapturedPacket[] = [];
  const control = new Packets(packets, { client: 40_000, server: 21 });
  control.server('220 ready').client('USER ann').server('230 in').client('RETR a.bin').server('150 Here');
  const data = new Packets(packets, { client: 41_000, server: 50_000 });
  const piece = 'x'.repeat(64_000);
  for (let count = 0; count < 1100; count += 1) data.add('server', 'A', piece);
  data.closes();
  control.server('226 Done').client('QUIT').server('221 Bye').closes();
  return pcap(packets);
}

function session(number: number, user: string, code: number): readonly Observation[] {
  const all = [
    observed('session-opened', { client: endpoint('10.0.0.1', 30000 + number) }),
    command(`USER ${user}`),
    reply(`${code} Answer`),
    observed('session-closed'),
  ];
  return all.map((observation) => ({ ...observation, session: number }));
}

const THREE = transcriptOf([...session(1, 'alice', 331), ...session(2, 'bob', 530), ...session(3, 'alice', 530)]);

describe('a transcript', () => {
  test('is printed as it was live, with its day', async () => {
    const { status, stdout, stderr } = await read(DEMO);
    expect([status, stderr]).toEqual([0, '']);
    await expect(stdout).toMatchFileSnapshot('../../fixtures/demo-session.txt');
  });

  test('with --json: the observations that were written, and no header', async () => {
    const { status, stdout } = await read(DEMO, '--json', '--no-findings');
    expect(status).toBe(0);
    expect(stdout).toBe(readFileSync(DEMO, 'utf8').replace(/^.*\n/, ''));
  });

  test('with -v more, with -q nothing', async () => {
    const [plain, verbose, quiet] = [await read(DEMO), await read(DEMO, '-v'), await read(DEMO, '-q')];
    expect(verbose.stdout.split('\n').length).toBeGreaterThan(plain.stdout.split('\n').length);
    expect(quiet).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('that was printed by --json, from stdin', async () => {
    const { stdout } = await read(DEMO, '--json');
    expect(readFrom(stdout, '-')).toEqual(await read(DEMO));
  });

  test('packed, on stdin, and several as one', async () => {
    const plain = await read(DEMO);
    expect(readFrom(gzipSync(readFileSync(DEMO)), '-')).toEqual(plain);
    const two = await read(fileWith(THREE), fileWith(gzipSync(THREE)));
    expect(two.stdout.match(/#\d+(?= .*opened)/g)).toEqual(['#1', '#2', '#3', '#4', '#5', '#6']);
  });
});

describe('a capture', () => {
  const CAPTURE = capturedDownloads([
    { user: 'alice', name: 'a.txt', content: 'of alice' },
    { user: 'bob', name: 'b.txt', content: 'of bob' },
  ]);

  test('becomes a transcript of the sessions that were picked, with their payloads', async () => {
    const folder = temporaryFolder();
    const [out, kept] = [join(folder, 'bob.ndjson'), join(folder, 'kept')];
    const file = fileWith(CAPTURE, 'session.pcap');
    const shown = await read(file, '~user bob', '-w', out, '--payloads', kept);
    expect([shown.status, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toMatch(
      /#2 {2}== RETR b\.txt {3}passive\/passive {3}6 B in .* complete {3}kept as 0002-0001-RETR-b\.txt\n/,
    );
    expect(readdirSync(kept)).toEqual(['0002-0001-RETR-b.txt']);
    expect(readFileSync(join(kept, '0002-0001-RETR-b.txt'), 'utf8')).toBe('of bob');
    expect((await read(out)).stdout).toBe(shown.stdout);
  });

  test('of which a payload could not be saved: one line, and the exit status', async () => {
    const file = fileWith(manyBytesBeforeTheirSession(), 'large.pcap');
    const kept = join(temporaryFolder(), 'kept');
    const { status, stdout, stderr } = await read(file, '--payloads', kept);
    expect(stderr).toMatch(
      /^ftpscope: warning: .*large\.pcap: the bytes of RETR a\.bin of 10\.0\.0\.1 could not be saved: .*\n$/,
    );
    expect([status, stdout.match(/== RETR a\.bin .* complete/)?.length]).toEqual([1, 1]);
    expect(existsSync(kept) ? readdirSync(kept) : []).toEqual([]);
    expect((await read(file)).status).toBe(0);
  });

  test('that is cut: what was whole, one line, and the exit status', async () => {
    const file = fileWith(CAPTURE.subarray(0, -10), 'session.pcap');
    const { status, stdout, stderr } = await read(file);
    expect([status, stdout.match(/session opened/g)?.length]).toEqual([1, 2]);
    expect(stderr).toMatch(/^ftpscope: warning: .*session\.pcap: the capture breaks off .*\n$/);
  });

  test('of something else: what it holds', async () => {
    const { status, stdout, stderr } = await read(fileWith(CAPTURE.subarray(0, 24), 'empty.pcap'));
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^ftpscope: warning: .*empty\.pcap: no FTP in the capture: .*\n$/);
  });
});

describe('a filter', () => {
  const shown = ({ stdout }: Ended) => [...new Set(stdout.match(/#\d+/g))];

  test.each([
    ['~user alice', ['#1', '#3']],
    ['!~code 5xx', ['#1']],
    ['~user alice ~code 530', ['#3']],
    ['(~user bob | ~src :30001)', ['#1', '#2']],
    ['~user nobody', []],
  ])('%s, behind the files', async (filter, sessions) => {
    expect(shown(await read(fileWith(THREE), filter))).toEqual(sessions);
  });

  test('that selects nothing says so', async () => {
    const file = fileWith(THREE);
    expect(await read(file, '~user nobody')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'no session matches the filter\n',
    });
    expect(await read('-q', file, '~user nobody')).toEqual({ status: 1, stdout: '', stderr: '' });
    expect((await read(file, '~user bob')).stderr).toBe('');
  });

  test('of quoted text stands behind the files, too', async () => {
    expect(shown(await read(fileWith(THREE), '"530 answer"'))).toEqual(['#2', '#3']);
  });

  test('of a word is told from a file', async () => {
    const stderr = "ftpscope: there is no file quota; where that is a filter, say --filter 'quota'\n";
    expect(await read(fileWith(THREE), 'quota')).toEqual({ status: 2, stdout: '', stderr });
    expect((await read('quota')).stderr).toBe('ftpscope: cannot read quota: no such file or directory\n');
  });

  test('of several words without quotes is named as one', async () => {
    const { status, stderr } = await read(fileWith(THREE), '~user', 'alice');
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "ftpscope: there is no file alice; where that is a filter, say --filter '~user alice'\n",
    });
  });

  test('of what comes from stdin', () => {
    expect(shown(readFrom(THREE, '-', '~user alice'))).toEqual(['#1', '#3']);
  });

  test('of words alone is an option', async () => {
    expect(shown(await read('-f', '"530 answer"', fileWith(THREE)))).toEqual(['#2', '#3']);
  });

  test('behind the files is a file when there is such a file', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '~err'), THREE);
    const { stdout } = spawnSync(process.execPath, [BIN, 'read', '~err', '~err'], { cwd: folder });
    expect(stdout.toString().match(/#\d+(?= .*opened)/g)).toHaveLength(6);
  });

  test.each([
    [
      ['x', '~code nine'],
      "filter '~code nine', character 7: ~code takes a reply code such as 550, 5xx or 5, and this is none",
    ],
    [
      ['x', '-f', '(a'],
      "option '-f, --filter <filter>' argument '(a' is invalid. At character 1: this ( is never closed",
    ],
  ])('that is none is told: %j', async (argv, message) => {
    expect(await read(...argv)).toEqual({ status: 2, stdout: '', stderr: `ftpscope: ${message}\n` });
  });
});

describe('what is written', () => {
  test('with -w: the sessions that are shown, as a transcript', async () => {
    const out = join(temporaryFolder(), 'some.ndjson');
    await read(fileWith(THREE), '~user alice', '-w', out, '-q');
    const { stdout, status } = await read(out);
    expect(status).toBe(0);
    expect(stdout).toBe((await read(fileWith(THREE), '~user alice')).stdout);
  });

  test('with --payloads: theirs, under names of their own; without it none are named', async () => {
    const folder = temporaryFolder();
    const demo = ['demo', '-q', '-w', join(folder, 'demo.ndjson'), '--payloads', join(folder, 'kept')];
    expect((await runProgram(demo)).status).toBe(0);
    const from = join(folder, 'demo.ndjson');
    const [to, copies] = [join(folder, 'copy.ndjson'), join(folder, 'copies')];
    expect(await read(from, '-q', '-w', to, '--payloads', copies)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(readdirSync(copies)).toEqual(readdirSync(join(folder, 'kept')));
    for (const name of readdirSync(copies)) {
      expect(readFileSync(join(copies, name)).equals(readFileSync(join(folder, 'kept', name)))).toBe(true);
    }
    const lines = (file: string) => readFileSync(file, 'utf8').trim().split('\n').slice(1);
    expect(lines(to)).toEqual(lines(from));
    const bare = join(folder, 'bare.ndjson');
    await read(from, '-q', '-w', bare);
    expect(readFileSync(bare, 'utf8')).not.toContain('"payload"');
    expect(readFileSync(bare, 'utf8')).toContain('"sha256"');
  });

  test('not into what is read', async () => {
    const file = fileWith(THREE);
    const message = `ftpscope: ${file} is being read: give -w another file\n`;
    expect(await read(file, '-w', file)).toEqual({ status: 2, stdout: '', stderr: message });
    expect(readFileSync(file, 'utf8')).toBe(THREE);
  });
});

describe('what cannot be read', () => {
  const NAME = '0001-0001-RETR-report.pdf';
  const kept = observed('link-closed', { verb: 'RETR', path: 'report.pdf', payload: NAME, sha256: 'f'.repeat(64) });

  test.each([
    [
      'a file that is not there',
      () => join(temporaryFolder(), 'gone'),
      2,
      /^cannot read .*gone: no such file or directory$/,
    ],
    [
      'no recording',
      () => fileWith('hello, world\n'),
      1,
      /: this is neither a transcript \(proxy -w\) nor a capture \(pcap, pcapng, snoop\): it looks like text$/,
    ],
    ['a folder', () => temporaryFolder(), 2, /^cannot read .*: it is a folder$/],
    ['an empty file', () => fileWith(''), 1, /session\.ndjson is empty: there is nothing to read$/],
    [
      'a newer version',
      () => fileWith('{"ftpscope":2,"version":"9.1.0"}\n'),
      1,
      /: line 1 begins a transcript of version 2 \(written by ftpscope 9\.1\.0\), and this ftpscope reads version 1: use a newer one$/,
    ],
  ])('%s: one line, and the exit status', async (_what, path, status, message) => {
    const ended = await read(path());
    expect(ended).toMatchObject({ status, stdout: '' });
    expect(ended.stderr).toMatch(/^ftpscope: .*\n$/);
    expect(ended.stderr.slice('ftpscope: '.length, -1)).toMatch(message);
  });

  test('a damaged line: what stands before it is shown, the other files as well', async () => {
    const file = fileWith(
      `${transcriptOf(session(1, 'alice', 331))}{"kind":\n${transcriptOf([command('NOOP')]).replace(/^.*\n/, '')}`,
    );
    const { status, stdout, stderr } = await read(file, fileWith(THREE));
    expect(status).toBe(1);
    expect(stderr).toBe(
      `ftpscope: ${file}: line 6 is not whole: what stands before it was read; remove the line to read the rest\n`,
    );
    expect(stdout.match(/#\d+(?= .*opened)/g)).toEqual(['#1', '#2', '#3', '#4']);
  });

  test('and is told once, with a filter too', async () => {
    const file = fileWith(`${THREE}rubbish\n`);
    const { status, stdout, stderr } = await read(file, '~user bob');
    expect([status, stderr.split('\n').length]).toEqual([1, 2]);
    expect(stdout).toContain('#2');
  });

  test('a last line that is cut: what was whole is shown, then one line', async () => {
    const file = fileWith(THREE.slice(0, -5));
    const { status, stdout, stderr } = await read(file);
    expect(stderr).toBe(`ftpscope: warning: ${file}: line 13 ends in the middle: its writer was cut off there\n`);
    expect([status, stdout.match(/opened/g)?.length]).toEqual([1, 3]);
  });

  test.each([
    [
      'missing',
      () => {},
      (file: string) =>
        `payload ${NAME} of ${file} is missing, and not in ${join(file, '..')}: say with --payloads where it is`,
    ],
    [
      'another one',
      (folder: string) => writeFileSync(join(folder, NAME), 'other'),
      (file: string) => `payload ${NAME} of ${file} is not what was recorded: its SHA-256 differs`,
    ],
  ])('a payload that is %s', async (_what, prepare, message) => {
    const file = fileWith(transcriptOf([kept]));
    prepare(join(file, '..'));
    const { status, stdout, stderr } = await read(file, '--payloads', join(temporaryFolder(), 'copies'));
    expect([status, stderr]).toEqual([1, `ftpscope: ${message(file)}\n`]);
    expect(stdout).toContain('== RETR report.pdf');
  });

  test('stdin twice', async () => {
    expect(await read('-', '-')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'ftpscope: stdin can be read once: give - once\n',
    });
  });

  test('nothing to read', async () => {
    const { status, stderr } = await read();
    expect([status, stderr]).toEqual([2, expect.stringContaining("missing required argument 'file'")]);
  });
});

describe('an end that comes early', () => {
  const LONG = transcriptOf(Array.from({ length: 30_000 }, (_, index) => session(index + 1, 'alice', 331)).flat());

  test('as the reader of stdout goes away', () => {
    const file = fileWith(LONG);
    const script = `"$0" "$1" read "$2" | head -n 3; exit "\${PIPESTATUS[0]}"`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script, process.execPath, BIN, file]);
    expect([status, stderr.toString(), stdout.toString().split('\n').length]).toEqual([0, '', 4]);
  });

  test('as a reader of stdout is slow: nothing is left out', () => {
    const file = fileWith(LONG);
    const script = `"$0" "$1" read "$2" --json | { sleep 0.3; wc -l; }`;
    expect(Number(execFileSync('bash', ['-c', script, process.execPath, BIN, file]))).toBe(120_000);
  });

  test('as it is interrupted while nothing comes', async () => {
    const child = spawn(process.execPath, [BIN, 'read', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = new Promise((resolve) => child.once('exit', (status, signal) => resolve([status, signal])));
    child.stdin.write(THREE);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGINT');
    expect(await ended).toEqual([1, null]);
  });
});

test('a transcript is shown while it comes, line by line', async () => {
  const child = spawn(process.execPath, [BIN, 'read', '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.write(transcriptOf(session(1, 'alice', 331)));
  const first = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve));
  expect(first.toString()).toContain('USER alice');
  child.stdin.end();
});
