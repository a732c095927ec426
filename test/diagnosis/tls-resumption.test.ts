import { expect, test } from 'vitest';
import { trace } from './trace.js';

const NOT_RESUMED = '522 SSL connection failed: session reuse required';

/** Encrypted on both legs, logged in. */
function secured(how: 'reverse' | 'capture' = 'reverse', greeting = '220 (vsFTPd 3.0.5)') {
  const one = trace().opened('192.0.2.10', '198.51.100.7', how).connected().server(greeting);
  one.client('AUTH TLS').server('234 ok').tls('server');
  return how === 'reverse' ? one.tls('client') : one;
}

type Session = ReturnType<typeof secured>;

function transfer(one: Session, legs: { client?: boolean; server?: boolean; offered?: boolean }, final = '226 done') {
  one
    .client('PASV')
    .server('227 ok (198,51,100,7,195,81)')
    .link('passive', '198.51.100.7')
    .client('RETR f')
    .server('150 here');
  const offered = legs.offered ? ({ offersSession: true } as const) : {};
  if (legs.server !== undefined) one.dataTls('server', { resumed: legs.server, ...offered });
  if (legs.client !== undefined) one.dataTls('client', { resumed: legs.client });
  one.server(final);
  return one.linkClosed(final.startsWith('226') ? {} : { outcome: 'failed', cause: 'failed-by-server', reason: final });
}

test('required, in a capture: the client is to resume', () => {
  const [finding, ...more] = transfer(secured('capture'), { server: false }, NOT_RESUMED).findings;
  expect(more).toEqual([]);
  expect(finding).toMatchObject({
    ...{ diagnosis: 'tls-session-reuse-required', severity: 'error', leg: 'server', fault: 'client', link: 1 },
    fix: { server: expect.stringContaining('require_ssl_reuse=NO') },
  });
});

test.each([
  '425 Unable to build data connection: TLS session of data connection not resumed.',
  '450 TLS session of data connection has not resumed or the session does not match the control connection',
  '425 Cannot secure data connection - TLS session resumption required.',
  '522 Data connection must use cached TLS session',
  '425 Unable to build data connection: Operation not permitted',
])('in the words of other servers: %s', (words) => {
  expect(transfer(secured('capture'), { server: false }, words).found).toEqual([
    'error server tls-session-reuse-required',
  ]);
});

test.each([
  ['ProFTPD could not connect', '425 Unable to build data connection: Connection refused', false],
  ['ProFTPD, where the session was resumed', '425 Unable to build data connection: Operation not permitted', true],
  ['ProFTPD, without TLS', '425 Unable to build data connection: Operation not permitted', undefined],
])('silent: %s', (_, words, resumed) => {
  const legs = resumed === undefined ? {} : { server: resumed };
  expect(transfer(secured('capture'), legs, words).found.filter((it) => it.includes('tls'))).toEqual([]);
});

test('lost: earlier ones were resumed', () => {
  const one = transfer(secured('capture'), { server: true });
  expect(transfer(one, { server: false }, NOT_RESUMED).found).toEqual(['error server tls-session-reuse-lost']);
});

test('the proxy offered a session, and it was not taken: a fault of its own', () => {
  const one = transfer(secured(), { server: false, client: true, offered: true }, NOT_RESUMED);
  expect(one.found).toEqual(['error server proxy-runtime-cannot-resume']);
  expect(one.findings[0]?.fault).toBe('proxy');
});

test('--require-data-resumption: the client is refused by the proxy', () => {
  const one = secured()
    .client('PASV')
    .server('227 ok (198,51,100,7,195,81)')
    .link('passive', '198.51.100.7')
    .client('RETR f')
    .server('150 x');
  one.dataTls('client', { resumed: false }).proxy('522 The data connection does not resume');
  expect(one.found).toEqual(['error client tls-session-reuse-required']);
});

test('a client that never resumes: mended, where the server demands it', () => {
  const one = transfer(secured(), { server: true, client: false });
  expect(one.found).toEqual(['warning client tls-client-never-resumes']);
  expect(one.findings[0]).toMatchObject({ mended: true, confidence: 'likely', fault: 'client' });
  expect(transfer(one, { server: true, client: false }).found).toHaveLength(1);
});

test('a note, where it does not, or nobody knows', () => {
  const other = transfer(secured('reverse', '220 hello'), { server: true, client: false });
  expect(other.found).toEqual(['note client tls-client-never-resumes']);
  expect(other.findings[0]).not.toHaveProperty('mended');
  expect(transfer(secured('capture'), { server: false }).found).toEqual(['note client tls-client-never-resumes']);
});

test.each<[string, Session]>([
  ['it resumes', transfer(secured(), { server: true, client: true })],
  [
    'it resumed once, and has no ticket left (curl)',
    transfer(transfer(secured(), { server: true, client: true }), { server: true, client: false }),
  ],
  ['its data is in the clear', transfer(secured(), {})],
])('silent: %s', (_, one) => expect(one.found).toEqual([]));
