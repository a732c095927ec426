// `ftpscope replay`, as people run it.
import { execFile } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startSampleServer } from '../../src/demo/sample-server.js';
import type { ReplayData } from '../../src/replay/client/report.js';
import { observationLines } from '../../src/transcript/ndjson.js';
import { observationsOf } from '../replay/recorded-dialogue.js';
import { hasPython } from '../support/python.js';
import { startScriptedServer } from '../support/scripted-server.js';
import { NOON } from '../transcript/observations.js';
import { temporaryFolder } from '../transcript/temporary-folder.js';
import { BIN, type Ended, runProgram, startProgram } from './program.js';

const LOGIN = ['< 220 Sample FTP server ready.', '> USER demo', '< 331 Password required for demo.', '> PASS ****'];
const WELCOME = [...LOGIN, '< 230 Welcome, demo.'];
const BYE = ['> QUIT', '< 221 Goodbye.'];
const UPLOAD = ['> PASV', '< 227 (1,2,3,4,5,6)', '> STOR up', '< 150 Ok', '== bytes', '< 226 Done'];

/** A transcript of dialogues, one after the other. */
function transcript(...dialogues: readonly (readonly string[])[]): string {
  let text = '';
  const lines = observationLines({ write: (line: string) => (text += line) });
  lines.header({ version: '0.1.0', at: NOON });
  for (const [index, dialogue] of dialogues.entries()) {
    for (const observation of observationsOf(dialogue, index + 1)) lines.observation(observation);
  }
  const file = join(temporaryFolder(), 'session.ndjson');
  writeFileSync(file, text);
  return file;
}

const replay = (...argv: readonly string[]): Promise<Ended> =>
  runProgram(['replay', ...argv], { environment: { TZ: 'UTC' } });

/** What the terminal showed, and how the program ended, when something was typed at its prompt. */
async function typedOnTerminal(typed: string, prompt: string, argv: readonly string[]) {
  const script = fileURLToPath(new URL('typed-on-terminal.py', import.meta.url));
  const { stdout } = await promisify(execFile)('python3', [script, typed, prompt, process.execPath, BIN, ...argv]);
  const { shown, status }: { shown: string; status: number } = JSON.parse(stdout);
  return { shown, status };
}

async function sampleServer(): Promise<string> {
  const server = await startSampleServer();
  onTestFinished(() => server.close());
  return `ftp://${server.address.address}:${server.address.port}`;
}

describe('shown again', () => {
  test('as it was, faster', async () => {
    const { status, stdout, stderr } = await replay(transcript([...WELCOME, ...BYE]), '--speed', 'max');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('12:00:00.020  #1  -> USER demo');
    expect(stdout).toContain('-> PASS ****');
  });

  test('one session, as NDJSON', async () => {
    const file = transcript(WELCOME, BYE);
    const { stdout } = await replay(file, '--speed', '1000', '--session', '2', '--json');
    const kinds = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(kinds.map(({ session }) => session)).toEqual([2, 2, 2, 2]);
  });
});

