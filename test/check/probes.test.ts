// What is odd about a server, and which diagnosis follows; each beside the server that is as it should be (check.test.ts).
import { describe, expect, test } from 'vitest';
import { judgedAddress } from '../../src/check/probes/data-modes.js';
import { idleSecondsIn } from '../../src/check/probes/limits.js';
import { listenForPeers } from '../support/scripted-server.js';
import { checked, LISTING, listed, says, startServerWith } from './checked.js';

/** Beside the note that it has no TLS. */
async function foundAt(acts: Parameters<typeof startServerWith>[0], options: Parameters<typeof checked>[1] = {}) {
  const { endpoint } = await startServerWith(acts);
  const result = await checked(endpoint, options);
  return { ...result, found: result.found.filter((one) => one !== 'note tls-auth-refused') };
}

test('nothing is found at a server that is as it should be', async () => {
  const { found, report } = await foundAt({ MLSD: (session) => listed(session, 'type=file;size=10; ten.bin\r\n') });
  expect(found).toEqual([]);
  expect(report.lines.filter(({ sign }) => sign === 'open')).toEqual([]);
});

/** Found there, and nowhere else: the server has no MLSD. */
const ODD: readonly (readonly [string, Parameters<typeof startServerWith>[0], string, string])[] = [
  ['EPSV is refused', { EPSV: says('502 No EPSV') }, 'epsv', 'note epsv-rejected'],
  ['PASV is refused', { PASV: says('502 No PASV') }, 'pasv', 'error pasv-rejected'],
  ['227 without an address', { PASV: says('227 Entering Passive Mode') }, 'pasv', 'error pasv-reply-malformed'],
  ['active mode is refused', { PORT: says('501 No active mode') }, 'active', 'note port-rejected'],
  ['FEAT lists SIZE', { SIZE: says('500 Unknown command') }, 'features', 'warning feature-refused'],
  ['an unknown command', { XFTP: says('200 Fine') }, 'unknown-command', 'warning unknown-command-accepted'],
  [
    'names in Latin-1',
    { LIST: (one) => listed(one, `${LISTING}-rw-r--r-- 1 f f 1 Nov 30 12:00 \xe4.txt\r\n`) },
    'names',
    'warning encoding-mismatch',
  ],
  [
    'a listing of its own',
    { LIST: (one) => listed(one, 'ten.bin ............ 10\r\n') },
    'list',
    'warning listing-format-unknown',
  ],
  [
    'LIST -a',
    { LIST: (one, path) => listed(one, path === '' ? LISTING : '') },
    'hidden-files',
    'note list-options-refused',
  ],
  [
    'a path with a space',
    { LIST: (one, path) => (path.includes(' ') ? one.say('501 Too many arguments') : listed(one, LISTING)) },
    'path-with-space',
    'warning path-with-spaces',
  ],
  ['REST without effect', { RETR: (one) => listed(one, '0123456789') }, 'restart', 'error rest-lost'],
  ['REST is refused', { REST: says('451 Restart not permitted') }, 'restart', 'note resume-not-permitted'],
  [
    'local time in LIST',
    { MDTM: says(`213 ${new Date().getUTCFullYear()}1130100000`) },
    'times',
    'note time-zone-shift',
  ],
];

test.each(ODD)('%s', async (_what, acts, probe, finding) => {
  const { found, line } = await foundAt(acts);
  expect(found).toContain(finding);
  expect(line(probe).findings.map(({ severity, diagnosis }) => `${severity} ${diagnosis}`)).toEqual([finding]);
});

test('a passive port that is closed is an error, and files are not blamed for it', async () => {
  const closed = await listenForPeers('127.0.0.1');
  closed.close();
  const { port } = closed.endpoint;
  const { found, line } = await foundAt({
    EPSV: says(`229 Extended (|||${port}|)`),
    PASV: says(`227 Passive (127,0,0,1,${port >> 8},${port & 255})`),
    PORT: says('500 No active mode'),
  });
  expect(found).toEqual(['error data-passive-refused', 'error data-passive-refused', 'note port-rejected']);
  expect(line('list').sign).toBe('open');
});

