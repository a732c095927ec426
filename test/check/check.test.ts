// Whole checks of whole servers: a good one, one that cannot be reached, and one that does not let us in.
import { expect, onTestFinished, test } from 'vitest';
import { startSampleServer } from '../../src/demo/sample-server.js';
import { listenForPeers, startScriptedServer } from '../support/scripted-server.js';
import { checked, says, startServerWith } from './checked.js';

async function sampleServer(options: Parameters<typeof startSampleServer>[0] = {}) {
  const server = await startSampleServer(options);
  onTestFinished(() => server.close());
  return server;
}

test('a good server without TLS gets a note, and is left with QUIT', async () => {
  const server = await sampleServer();
  const { report, found, observations } = await checked(server.address);
  expect(found).toEqual(['note tls-auth-refused']);
  expect(report.lines.filter(({ sign }) => sign !== 'ok').map(({ probe }) => probe)).toEqual(['tls']);
  expect(report.leftOut).toEqual([]);
  expect(report.connections).toBeLessThanOrEqual(6);
  const said = observations.filter((one) => one.kind === 'command' && one.verb === 'QUIT');
  expect(said.length).toBeGreaterThan(2);
});

test('it reads only', async () => {
  const server = await sampleServer();
  const { observations } = await checked(server.address);
  const verbs = new Set(observations.flatMap((one) => (one.kind === 'command' ? [one.verb] : [])));
  const writing = ['STOR', 'APPE', 'STOU', 'DELE', 'MKD', 'RMD', 'RNFR', 'RNTO', 'MFMT', 'SITE'];
  expect(writing.filter((verb) => verbs.has(verb))).toEqual([]);
});

test('with a folder to write to, a file is written, changed, renamed and removed', async () => {
  const server = await sampleServer();
  const before = (await checked(server.address)).line('list').facts['entries'];
  const { line, found, report } = await checked(server.address, { writeFolder: '/' });
  expect(line('write').text).toMatch(/^works: STOR, SIZE behind STOR, .*APPE, .*REST and STOR, .*RNFR and RNTO, DELE/);
  expect(line('write').facts['left']).toEqual([]);
  expect(found.filter((one) => one.startsWith('error'))).toEqual([]);
  expect(report.leftOut).toEqual([]);
  expect((await checked(server.address)).line('list').facts['entries']).toBe(before);
});

test('no one there: one finding, and the check could not run', async () => {
  const { endpoint, close } = await listenForPeers('127.0.0.1');
  close();
  const { report, found, line } = await checked(endpoint);
  expect(report.couldRun).toBe(false);
  expect(found).toEqual(['error upstream-unreachable']);
  expect(line('address').text).toBe('connection refused');
});

test.each([
  ['an SSH server', 'SSH-2.0-OpenSSH_9.2\r\n', 'error ssh-on-ftp-port'],
  ['a full server', '421 Too many connections (8) from this IP\r\n', 'error too-many-connections'],
])('%s is one finding, too', async (_what, greeting, finding) => {
  const { endpoint } = await startScriptedServer({ greeting });
  const { report, found } = await checked(endpoint);
  expect(report.couldRun).toBe(false);
  expect(found).toEqual([finding]);
});

test('a server that says nothing is given up on', async () => {
  const { endpoint } = await startScriptedServer({ greeting: null });
  const { report, line } = await checked(endpoint, { timeoutMs: 200 });
  expect(report.couldRun).toBe(false);
  expect(line('address').findings[0]?.title).toContain('name it with ftps://');
  expect(line('address').text).toBe('no answer within 0.2 s');
});

test('a server that waits for AUTH TLS where TLS was to come first', async () => {
  const { endpoint } = await startServerWith();
  const { found, line } = await checked({ ...endpoint, implicitTls: true }, { timeoutMs: 1000 });
  expect(found).toEqual(['error plain-server-on-implicit-port']);
  expect(line('address').findings[0]?.cause).toContain('name it with ftp://');
});

test('a refused login of a named user is one error; what needs no login is checked', async () => {
  const { endpoint } = await startServerWith({ PASS: says('530 Login incorrect.') });
  const { report, found, line } = await checked(endpoint, { user: 'anna', password: 'wrong-one' });
  expect(found).toEqual(['error login-failed', 'note tls-auth-refused']);
  expect(line('greeting').sign).toBe('ok');
  expect(line('login').text).toBe('anna is not let in: 530 Login incorrect.');
  expect(report.leftOut.map(({ probe }) => probe)).toContain('pasv');
  expect(JSON.stringify(report)).not.toContain('wrong-one');
});

test('a server without anonymous users is none that is wrong', async () => {
  const { endpoint } = await startServerWith({ PASS: says('530 No anonymous users.') });
  const { found, line } = await checked(endpoint);
  expect(found).toEqual(['note tls-auth-refused']);
  expect(line('login').sign).toBe('open');
  expect(line('login').text).toContain('--user NAME');
});

test('a server that hangs up in the middle is entered again, and the rest is checked', async () => {
  const { endpoint } = await startServerWith({ NOOP: (session) => session.peer.reset() });
  const { line, report } = await checked(endpoint);
  expect(line('noop').sign).toBe('open');
  expect(line('epsv').sign).toBe('ok');
  expect(report.connections).toBeLessThan(12);
});

test('only some groups, and within a time', async () => {
  const server = await sampleServer();
  const { report } = await checked(server.address, { groups: ['limits'] });
  expect(report.lines.map(({ probe }) => probe)).toEqual(['connections', 'idle-timeout']);
  const none = await checked(server.address, { maxMs: 0 });
  expect(none.report.lines).toEqual([]);
  expect(none.report.leftOut[0]).toEqual({ probe: 'address', why: 'out of time' });
});