describe('to a server', () => {
  test('as recorded', async () => {
    const file = transcript([...WELCOME, '> SIZE README.txt', '< 213 150', ...BYE]);
    const { status, stdout, stderr } = await replay(file, '--to', await sampleServer(), '--password', 'sesame');
    expect([status, stderr]).toEqual([0, '1 of 1 session as recorded\n']);
    expect(stdout).toMatch(/^session 1: as recorded {3}4 commands, 0 payloads compared {3}/);
  });

  test.skipIf(process.platform === 'win32' || !hasPython).each([
    ['sesame\r', 0],
    ['sesamm\x7fe\r', 0],
    ['wrong\r', 1],
    ['\x03', 1],
  ])('on a terminal it is asked for, and not shown (%j)', async (typed, status) => {
    const argv = ['replay', transcript(WELCOME), '--to', await sampleServer()];
    const ended = await typedOnTerminal(typed, 'Password for 127.0.0.1:', argv);
    expect(ended.status).toBe(status);
    expect(ended.shown).not.toContain(typed.slice(0, 5));
  });

  test.each(['a file', 'the environment'])('with the password from %s', async (source) => {
    const file = transcript([...WELCOME, ...BYE]);
    const passwordFile = `${file}.password`;
    writeFileSync(passwordFile, 'sesame\n', { mode: 0o600 });
    const argv = ['replay', file, '--to', await sampleServer()];
    const { status } =
      source === 'a file'
        ? await runProgram([...argv, '--password-file', passwordFile])
        : await runProgram(argv, { environment: { FTPSCOPE_PASSWORD: 'sesame' } });
    expect(status).toBe(0);
  });

  test.runIf(process.platform === 'linux')(
    'a password on the command line is not for other users to read',
    async () => {
      const server = await startScriptedServer({ answers: { USER: '331 P', PASS: () => {} } });
      const to = `ftp://127.0.0.1:${server.endpoint.port}`;
      const program = startProgram(['replay', transcript(WELCOME), '--to', to, '--password', 'hidden-sesame']);
      await server.got('PASS hidden-sesame');
      expect(readFileSync(`/proc/${program.process.pid}/cmdline`, 'latin1')).not.toContain('hidden-sesame');
      program.process.kill('SIGKILL');
      await program.ended;
    },
  );

  test('differences, side by side', async () => {
    const file = transcript([...WELCOME, '> SIZE README.txt', '< 213 7', '> NOOP', '< 200 Other words', ...BYE]);
    const { status, stdout, stderr } = await replay(file, '--to', await sampleServer(), '--password', 'sesame');
    expect(status).toBe(1);
    expect(stderr).toBe('ftpscope: 0 of 1 session as recorded; differences that matter: 2 (2 in texts)\n');
    expect(stdout).toMatch(/#3 SIZE README\.txt {3}texts differ\n +recorded +\| replayed\n +213 7 +\| 213 150\n/);
  });

  test('what does not matter does not fail', async () => {
    const file = transcript([...WELCOME, '> NOOP', '< 200 Other words', ...BYE]);
    const server = await sampleServer();
    const argv = [file, '--to', server, '--password', 'sesame', '--matters', 'codes,payloads'];
    const { status, stdout, stderr } = await replay(...argv);
    expect([status, stderr]).toEqual([0, '1 of 1 session as recorded; differences that matter: 0, 1 that do not\n']);
    expect(stdout).toContain('  1 difference that does not matter (1 in texts): -v lists it\n');
    expect(stdout).not.toContain('Other words');
    expect((await replay(...argv, '-v')).stdout).toContain('texts differ (does not matter)');
  });

  test('as data', async () => {
    const file = transcript([...WELCOME, '> DELE x', '< 250 Ok', ...BYE]);
    const { status, stdout } = await replay(file, '--to', await sampleServer(), '--password', 'no', '--json');
    const data: ReplayData = JSON.parse(stdout);
    expect(status).toBe(1);
    expect(data).toMatchObject({
      session: 1,
      asRecorded: false,
      stopped: { exchange: 2, why: 'the server refuses what the following commands rest on' },
      leftOut: [{ exchange: 3, line: 'DELE x', why: 'it may change the server' }],
    });
  });

  test.each([
    ['--to', 'ftp://127.0.0.1:1', '--password', 'x'],
    ['--to', 'ftp://127.0.0.1:1', '--session', '7'],
    ['--serve', '127.0.0.1:0', '--session', '7'],
  ])('%s %s %s %s: as data, too, that it could not run', async (...argv) => {
    const { status, stdout, stderr } = await replay(transcript(WELCOME), ...argv, '--json');
    expect(status).toBe(3);
    expect(`ftpscope: ${JSON.parse(stdout).error}\n`).toBe(stderr);
  });

  test('strictly, nothing may be left out', async () => {
    const file = transcript([...WELCOME, '> DELE x', '< 250 Ok', ...BYE]);
    const argv = [file, '--to', await sampleServer(), '--password', 'sesame'];
    expect((await replay(...argv)).status).toBe(0);
    const { status, stderr } = await replay(...argv, '--strict');
    expect([status, stderr]).toEqual([1, 'ftpscope: 0 of 1 session as recorded; left out or replaced: 1 command\n']);
  });

  test('strictly, other words are a difference, whatever else matters', async () => {
    const file = transcript([...WELCOME, '> NOOP', '< 200 Other words', ...BYE]);
    const argv = [file, '--to', await sampleServer(), '--password', 'sesame', '--matters', 'codes'];
    expect((await replay(...argv)).status).toBe(0);
    expect((await replay(...argv, '--strict')).status).toBe(1);
  });

  test('as a test report, also of what could not run', async () => {
    const file = transcript([...WELCOME, ...BYE]);
    const junit = join(temporaryFolder(), 'report.xml');
    await replay(file, '--to', await sampleServer(), '--password', 'sesame', '--junit', junit);
    expect(readFileSync(junit, 'utf8')).toContain('<testsuite name="session 1" tests="4" failures="0" errors="0"');
    await replay(file, '--to', 'ftp://127.0.0.1:1', '--password', 'x', '--junit', junit);
    expect(readFileSync(junit, 'utf8')).toContain('message="cannot replay to 127.0.0.1:1: connection refused"');
    const { status, stderr } = await replay(file, '--to', 'ftp://127.0.0.1:1', '--junit', file);
    expect([status, stderr]).toEqual([2, `ftpscope: ${file} is being read: give --junit another file\n`]);
  });

  test('several sessions, several at a time', async () => {
    const file = transcript(WELCOME, WELCOME, WELCOME, WELCOME);
    const argv = [file, '--to', await sampleServer(), '--password', 'sesame', '--concurrency', '3', '--json'];
    const { status, stdout } = await replay(...argv);
    const sessions = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).session);
    expect(status).toBe(0);
    expect(sessions.sort()).toEqual([1, 2, 3, 4]);
  });

  test('a dry run connects to nothing, and needs no password', async () => {
    const file = transcript([...WELCOME, ...UPLOAD, ...BYE]);
    const { status, stdout, stderr } = await replay(file, '--to', 'ftp://127.0.0.1:1', '--dry-run');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      'session 1: 2 commands of 5',
      '  ->  USER demo',
      '  --  PASS ****   left out: the recording has its secret masked',
      '  --  PASV   left out: it belongs to STOR up',
      '  --  STOR up   left out: it may change the server',
      '  ->  QUIT',
      '',
    ]);
  });

  test('a user who is no ASCII is sent as UTF-8, and one who would be two commands is not', async () => {
    const server = await startScriptedServer({ answers: { USER: '331 P', PASS: '230 W' } });
    const to = ['--to', `ftp://127.0.0.1:${server.endpoint.port}`, '--password', 'x'];
    const file = transcript([...WELCOME, ...BYE]);
    await replay(file, ...to, '--user', '日ü');
    expect(server.lines[0]).toBe(`USER ${Buffer.from('日ü').toString('latin1')}`);
    const heard = server.lines.length;
    const { status, stderr } = await replay(file, ...to, '--user', 'demo\r\nDELE x');
    expect([status, stderr]).toEqual([2, 'ftpscope: --user must not hold line ends or NUL: it is sent as one line\n']);
    expect(server.lines).toHaveLength(heard);
  });

  test('a password in the URL is not repeated', async () => {
    const { status, stdout, stderr } = await replay(transcript(WELCOME), '--to', 'ftp://me:sesame@host');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^ftpscope: cannot replay to 'ftp:\/\/\.\.\.@host': leave out user and password/);
    expect(stdout + stderr).not.toContain('sesame');
  });

  test('a given password is shown nowhere', async () => {
    const file = transcript([...WELCOME, ...BYE]);
    const { stdout } = await replay(file, '--to', 'ftp://127.0.0.1:1', '--dry-run', '--password', 'sesame');
    expect(stdout).toContain('  ->  PASS ****');
    expect(stdout).not.toContain('sesame');
  });
});

