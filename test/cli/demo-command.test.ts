// `ftpscope demo` as a program: something to see with nothing else installed.
import { describe, expect, test } from 'vitest';
import { runDemoScript } from '../../src/demo/demo-script.js';
import { runProgram, startProgram } from './program.js';

const DEMO_MUST_END_WITHIN_MS = 10_000;

test('shows a session of every kind, and ends by itself', { timeout: DEMO_MUST_END_WITHIN_MS }, async () => {
  const { status, stdout, stderr } = await runProgram(['demo']);
  expect(status).toBe(0);
  for (const shown of [
    'session opened',
    '-> PASS ****',
    '== LIST   passive/passive',
    '== RETR 01-overture.ogg   active/active',
    '== STOR beach.jpg   passive/passive',
    'given to the client as 127.0.0.1:',
    'given to the server as 127.0.0.1:',
    '<- 550 ',
    'session closed by the client',
  ]) {
    expect(stdout).toContain(shown);
  }
  expect(stderr).toMatch(
    /^listening on 127\.0\.0\.1:\d+\ndemo: saw \d+ commands, \d+ data connections, 1 error reply; /,
  );
  expect(stderr).toMatch(/\nnext: node .*ftpscope\.js demo --stay/);
});

test('as NDJSON every line is an observation', async () => {
  const { status, stdout } = await runProgram(['demo', '--json']);
  const kinds = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).kind);
  expect(status).toBe(0);
  expect(kinds[0]).toBe('session-opened');
  expect(kinds.at(-1)).toBe('session-closed');
  expect(kinds).toContain('rewrite');
});

test('says nothing but where it listens when quiet', async () => {
  expect(await runProgram(['demo', '-q'])).toEqual({
    status: 0,
    stdout: '',
    stderr: expect.stringMatching(/^listening on 127\.0\.0\.1:\d+\n$/),
  });
});

describe('with --stay', () => {
  test('server and proxy are there for others, until Ctrl-C', async () => {
    const program = startProgram(['demo', '--stay']);
    const [, proxyPort = ''] = await program.told(/ {2}curl ftp:\/\/demo:sesame@127\.0\.0\.1:(\d+)\/\n/);
    const [, serverPort = ''] = await program.told(/Past the proxy, .*:(\d+)\/\n/);
    for (const port of [proxyPort, serverPort]) {
      const { allBytesMatched } = await runDemoScript({ address: '127.0.0.1', port: Number(port) });
      expect(allBytesMatched).toBe(true);
    }
    program.process.kill('SIGINT');
    const { status, stdout } = await program.ended;
    expect(status).toBe(0);
    expect(stdout).toContain('  #2  session closed by the client');
    expect(stdout).not.toContain('  #3  ');
  });

  test('where it is told to listen', async () => {
    const program = startProgram(['demo', '--stay', '--listen', '[::1]:0']);
    const [, port = ''] = await program.told(/^listening on \[::1\]:(\d+)\n/);
    await program.told(new RegExp(`curl ftp://demo:sesame@\\[::1\\]:${port}/\n`));
    program.process.kill('SIGTERM');
    expect((await program.ended).status).toBe(0);
  });
});

test('a reader that goes away ends it', async () => {
  const program = startProgram(['demo', '--stay']);
  program.process.stdout.destroy();
  expect((await program.ended).status).toBe(0);
});
