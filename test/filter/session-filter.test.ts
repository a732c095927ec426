// Which sessions a filter selects, and when that is certain.
import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { parseFilter } from '../../src/filter/parse-filter.js';
import { textTest } from '../../src/filter/pattern.js';
import { SessionFilter } from '../../src/filter/session-filter.js';
import { SessionSelection } from '../../src/filter/session-selection.js';
import { command, endpoint, observed, reply } from '../transcript/observations.js';

function filterOf(text: string): SessionFilter {
  const parsed = parseFilter(text);
  if (parsed.kind === 'error') throw new Error(parsed.message);
  return new SessionFilter(parsed.expression);
}

function matches(filter: string, ...observations: readonly Observation[]): boolean {
  const matcher = filterOf(filter).matcher();
  for (const observation of observations) matcher.take(observation);
  return matcher.matches;
}

const active = { mode: 'active', local: null, remote: null } as const;
const session = [
  observed('session-opened', { client: endpoint('10.1.2.3', 4444), server: endpoint('ftp.example.com', 2121) }),
  observed('server-connected', { remote: endpoint('192.0.2.7', 2121) }),
  reply('220 Welcome', null),
  command('USER alice@corp', 1),
  reply('331 Password', 1),
  command('PASS ****', 2),
  reply(['230-Hello', '230 quota is 10 GB'], 2),
  command('CWD /B\xc3\xbccher', 3),
  reply('550 No', 3),
  command('PASV', 4),
  command('RETR Report.CSV', 5),
  observed('link-progress', { verb: 'RETR', path: 'Report.CSV', direction: 'download', bytes: 3_000_000 }),
  observed('link-closed', {
    client: active,
    verb: 'RETR',
    path: 'Report.CSV',
    direction: 'download',
    bytes: 5_000_000,
  }),
  observed('tls', { protocol: 'TLSv1.3' }),
];

describe('a session matches by', () => {
  test.each([
    ['its commands', ['~cmd retr', '~cmd R*', '~cmd ?ETR'], ['~cmd STOR', '~cmd RET']],
    ['its replies', ['~code 550', '~code 5', '~code 22x'], ['~code 4', '~code 551']],
    ['its user', ['~user alice', '~user ALICE@corp', '~user al*'], ['~user ali', '~user corp']],
    [
      'paths',
      ['~path report', '~path *.csv', '~path b\u00fccher', '~path B*R | ~path /b*r'],
      ['~path csv*', '~path alice'],
    ],
    ['modes', ['~mode pasv', '~mode active', '~mode passive'], ['~mode epsv', '~mode port', '~mode eprt']],
    [
      'its client',
      ['~src 10.0.0.0/8', '~src 10.1.2.3:4444', '~src :4444', '~src 10.1.*'],
      ['~src 10.1.2.3:4', '~src ::1'],
    ],
    [
      'its server',
      ['~dst ftp.example.com', '~dst *.example.com:2121', '~dst 192.0.2.7'],
      ['~dst example.com', '~dst :21'],
    ],
    ['encryption', ['~tls', '~tls 1.3'], ['~tls no', '~tls 1.2']],
    ['what went wrong', ['~err'], ['!~err']],
    ['sizes', ['~size >1m', '~size 5000000', '~size <=5000000'], ['~size <1m', '~size >5000000', '~size 3000000']],
    ['its lines', ['welcome', '"quota is"', '"* is 10 gb"', 'RETR'], ['nothing', '"is 10*"']],
    [
      'all of it',
      ['~user alice ~code 550', '(a | ~cmd QUIT) !~mode epsv'],
      ['~user alice ~cmd QUIT', '!welcome | QUIT'],
    ],
  ])('%s', (_what, yes, no) => {
    for (const filter of yes) expect(matches(filter, ...session), filter).toBe(true);
    for (const filter of no) expect(matches(filter, ...session), filter).toBe(false);
  });

  test.each([
    ['a violation', observed('violation')],
    ['a reply', reply('421 Too many')],
    ['a failed link', observed('link-closed', { outcome: 'failed' })],
    ['a failed handshake', observed('tls', { failure: 'no' })],
  ])('%s is something that went wrong', (_what, observation) => {
    expect(matches('~err', observation)).toBe(true);
  });

  test('lines that are UTF-8 are read so', () => {
    const line = observed('command', { line: 'CWD B\xc3\xbccher', lineUtf8: 'CWD B\u00fccher' });
    expect([matches('b\u00fccher', line), matches('b\xc3', line)]).toEqual([true, false]);
  });

  test('noise is a line too', () => {
    expect(matches('GET', observed('noise', { line: 'GET / HTTP/1.1' }))).toBe(true);
  });

  test('what was relayed unseen is encrypted, with no version that is known', () => {
    const unseen = observed('violation', { code: 'encrypted-passthrough' });
    expect([
      matches('~tls', unseen),
      matches('~tls 1.3', unseen),
      matches('~tls', observed('tls', { failure: 'no' })),
    ]).toEqual([true, false, false]);
  });

  test('a refused transfer has no size, an empty one has', () => {
    const ended = (outcome: 'refused' | 'complete') => observed('link-closed', { verb: 'RETR', outcome });
    expect([matches('~size 0', ended('refused')), matches('~size 0', ended('complete'))]).toEqual([false, true]);
  });

  test('in forward mode: the server that the client chose', () => {
    const opened = observed('session-opened', { server: null });
    expect(matches('~dst a.example', opened, observed('server-chosen', { server: endpoint('a.example', 21) }))).toBe(
      true,
    );
  });
});

