// `ftpscope check` as people and CI call it: what it prints where, and with which exit status.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { startSampleServer } from '../../src/demo/sample-server.js';
import { listenForPeers } from '../support/scripted-server.js';
import { runProgram } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'ftpscope-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function server(): Promise<string> {
  const running = await startSampleServer();
  onTestFinished(() => running.close());
  return `ftp://127.0.0.1:${running.address.port}`;
}

function passwordFile(password: string): string {
  const file = join(folder, 'password');
  writeFileSync(file, `${password}\n`);
  return file;
}

test('a report on stdout, nothing on stderr, status 0', async () => {
  const url = await server();
  const { status, stdout, stderr } = await runProgram(['check', url]);
  expect(stderr).toBe('');
  expect(stdout).toMatch(new RegExp(`^${url}`));
  expect(stdout).toMatch(/\nconnection\n {2}ok {7}127\.0\.0\.1:\d+, connected in /);
  expect(stdout).toMatch(/\nfindings\n {2}note: the server has no TLS {3}tls-auth-refused\n/);
  expect(stdout).toMatch(/\n1 note in \d+ checks \(\d connections, .*\)\n$/);
  expect(status).toBe(0);
});

test('--json is one object, also where there is no server; that is status 3', async () => {
  const { stdout, status } = await runProgram(['check', await server(), '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    couldRun: true,
    findings: [{ diagnosis: 'tls-auth-refused' }],
    leftOut: [],
  });
  expect(status).toBe(0);
  const { endpoint, close } = await listenForPeers();
  close();
  const gone = await runProgram(['check', `ftp://127.0.0.1:${endpoint.port}`, '--json']);
  expect(JSON.parse(gone.stdout)).toMatchObject({ couldRun: false, findings: [{ diagnosis: 'upstream-unreachable' }] });
  expect(gone.stderr).toMatch(/cannot check ftp:.*: connection refused\n$/);
  expect(gone.status).toBe(3);
});

test('a refused login is status 1; -v shows the dialogue on stderr, and never the password', async () => {
  const options = ['--user', 'demo', '--password-file', passwordFile('not-this-one'), '-v'];
  const { status, stdout, stderr } = await runProgram(['check', await server(), ...options]);
  expect(stdout).toMatch(/ERROR {4}demo is not let in: 530 /);
  expect(stdout).toMatch(/not asked \(not logged in\): .*pasv/);
  expect(stderr).toMatch(/-> USER demo +client names the user\n/);
  expect(stderr).toMatch(/-> PASS \*+ +client sends/);
  expect(stdout + stderr).not.toContain('not-this-one');
  expect(status).toBe(1);
});

test('the right password, from the environment', async () => {
  const environment = { FTPSCOPE_PASSWORD: 'sesame' };
  const { status, stdout } = await runProgram(['check', await server(), '--user', 'demo'], { environment });
  expect(stdout).toMatch(/ok {7}demo: 230 /);
  expect(status).toBe(0);
});

test.each([
  [['ftp://127.0.0.1', '--user', 'demo'], 'the password of demo is missing'],
  [['ftp://demo:sesame@127.0.0.1'], 'leave out user and password, say the user with --user'],
  [['ftp://127.0.0.1/pub'], 'leave out the path /pub'],
  [['ftp://127.0.0.1', '--only', 'tls,date'], 'Give some of connection, login, tls,'],
  [['ftp://127.0.0.1', '--try-write', 'pub\r\nDELE x'], 'must not hold line ends'],
  [[], 'missing required argument'],
])('%j is wrong usage', async (args, says) => {
  const { status, stderr } = await runProgram(['check', ...args]);
  expect(stderr).toContain(says);
  expect(stderr).not.toContain('sesame');
  expect(status).toBe(2);
});

test('-q leaves the exit status alone', async () => {
  const { status, stdout, stderr } = await runProgram(['check', await server(), '-q']);
  expect([status, stdout, stderr]).toEqual([0, '', '']);
});
