// A session in short: what the list says of it at each moment of its life.
import { describe, expect, test } from 'vitest';
import { SessionCard } from '../../src/dashboard/model/session-card.js';
import { styleOf } from '../../src/dashboard/rows/columns.js';
import { NOON, observed } from '../transcript/observations.js';
import { ObservedSession } from './session.js';

function card({ observations }: ObservedSession): SessionCard {
  const made = new SessionCard(1, NOON);
  for (const observation of observations) made.take(observation);
  return made;
}

const session = () => new ObservedSession();

describe('how far it is', () => {
  test.each([
    ['greeting', session()],
    ['login', session().greeted()],
    ['login', session().greeted().says('USER alice', '331 password?')],
    ['idle', session().login()],
    ['idle', session().login().says('RETR a', '550 no such file')],
    ['transferring', session().login().says('RETR a', '150 here it comes').carries(10)],
    ['idle', session().login().says('RETR a', '150 here it comes').carries(10).carried(20)],
    ['closing', session().login().says('QUIT', '221 bye')],
    ['closed', session().login().says('QUIT', '221 bye').closed()],
    ['closed', session().login().closed('client', 'closed')],
    ['closed', session().login().closed('proxy', 'shutdown')],
    ['closed', session().login().greeted('421 The proxy is shutting down').closed('proxy', 'shutdown')],
    ['closed', session().closed('proxy', 'shutdown')],
    ['failed', session().closed('server', 'unreachable')],
    ['failed', session().greeted().says('USER alice', '530 not here').closed('server', 'closed')],
    ['failed', session().login().says('NOOP', '421 too long idle').closed('server', 'closed')],
    ['failed', session().login().closed('proxy', 'idle')],
    ['failed', session().login().closed('proxy', 'stopped')],
    ['failed', session().login().closed('proxy', 'unknown', 'the proxy is shutting down')],
  ] as const)('%s', (state, observedSession) => {
    expect(card(observedSession).state).toBe(state);
  });
});

test('who, and with whom', () => {
  const one = card(session().login('bob'));
  expect(one).toMatchObject({ number: 1, user: 'bob', client: { address: '10.0.0.5', port: 50_001 } });
  expect(one.server).toEqual({ address: 'ftp.example.com', port: 21 });
});

test('in forward mode the server is known once the client names it', () => {
  const one = new SessionCard(1, NOON);
  one.take(observed('session-opened', { server: null, how: 'forward' }));
  expect(one.server).toBeNull();
  one.take(observed('server-chosen'));
  expect(one.server).toEqual({ address: 'ftp.example.com', port: 21 });
});

test('bytes count while they flow, and once when they have', () => {
  const upload = { direction: 'upload', verb: 'STOR', link: 2 } as const;
  const flowing = card(session().login().carries(1000).carries(700, upload));
  expect(flowing).toMatchObject({ bytesDown: 1000, bytesUp: 700 });
  const done = card(session().login().carries(1000).carried(5000).carries(700, upload));
  expect(done).toMatchObject({ bytesDown: 5000, bytesUp: 700 });
});

test('the rate is that of the newest second, and gone with the transfer', () => {
  const flowing = session().login().carries(0).carries(3000, { link: 1 }, 999);
  expect(card(flowing).bytesPerSecond).toBe(3000);
  expect(card(flowing.carried(3000)).bytesPerSecond).toBe(0);
});

test('encryption, leg by leg, of control connections', () => {
  const one = card(session().add(observed('tls', { side: 'server' })));
  expect(one.tls).toEqual({ client: false, server: true });
  expect(card(session().add(observed('tls', { side: 'client', failure: 'no common cipher' }))).tls.client).toBe(false);
  expect(card(session().add(observed('tls', { side: 'client', leg: 'data', link: 1 }))).tls.client).toBe(false);
});

test('in a capture both sides share one connection, and its encryption', () => {
  const captured = observed('session-opened', { how: 'capture', listener: null });
  const one = card(
    session()
      .add(captured)
      .add(observed('tls', { side: 'server' })),
  );
  expect(one.tls).toEqual({ client: true, server: true });
});

test('a session that went on encrypted, unread, is encrypted on both legs', () => {
  const one = card(session().add(observed('violation', { code: 'encrypted-passthrough' })));
  expect(one.tls).toEqual({ client: true, server: true });
});

test('violations and gaps are counted as worth a look', () => {
  const one = session().login().says('RETR a', '550 no').add(observed('violation')).add(observed('gap'));
  expect(card(one)).toMatchObject({ warnings: 2, trouble: null });
});

describe('a session is in trouble', () => {
  test.each([
    [
      'a transfer that failed',
      session().login().says('RETR a', '150 go').carries(10).carried(10, 'failed'),
      /the transfer failed|./,
    ],
    ['a handshake that failed', session().add(observed('tls', { failure: 'expired' })), /TLS: expired/],
    [
      'a login that is refused',
      session().says('USER anna', '331 go on').says('PASS x', '530 Login incorrect.'),
      /530 Login incorrect/,
    ],
    [
      'AUTH that is refused, when the client leaves for it',
      session().says('AUTH TLS', '500 no TLS here').closed('client', 'closed', 'the client closed the connection'),
      /500 no TLS here/,
    ],
    ['a server that is not there', session().closed('server', 'unreachable', 'cannot reach it'), /cannot reach it/],
    [
      'an error that diagnosis found',
      session()
        .login()
        .add(observed('finding', { title: 'ports are closed' })),
      /ports are closed/,
    ],
  ])('by %s', (_what, observedSession, words) => {
    expect(card(observedSession).trouble).toMatch(words);
    expect(styleOf(card(observedSession))).toBe('permanent-negative');
  });

  test('and not by a 550, nor by a login that succeeds in the end, nor by an AUTH that the client does without', () => {
    expect(card(session().login().says('SIZE a', '550 no')).trouble).toBeNull();
    const second = session().says('USER a', '331 go on').says('PASS x', '530 no').says('PASS y', '230 in');
    expect(card(second.closed('client', 'quit', 'QUIT')).trouble).toBeNull();
    const plain = session().says('AUTH TLS', '500 no').login().says('QUIT', '221 bye').closed('client', 'quit', 'QUIT');
    expect(card(plain).trouble).toBeNull();
    expect(
      card(
        session()
          .login()
          .add(observed('finding', { severity: 'warning' })),
      ).trouble,
    ).toBeNull();
  });
});

test.each([
  ['dim', session().login().says('SIZE a', '550 no').closed()],
  ['default', session().login().says('SIZE a', '550 no')],
] as const)('the row of a healthy session is %s', (style, observedSession) => {
  expect(styleOf(card(observedSession))).toBe(style);
});

test('it grows old until its end', () => {
  const one = new ObservedSession();
  expect(card(one).ageMs(NOON + 5001)).toBe(5000);
  expect(card(one.closed()).ageMs(NOON + 99_000)).toBe(1);
});