describe('as a server', () => {
  test('until Ctrl-C; then it says what was asked', async () => {
    const program = startProgram(['replay', transcript([...WELCOME, ...BYE]), '--serve', '127.0.0.1:0']);
    const [, port = ''] = await program.told(/^listening on 127\.0\.0\.1:(\d+)\n/);
    await program.told(/answering as 1 recorded session did/);
    const file = transcript([...WELCOME, '> FEAT', '< 211 None', ...BYE]);
    await replay(file, '--to', `ftp://127.0.0.1:${port}`, '--password', 'any');
    program.process.kill('SIGINT');
    const { status, stdout } = await program.ended;
    expect(status).toBe(0);
    expect(stdout).toBe('1 client, 4 commands, 0 uploads\nnot in the recording:\n  FEAT\n');
  });
});

test('a strict server fails for what was never recorded', async () => {
  const program = startProgram(['replay', transcript([...WELCOME, ...BYE]), '--serve', '127.0.0.1:0', '--strict']);
  const [, port = ''] = await program.told(/^listening on 127\.0\.0\.1:(\d+)\n/);
  const file = transcript([...WELCOME, '> NOOP', '< 200 Ok', '> RETR x', '< 550 None', ...BYE]);
  await replay(file, '--to', `ftp://127.0.0.1:${port}`, '--password', 'any');
  program.process.kill('SIGINT');
  const { status, stdout, stderr } = await program.ended;
  expect([status, stderr.trimEnd().split('\n').at(-1)]).toEqual([1, 'ftpscope: 2 commands not answered as recorded']);
  expect(stdout).toContain('not in the recording, and answered by ftpscope:\n  NOOP\n');
});

