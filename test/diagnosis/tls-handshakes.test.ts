import { describe, expect, test } from 'vitest';
import type { TlsSeen } from '../../src/dialogue/observation.js';
import { type Trace, trace } from './trace.js';

const asked = () => trace().opened().connected().server('220 x').client('AUTH TLS').server('234 ok');
const failed = (side: 'client' | 'server', facts: Partial<TlsSeen>) =>
  asked().tls(side, { failure: 'it failed', fault: 'alert', ...facts });

test.each<[string, Trace, string]>([
  [
    'the server lacks the version',
    failed('server', { alert: { from: 'server', number: 70 } }),
    'error server tls-version-or-cipher',
  ],
  [
    'the client lacks it, says the proxy',
    failed('client', { alert: { from: 'server', number: 70 } }),
    'error client tls-version-or-cipher',
  ],
  ['no cipher', failed('client', { alert: { from: 'server', number: 40 } }), 'error client tls-version-or-cipher'],
  ['too weak', failed('server', { alert: { from: 'server', number: 71 } }), 'error server tls-version-or-cipher'],
  ['nobody says why', failed('server', { fault: 'reset' }), 'error server tls-handshake-failed'],
  ['an older transcript', failed('client', {}), 'error client tls-handshake-failed'],
])('%s', (_, one, finding) => expect(one.found).toEqual([finding]));

test('no version in common with an old client: the option that helps', () => {
  const [finding] = failed('client', { alert: { from: 'server', number: 70 } }).findings;
  expect(finding).toMatchObject({ title: 'no TLS version in common with the client', fault: 'client' });
  expect(finding?.fix.proxy).toContain('--client-tls-min TLSv1');
});

test('a handshake on a data connection before its command', () => {
  const early = (facts: Partial<TlsSeen>) =>
    asked()
      .link('passive', '198.51.100.7')
      .dataTls('client', { early: true, ...facts });
  expect(early({}).findings).toMatchObject([
    { diagnosis: 'tls-data-handshake-deadlock', severity: 'note', mended: true },
  ]);
  expect(early({ failure: 'x', fault: 'timeout' }).found).toEqual(['error client tls-data-handshake-deadlock']);
  expect(asked().link('passive', '198.51.100.7').dataTls('client').found).toEqual([]);
});

describe('a data connection without close_notify', () => {
  const transfer = (final = '226 done', announced = '150 Here comes f (100 bytes)') =>
    asked()
      .client('TYPE I')
      .server('200 ok')
      .client('PASV')
      .server('227 ok (198,51,100,7,195,81)')
      .link('passive', '198.51.100.7')
      .client('RETR f')
      .server(announced)
      .server(final);
  const cut = (one: Trace) => one.violation('server', 'possibly-truncated', 'no close_notify', { link: 1 });
  const whole = { verb: 'RETR', direction: 'download', bytes: 100 } as const;
  const short = { ...whole, bytes: 60 };

  test.each<[string, Trace, string[]]>([
    ['and all bytes', cut(transfer()).linkClosed(whole), ['warning server tls-no-close-notify']],
    [
      'and nobody said how many',
      cut(transfer('226 done', '150 ok')).linkClosed(short),
      ['warning server tls-no-close-notify'],
    ],
    ['and bytes are missing', cut(transfer()).linkClosed(short), ['error server tls-truncated-data']],
    [
      'and 426',
      cut(transfer('426 broken')).linkClosed({ ...whole, outcome: 'failed' }),
      ['error server tls-truncated-data'],
    ],
    ['but it has one', transfer().linkClosed(whole), []],
    [
      'but another connection',
      transfer().violation('server', 'possibly-truncated', 'x', { link: 7 }).linkClosed(whole),
      [],
    ],
  ])('%s', (_, one, findings) => expect(one.found.filter((it) => it.includes('tls'))).toEqual(findings));
});

test('the server wanted to renegotiate', () => {
  const closed = (number: number) => asked().closed({ by: 'server', cause: 'lost', alert: { from: 'server', number } });
  expect(closed(100).found).toEqual(['error server tls-renegotiation-or-cache-expiry']);
  expect(closed(0).found).toEqual([]);
});
