// A recorded session beside a replayed one: what differs, and whether it matters.
import { describe, expect, test } from 'vitest';
import { type Aspect, type ComparedSession, compareSessions } from '../../../src/replay/client/comparison.js';
import type { RecordedSession } from '../../../src/replay/session/recorded-session.js';
import { recordedSession } from '../recorded-dialogue.js';

const compared = (
  session: RecordedSession,
  listings: readonly (readonly [number, string])[] = [],
): ComparedSession => ({
  session,
  listings: new Map(listings),
});

function differences(one: readonly string[], other: readonly string[], matters?: readonly Aspect[]) {
  return compareSessions(compared(recordedSession(one)), compared(recordedSession(other)), matters).differences;
}

const transfer = (what: string, final = '226 Done') => ['> RETR a', '< 150 Here', `== ${what}`, `< ${final}`];

test('the same is the same', () => {
  const lines = ['< 220 Ready', '> PASV', '< 227 (1,2,3,4,5,6)', ...transfer('it'), '> QUIT', '< 221 Bye'];
  expect(differences(lines, lines)).toEqual([]);
});

test('a code', () => {
  expect(differences(['> SIZE a', '< 213 5'], ['> SIZE a', '< 550 No'])).toEqual([
    { aspect: 'codes', matters: true, exchange: 1, command: 'SIZE a', recorded: ['213 5'], replayed: ['550 No'] },
  ]);
});

test('preliminary replies are compared, too', () => {
  const one = differences(transfer('it'), ['> RETR a', '== it', '< 226 Done']);
  expect(one.map(({ aspect }) => aspect)).toEqual(['codes']);
});

test('the greeting', () => {
  expect(differences(['< 220 One'], ['< 220 Other'])).toMatchObject([{ exchange: null, aspect: 'texts' }]);
});

test('words, and of longer replies the lines that only one has', () => {
  const features = (...names: string[]) => [
    '> FEAT',
    `< 211-Features\n${names.map((name) => ` ${name}`).join('\n')}\n211 End`,
  ];
  expect(differences(features('EPSV', 'SIZE'), features('EPSV', 'MDTM', 'UTF8'))).toMatchObject([
    { aspect: 'texts', recorded: [' SIZE'], replayed: [' MDTM', ' UTF8'] },
  ]);
});

test('lines in another order differ', () => {
  expect(differences(['> STAT', '< 211-a\nx\ny\n211 End'], ['> STAT', '< 211-a\ny\nx\n211 End'])).toMatchObject([
    { recorded: ['x', 'y'], replayed: ['y', 'x'] },
  ]);
});

test('a payload', () => {
  const [found] = differences(transfer('it'), transfer('that'));
  expect(found).toMatchObject({ aspect: 'payloads', command: 'RETR a', matters: true });
  expect(found?.recorded[0]).toMatch(/^2 bytes, sha256 [0-9a-f]{64}$/);
});

test('listings are compared as text', () => {
  const listing = (time: string, name: string) => `-rw-r--r-- 1 ftp ftp 5 Nov 22 ${time} ${name}\r\n`;
  const lines = ['> LIST', '< 150 Here', '== differs', '< 226 Done'];
  const other = ['> LIST', '< 150 Here', '== differ', '< 226 Done'];
  const [one, two] = [recordedSession(lines), recordedSession(other)];
  const against = (text: string) =>
    compareSessions(compared(one, [[1, listing('11:04', 'a')]]), compared(two, [[1, text]])).differences;
  expect(against(listing('23:59', 'a'))).toEqual([]);
  expect(against(listing('11:04', 'b'))).toMatchObject([
    { recorded: ['-rw-r--r-- ftp ftp 5 <time> a'], replayed: ['-rw-r--r-- ftp ftp 5 <time> b'] },
  ]);
  // Without the texts there is nothing to say.
  expect(compareSessions(compared(one), compared(two))).toMatchObject({ differences: [], payloads: 0 });
});

