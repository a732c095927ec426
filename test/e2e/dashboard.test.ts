// The dashboard in a real terminal: it opens, follows keys and sizes, and gives the terminal back on every way out.
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { startSampleServer } from '../../src/demo/sample-server.js';
import { becomesTrue, runChild, startChild, stopChild } from './child-process.js';
import { FTPSCOPE, givenBack, PROGRAM, SIZE, terminal } from './dashboard-window.js';
import { PROMPT, type TerminalOptions } from './tmux.js';

const LIFETIME_MS = 60_000;

test('the demo, from its first screen to the shell again', async (context) => {
  const { window } = await terminal(context);
  await window.runs(`${FTPSCOPE} demo; echo STATUS $?`);
  const screen = await window.shows('session closed by the client: QUIT');
  expect(screen).toMatch(/^ Sessions {2}1\/1/);
  expect(screen).toContain('⇄ RETR report.pdf   complete   ');
  expect(await window.modes()).toEqual({ otherScreen: true, cursor: false });
  await window.press('?');
  await window.shows('Keys and commands');
  await window.press('q', 'Enter', '/');
  await window.type('PASS **');
  await window.press('Enter');
  await window.shows('client sends the password (RFC 959)');
  await window.press('q', 'q');
  const after = await window.shows('STATUS 0');
  expect(after).toContain('listening on 127.0.0.1:');
  await givenBack(window);
});

/** Starts the program so that its process id is known: `pid` in the folder. */
async function demoIn(context: TestContext, options?: TerminalOptions) {
  const opened = await terminal(context, options);
  await opened.window.runs(`sh -c 'echo $$ > pid; exec ${FTPSCOPE} demo'; echo STATUS $?`);
  await opened.window.shows('221 Goodbye');
  return opened;
}

describe('the terminal is given back', () => {
  test.for(['TERM', 'INT', 'HUP', 'QUIT'])('on SIG%s', async (signal, context) => {
    const { window, folder } = await demoIn(context);
    process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), `SIG${signal}`);
    await window.shows(/STATUS \d+/);
    await givenBack(window);
  });

  test('on Ctrl-C', async (context) => {
    const { window } = await demoIn(context);
    await window.press('C-c');
    await window.shows('STATUS 0');
    await givenBack(window);
  });

  test('on Ctrl-Z, and fg brings the screen back', async (context) => {
    const { window } = await demoIn(context);
    await window.press('C-z');
    await window.shows('Stopped');
    await givenBack(window);
    await window.runs('clear; fg');
    await window.shows('221 Goodbye');
    await window.press('Q');
    await window.shows(PROMPT);
    await givenBack(window);
  });
});