describe('it is certain', () => {
  test.each([
    ['~code 5', [reply('550 No')], true],
    ['~code 5', [reply('226 Yes')], false],
    ['!~code 5', [reply('550 No')], true],
    ['!~code 5', [], false],
    ['~code 5 ~cmd X', [reply('550 No')], false],
    ['~code 5 | ~cmd X', [reply('550 No')], true],
    ['~src 10.0.0.0/8 ~code 5', [observed('session-opened')], true],
    ['~src 127.0.0.1', [observed('session-opened')], true],
  ])('%s after %#', (filter, observations, isFinal) => {
    const matcher = filterOf(filter).matcher();
    for (const observation of observations) matcher.take(observation);
    expect(matcher.isFinal).toBe(isFinal);
  });

  test('and then stays so, whatever comes', () => {
    const matcher = filterOf('(~src 10.0.0.0/8 | !~err) !~cmd STOR').matcher();
    let certain: boolean | null = null;
    for (const observation of [...session.slice(0, 5), command('STOR a'), ...session.slice(5)]) {
      matcher.take(observation);
      if (certain !== null) expect([matcher.isFinal, matcher.matches]).toEqual([true, certain]);
      if (matcher.isFinal) certain = matcher.matches;
    }
    expect(certain).toBe(false);
  });
});

test('many sessions at once: those that ended, and those that did not', () => {
  const selection = new SessionSelection(filterOf('!~code 5'));
  for (let number = 1; number <= 4; number += 1) {
    selection.take(observed('session-opened', { session: number }));
    selection.take({ ...reply(number % 2 === 0 ? '550 No' : '200 Yes'), session: number });
    if (number <= 2) selection.take(observed('session-closed', { session: number }));
  }
  expect([1, 2, 3, 4, 5].map((number) => selection.includes(number))).toEqual([true, false, true, false, false]);
});

test('sessions that never end do not fill the memory: the oldest are judged as they stand', () => {
  const selection = new SessionSelection(filterOf('~code 5 !~cmd NOOP'));
  for (let number = 1; number <= 250_000; number += 1) selection.take({ ...reply('550 No'), session: number });
  // The first is forgotten, so that this comes too late to change anything.
  for (const session of [1, 250_000]) selection.take({ ...command('NOOP'), session });
  expect([1, 100_000, 250_000].map((number) => selection.includes(number))).toEqual([true, true, false]);
});

describe('patterns', () => {
  test.each([
    ['*', '', true],
    ['a*b*c', 'aXXbXXc', true],
    ['a*b*c', 'aXXcXXb', false],
    ['?', '', false],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['*a\\?', 'xa?', true],
    ['\u00c4*', '\u00e4pfel', true],
  ])('%s and %s: %s', (pattern, text, fits) => {
    expect(textTest(pattern, false)(text)).toBe(fits);
  });

  test('are tried in time however nasty pattern and text are', () => {
    const nasty = textTest('*a'.repeat(200), true);
    const startedAt = performance.now();
    expect(nasty(`${'a'.repeat(8000)}b`)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});