describe('what is not compared', () => {
  test('commands that only one of them has', () => {
    expect(differences(['> PWD', '< 257 "/"', '> NOOP', '< 200 Ok'], ['> PWD', '< 257 "/"'])).toEqual([]);
  });

  test('replies that the recording lost', () => {
    expect(differences(['> PWD'], ['> PWD', '< 257 "/"'])).toEqual([]);
    expect(differences(['> RETR a', '< 150 Here'], transfer('it'))).toEqual([]);
  });

  test('payloads that the capture has only in part, or that were bound to differ', () => {
    const one = recordedSession(transfer('it'));
    const other = recordedSession(transfer('that'));
    const [exchange] = one.exchanges;
    if (exchange?.transfer == null) throw new Error('no transfer');
    const holed = { ...one, exchanges: [{ ...exchange, transfer: { ...exchange.transfer, missingBytes: 1 } }] };
    expect(compareSessions(compared(holed), compared(other)).differences).toEqual([]);
    const liberties = { translated: new Set<number>(), unlike: new Set([1]) };
    expect(compareSessions(compared(one), compared(other), undefined, liberties).differences).toEqual([]);
  });

  test('which was faster, the data connection or the command', () => {
    const began = (line: string, end = '226 Done') => ['> NLST', `< ${line}`, `< ${end}`];
    expect(differences(began('150 About to open'), began('125 Already open'))).toEqual([]);
    expect(differences(began('150 About to open'), began('125 Already open', '226 Sent'))).toMatchObject([
      { aspect: 'texts', recorded: ['226 Done'], replayed: ['226 Sent'] },
    ]);
  });

  test('a transfer that failed says why', () => {
    const one = recordedSession(transfer('it'));
    const [exchange] = one.exchanges;
    if (exchange?.transfer == null) throw new Error('no transfer');
    const failed = { ...exchange.transfer, bytes: 1, sha256: null, outcome: 'failed', reason: 'connection refused' };
    const other = { ...one, exchanges: [{ ...exchange, transfer: { ...failed, outcome: 'failed' as const } }] };
    expect(compareSessions(compared(one), compared(other)).differences).toMatchObject([
      { aspect: 'payloads', replayed: ['1 byte, failed: connection refused'] },
    ]);
  });

  test('words of the proxy', () => {
    const one = recordedSession(['> AUTH TLS', '< 234 Mine']);
    const byProxy = one.exchanges.map((exchange) => ({
      ...exchange,
      replies: exchange.replies.map((reply) => ({ ...reply, byProxy: true })),
    }));
    const other = compared(recordedSession(['> AUTH TLS', '< 502 No']));
    expect(compareSessions(compared({ ...one, exchanges: byProxy }), other).differences).toEqual([]);
  });
});

test('a command that was asked in another form has only to succeed', () => {
  const liberties = { translated: new Set([1]), unlike: new Set<number>() };
  const one = compared(recordedSession(['> PORT 1,2,3,4,5,6', '< 200 Ok']));
  const against = (reply: string) =>
    compareSessions(one, compared(recordedSession(['> PASV', `< ${reply}`])), undefined, liberties).differences;
  expect(against('227 (1,2,3,4,5,6)')).toEqual([]);
  expect(against('425 No')).toMatchObject([{ aspect: 'codes' }]);
});

describe('time', () => {
  const slow = (session: RecordedSession): RecordedSession => ({
    ...session,
    exchanges: session.exchanges.map((exchange) => ({
      ...exchange,
      replies: exchange.replies.map((reply) => ({ ...reply, latencyMs: 5000 })),
    })),
  });
  const one = recordedSession(['> NOOP', '< 200 Ok']);

  test('is told when it is much slower, and does not matter unless asked', () => {
    const against = (matters?: readonly Aspect[]) =>
      compareSessions(compared(one), compared(slow(one)), matters).differences;
    expect(against()).toMatchObject([{ aspect: 'timing', matters: false, recorded: ['10 ms'], replayed: ['5000 ms'] }]);
    expect(against(['timing'])).toMatchObject([{ matters: true }]);
  });

  test('is not told when it is faster', () => {
    expect(compareSessions(compared(slow(one)), compared(one)).differences).toEqual([]);
  });
});

test('passwords are not told', () => {
  const [found] = differences(['> PASS secret', '< 230 Ok'], ['> PASS secret', '< 530 No']);
  expect(JSON.stringify(found)).not.toContain('secret');
});