test('what clients did over TLS is a recording of its own', async () => {
  const folder = temporaryFolder();
  const [caFolder, written, kept] = ['ca', 'clients.ndjson', 'kept'].map((name) => join(folder, name));
  const argv = ['--ca-folder', `${caFolder}`, '-w', `${written}`, '--payloads', `${kept}`];
  const program = startProgram(['replay', transcript([...WELCOME, ...BYE]), '--serve', 'ftps://127.0.0.1:0', ...argv]);
  const [, port = ''] = await program.told(/^listening on 127\.0\.0\.1:(\d+)\n/);
  const uploading = transcript([...WELCOME, ...BYE]);
  const to = ['--to', `ftps://127.0.0.1:${port}`, '--server-ca', join(`${caFolder}`, 'ca', 'ftpscope-ca.pem')];
  expect(await replay(uploading, ...to, '--password', 'any')).toMatchObject({ status: 0 });
  program.process.kill('SIGINT');
  expect((await program.ended).status).toBe(0);
  const { stdout } = await runProgram(['read', `${written}`, '--plain']);
  expect(stdout).toMatch(/session opened \(replay\).*TLS with the client: TLSv1\.3.*-> USER demo.*-> PASS \*{4}/s);
  expect(stdout).toMatch(/session closed by the client: QUIT/);
});

test('a quiet server says where it listens, and nothing else', async () => {
  const program = startProgram(['replay', transcript([...WELCOME, ...BYE]), '--serve', '127.0.0.1:0', '-q']);
  await program.told(/^listening on 127\.0\.0\.1:\d+\n$/);
  program.process.kill('SIGINT');
  const { status, stdout, stderr } = await program.ended;
  expect([status, stdout]).toEqual([0, '']);
  expect(stderr.split('\n')).toHaveLength(2);
});