test('the screen follows the size of the terminal', async (context) => {
  const { window } = await demoIn(context);
  await window.resize(160, 40);
  await window.shows(/┃ Data links/);
  await window.resize(60, 16);
  await window.shows(/^ Sessions .*\n.*# *▲? *client/);
  await window.resize(50, 10);
  await window.shows('this terminal is 50x10; ftpscope needs 60x16');
  await window.resize(80, 24);
  expect(await window.shows('221 Goodbye')).toContain(' demo ');
});

describe('terminals that know less', () => {
  test('without UTF-8 it is drawn in ASCII', async (context) => {
    const { window } = await terminal(context, { ...SIZE, environment: { LANG: 'C', LC_ALL: 'C' } });
    await window.runs(`${FTPSCOPE} demo`);
    expect(await window.shows('221 Goodbye')).toMatch(/^[\x20-\x7e\n]*$/);
  });

  test('a dumb one gets the plain transcript', async (context) => {
    const { window } = await terminal(context, { ...SIZE, environment: { TERM: 'dumb' } });
    await window.runs(`TERM=dumb ${FTPSCOPE} demo; echo STATUS $?`);
    const screen = await window.shows('STATUS 0');
    expect(screen).toContain('#1  <- 221 Goodbye.');
    expect((await window.modes()).otherScreen).toBe(false);
  });

  test('without colours nothing is coloured', async (context) => {
    const { window } = await terminal(context, { ...SIZE, environment: { NO_COLOR: '1' } });
    await window.runs(`NO_COLOR=1 ${FTPSCOPE} demo`);
    await window.shows('221 Goodbye');
    expect(await window.colours()).toEqual([]);
  });
});

test('x writes a session as packets, r replays it to its server and tells what differs', async (context) => {
  const { window, folder } = await terminal(context);
  await window.runs(`${FTPSCOPE} demo --stay --payloads kept`);
  await window.shows('221 Goodbye');
  await window.press('x');
  await window.type('demo.pcapng');
  await window.press('Enter');
  await window.shows('1 session written to demo.pcapng');
  expect((await stat(join(folder, 'demo.pcapng'))).mode & 0o777).toBe(0o600);
  await window.press('r');
  await window.shows('Replay session 1 to its server?');
  await window.press('y');
  await window.shows('give it behind the command: :replay PASSWORD');
  await window.press('q', ':');
  await window.type('replay sesame');
  await window.press('Enter', 'y');
  const report = await window.shows(/left out/);
  expect(report).toMatch(/^ Session 1 replayed to 127\.0\.0\.1:\d+/);
  await window.press('q', ':', 'Up');
  expect(await window.screen()).not.toContain('sesame');
});

test('a fault of the program gives the terminal back, and tells of itself', async (context) => {
  const { window } = await terminal(context);
  // After the screen is there, and so that neither shell nor NODE_OPTIONS takes it apart.
  const fault = `data:text/javascript,${encodeURIComponent('setTimeout(() => { throw new Error(`boom`) }, 1500)')}`;
  await window.runs(`NODE_OPTIONS='--import=${fault}' ${FTPSCOPE} demo; echo STATUS $?`);
  expect(await window.shows(/STATUS [1-9]/)).toContain('Error: boom');
  await givenBack(window);
});

test('a proxy runs as a service; whoever attaches sees it, ends a transfer, and leaves it running', async (context) => {
  const { window, folder } = await terminal(context);
  const server = await startSampleServer();
  onTestFinished(() => server.close());
  const socket = join(folder, 'control');
  const upstream = `ftp://${server.address.address}:${server.address.port}`;
  const proxy = startChild(
    process.execPath,
    [PROGRAM, 'proxy', upstream, '--listen', '127.0.0.1:0', '--admin-socket', socket],
    {
      cwd: folder,
      timeoutMs: LIFETIME_MS,
    },
  );
  onTestFinished(() => stopChild(proxy.process));
  await becomesTrue(() => proxy.output().includes('relaying'), 5000);
  expect((await stat(socket)).mode & 0o777).toBe(0o600);
  const port = /listening on \S+:(\d+)/.exec(proxy.output())?.[1] ?? '';

  await window.runs(`${FTPSCOPE} attach ${socket}; echo STATUS $?`);
  await window.shows('waiting for a client to connect');
  const url = `ftp://demo:sesame@127.0.0.1:${port}/report.pdf`;
  const download = startChild('curl', ['-s', '--limit-rate', '1k', url, '-o', 'got'], {
    cwd: folder,
    timeoutMs: LIFETIME_MS,
  });
  onTestFinished(() => stopChild(download.process));
  await window.shows(/RETR report\.pdf.*192 KiB/);
  await window.press('X');
  await window.shows('End session 1 of demo? (y/n)');
  await window.press('y');
  await window.shows('session closed by the proxy: ended by the operator');
  await window.press('Q');
  await window.shows('STATUS 0');
  await givenBack(window);
  expect(proxy.process.exitCode).toBeNull();

  await window.runs(`${FTPSCOPE} attach ${socket}; echo STATUS $?`);
  await window.shows('ended by the operator');
  await stopChild(proxy.process);
  await window.shows('warning: the proxy has ended');
  // That was said once; the status line keeps saying it.
  await window.press('X');
  await window.shows('nothing can be ended here');
  await window.press('H');
  await window.shows(/^ the proxy has ended: .* 1 seen/m);
  await window.press('Q');

  const listing = await runChild(process.execPath, [PROGRAM, 'attach', '--json', `${folder}/nowhere`], {
    cwd: folder,
    timeoutMs: 5000,
  });
  expect(listing).toMatch(
    /^ftpscope: cannot attach to \S+: .*; start a proxy with --admin-socket \S+\n\n\[.* exited with 1\]$/,
  );
});

test('a socket of something else is told of in one line, in the dashboard and out of it', async (context) => {
  const { window, folder } = await terminal(context, SIZE, []);
  const other = createServer((socket) => socket.end('SSH-2.0-Other\r\n'));
  await once(other.listen(join(folder, 'other')), 'listening');
  onTestFinished(() => void other.close());
  const said = `ftpscope: other is not the socket of a proxy (line 1 is no header of a transcript)`;
  const plain = await runChild(process.execPath, [PROGRAM, 'attach', 'other'], { cwd: folder, timeoutMs: LIFETIME_MS });
  expect(plain.startsWith(said)).toBe(true);
  expect(plain).toMatch(/^[^\n]*\n\n\[.* exited with 1\]$/);
  await window.runs(`${FTPSCOPE} attach other; echo STATUS $?`);
  expect(await window.shows('STATUS 1')).toContain(said);
  await givenBack(window);
});