test('a server that answers one of two commands sent at once', async () => {
  const waiting = new Map<object, number>();
  const { found, line } = await foundAt(
    {
      NOOP: (session) => {
        const before = waiting.get(session) ?? 0;
        waiting.set(session, before + 1);
        if (before === 0) session.say('200 NOOP ok');
      },
    },
    { timeoutMs: 400 },
  );
  expect(line('pipelining').text).toBe('two commands sent at once are not both answered');
  expect(found).toContain('note pipelining-unsafe');
});

test.each([
  ['220 Hello', '553 Could not create file.', 'error permission-denied'],
  ['220 Hello', '552 Disk full - please upload later', 'error disk-or-quota'],
  ['220 (vsFTPd 3.0.3)', '550 Permission denied.', 'error writing-disabled'],
])('a file that is not stored: %s, %s', async (greeting, refusal, finding) => {
  const { endpoint, lines } = await startServerWith(
    { STOR: says(refusal), DELE: says('550 No such file'), SIZE: says('550 No such file') },
    { greeting },
  );
  const { line, found } = await checked(endpoint, { writeFolder: '/pub', groups: ['writing'] });
  expect(found).toEqual([finding]);
  expect(line('write').text).toBe(`works: nothing; not STOR (${refusal})`);
  expect(lines.find((one) => one.startsWith('STOR '))).toMatch(/^STOR \/pub\/ftpscope-check-[0-9a-f]{12}\.tmp$/);
});

test('a file that cannot be removed is named', async () => {
  const { endpoint } = await startServerWith({ DELE: says('550 Not allowed') });
  const { line, found } = await checked(endpoint, { writeFolder: '/pub', groups: ['writing'] });
  expect(found).toContain('error file-left-behind');
  expect(line('write').facts['left']).toHaveLength(1);
});

test('a third connection that is refused', async () => {
  let open = 0;
  const { endpoint } = await startServerWith({
    USER: (session) => {
      open += 1;
      session.peer.socket.once('close', () => (open -= 1));
      session.say(open > 2 ? '421 Too many connections from your address' : '331 Password, please');
    },
  });
  const { line } = await checked(endpoint, { groups: ['limits'] });
  expect(line('connections').facts['atOnce']).toBe(2);
  expect(line('connections').sign).toBe('note');
});

describe('the announced address', () => {
  const at = (address: string, foreign = true) => ({ announced: { address, port: 50_000 }, foreign });
  const judged = async (address: string, host: string, reachable = false, foreign = true) => {
    const { conclusions, text } = await judgedAddress(at(address, foreign), host, async () =>
      reachable ? null : 'timed out',
    );
    return { found: conclusions.map(({ severity, diagnosis }) => `${severity} ${diagnosis}`), text };
  };

  test.each([
    ['10.0.0.5', '203.0.113.7', false, 'warning pasv-private-address'],
    ['10.0.0.5', '203.0.113.7', true, 'warning pasv-private-address'],
    ['198.18.0.1', '198.18.0.2', true, 'warning pasv-private-address'],
    ['8.8.4.4', '8.8.8.8', true, 'note pasv-address-differs'],
    ['8.8.4.4', '8.8.8.8', false, 'warning pasv-address-differs'],
    ['127.0.0.1', '203.0.113.7', false, 'warning pasv-zero-or-loopback-address'],
  ])('%s of a server at %s, reachable: %s', async (address, host, reachable, finding) => {
    expect((await judged(address, host, reachable)).found).toEqual([finding]);
  });

  test('0.0.0.0 names nobody else, and is no address all the same', async () => {
    expect((await judged('0.0.0.0', '203.0.113.7', false, false)).found).toEqual([
      'warning pasv-zero-or-loopback-address',
    ]);
  });

  test.each([
    ['the same', '203.0.113.7', '203.0.113.7'],
    ['loopback on loopback', '127.0.0.1', '127.0.0.1'],
  ])('%s is as it should be', async (_what, address, host) => {
    expect(await judged(address, host, false, false)).toEqual({ found: [], text: '' });
  });
});

test('how long a silent connection stays is read where servers say it', () => {
  expect(idleSecondsIn(['220 You will be disconnected after 15 minutes of inactivity.'])).toBe(900);
  expect(idleSecondsIn(['     Session timeout in seconds is 300'])).toBe(300);
  expect(idleSecondsIn(['220 Idle timeout: 120'])).toBe(120);
  expect(idleSecondsIn(['220 Welcome to the archive, 15 minutes from the station'])).toBeNull();
});