describe('what cannot be', () => {
  const file = () => transcript([...WELCOME, ...UPLOAD, ...BYE]);
  const to = ['--to', 'ftp://127.0.0.1:1'];

  test.each([
    [
      ['--to', 'ftp://a', '--serve', ':0'],
      2,
      '--to sends the recording to a server, --serve answers clients from it; give one',
    ],
    [
      ['--speed', 'fast'],
      2,
      "option '--speed <factor>' argument 'fast' is invalid. Give a number above 0, such as 1, 10 or 0.5, or max",
    ],
    [
      ['--speed', '0'],
      2,
      "option '--speed <factor>' argument '0' is invalid. Give a number above 0, such as 1, 10 or 0.5, or max",
    ],
    [['--dry-run'], 2, '--dry-run belongs to --to: say which server to replay to'],
    [['--allow-writes'], 2, '--allow-writes belongs to --to: say which server to replay to'],
    [['--timeout', '3s'], 2, '--timeout belongs to --to and --serve'],
    [['--strict'], 2, '--strict belongs to --to and --serve'],
    [['--mend'], 2, '--mend belongs to --to: say which server to replay to'],
    [['--junit', 'a.xml'], 2, '--junit belongs to --to: say which server to replay to'],
    [[...to, '--dry-run', '--junit', 'a.xml'], 2, '--junit writes a result, and --dry-run has none; give one'],
    [[...to, '--junit', '/nowhere/a.xml'], 2, '--junit /nowhere/a.xml: cannot write it: no such file or directory'],
    [['--max-pause', 'long'], 2, /option '--max-pause <time>' argument 'long' is invalid. Give a time such as 500ms/],
    [
      [...to, '--dashboard'],
      2,
      '--dashboard is for a recording that is shown again: leave it out, or --to and --serve',
    ],
    [['--on-unknown', 'next'], 2, '--on-unknown belongs to --serve: say where to serve'],
    [['-w', 'new.ndjson'], 2, '--transcript belongs to --serve: say where to serve'],
    [['--serve', ':0', '-w', '/nowhere/a.ndjson'], 2, /nowhere/],
    [['--serve', 'ftps://127.0.0.1:0', '--ca-folder', '/dev/null'], 2, /^--serve ftps:\/\/: .*\/dev\/null/],
    [[...to, '--matters', 'all'], 2, /Give one or more of codes, texts, payloads, timing, with commas between them/],
    [['--session', '7'], 3, /session\.ndjson: there is no session 7 in it; it has 1$/],
    [[...to, '--session', '7'], 3, /session\.ndjson: there is no session 7 in it; it has 1$/],
    [['--serve', ':0', '--session', '7'], 3, /session\.ndjson: there is no session 7 in it; it has 1$/],
    [
      to,
      2,
      /session 1: its password is masked in the recording; give one with --password-file, in FTPSCOPE_PASSWORD, or on a terminal$/,
    ],
    [[...to, '--password', 'x'], 3, 'cannot replay to 127.0.0.1:1: connection refused'],
    [[...to, '--password', 'x', '--allow-writes'], 3, /^payload 0001-0001-DATA of .* is missing/],
    [
      [...to, '--server-ca', '/nowhere', '--password', 'x'],
      2,
      '--server-ca /nowhere: cannot read it: no such file or directory',
    ],
    [
      ['--serve', '192.0.2.1:2121'],
      3,
      /^cannot listen on 192\.0\.2\.1:2121: .*; this machine has no such address, choose one of its own with --serve/,
    ],
  ] as const)('%j', async (argv, status, message) => {
    const ended = await replay(file(), ...argv);
    expect(ended.status).toBe(status);
    const [line = '', ...rest] = ended.stderr.trimEnd().split('\n');
    expect(rest).toEqual([]);
    if (typeof message === 'string') expect(line.replace('ftpscope: ', '')).toContain(message);
    else expect(line.replace('ftpscope: ', '')).toMatch(message);
    expect(ended.stdout).toBe('');
  });

  test('a session that says nothing', async () => {
    const { status, stderr } = await replay(transcript([]), '--to', 'ftp://127.0.0.1:1');
    expect(status).toBe(3);
    expect(stderr).toMatch(/: there is nothing to replay: its session has no command that could be sent\n$/);
    const several = await replay(transcript([], []), '--to', 'ftp://127.0.0.1:1');
    expect(several.stderr).toMatch(/: its 2 sessions have no command that could be sent\n$/);
  });

  test('what was cut off is told of once, though it is read twice', async () => {
    const file = transcript([...WELCOME, ...BYE]);
    appendFileSync(file, '{"kind":"comm');
    const { stderr } = await replay(file, '--to', await sampleServer(), '--password', 'sesame');
    expect(stderr.match(/ends in the middle/g)).toHaveLength(1);
  });

  test('a file that is not there, and one that is no recording', async () => {
    expect(await replay('/nowhere')).toMatchObject({ status: 2, stderr: expect.stringMatching(/nowhere/) });
    const other = join(temporaryFolder(), 'text');
    writeFileSync(other, 'nothing of the kind\n'.repeat(10));
    expect(await replay(other)).toMatchObject({ status: 3, stdout: '' });
  });
});
