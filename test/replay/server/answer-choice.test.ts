// Which recorded exchange answers what a client asks.
import { describe, expect, test } from 'vitest';
import { AnswerChoice } from '../../../src/replay/server/answer-choice.js';
import { homeOf, SessionIndex } from '../../../src/replay/server/session-index.js';
import { recordedSession } from '../recorded-dialogue.js';

const did = (line: string, reply = '250 Ok') => [`> ${line}`, `< ${reply}`];
const moved = (line: string, bytes = 'x') => [`> ${line}`, '< 150 Here', `== ${bytes}`, '< 226 Done'];

const walkThrough = (...sessions: readonly (readonly string[])[][]) =>
  new AnswerChoice(sessions.map((lines, index) => new SessionIndex(recordedSession(lines.flat(), index + 1))));

/** The recorded line that answers, by what, and its last reply's text. */
function ask(walk: AnswerChoice, line: string, restartAt = 0): string {
  const [verb = ''] = line.split(' ', 1);
  const found = walk.find(verb, line.slice(verb.length + 1), restartAt);
  if (found === null) return 'unknown';
  return `${found.exchange.line}, by ${found.by}: ${found.exchange.replies.at(-1)?.lines[0]}`;
}

test('in order', () => {
  const walk = walkThrough([
    did('PWD', '257 "/"'),
    did('CWD a'),
    did('PWD', '257 "/a"'),
    did('CWD b'),
    did('PWD', '257 "/a/b"'),
  ]);
  expect(['PWD', 'CWD a', 'PWD', 'CWD b', 'PWD'].map((line) => ask(walk, line))).toEqual([
    'PWD, by line: 257 "/"',
    'CWD a, by line: 250 Ok',
    'PWD, by line: 257 "/a"',
    'CWD b, by line: 250 Ok',
    'PWD, by line: 257 "/a/b"',
  ]);
});

test('in another order, and again', () => {
  const walk = walkThrough([moved('RETR a'), moved('RETR b'), did('PWD', '257 "/"')]);
  expect(['PWD', 'RETR b', 'RETR a', 'PWD'].map((line) => ask(walk, line).split(',', 1)[0])).toEqual([
    'PWD',
    'RETR b',
    'RETR a',
    'PWD',
  ]);
});

test('going back for an answer does not unsay what was said since', () => {
  const walk = walkThrough([did('SYST', '215 U'), did('PWD', '257 "/"'), did('CWD a'), did('PWD', '257 "/a"')]);
  for (const line of ['CWD a', 'SYST']) ask(walk, line);
  expect(ask(walk, 'PWD')).toBe('PWD, by line: 257 "/a"');
});

test('a client asks for what comes next, or not', () => {
  const walk = walkThrough([did('SYST', '215 U'), did('EPSV', '500 No')]);
  expect(walk.find('EPSV', '')?.inOrder).toBe(false);
  const other = walkThrough([did('SYST', '215 U'), did('EPSV', '500 No')]);
  other.find('SYST', '');
  expect(other.find('EPSV', '')?.inOrder).toBe(true);
});

describe('the same file, named from another folder', () => {
  test.each([
    ['CWD pub, RETR a', [did('CWD pub'), moved('RETR a')], ['RETR pub/a']],
    ['RETR /pub/a', [moved('RETR /pub/a')], ['CWD /pub', 'RETR a']],
    ['CWD a, CDUP, SIZE b', [did('CWD a'), did('CDUP'), did('SIZE b', '213 1')], ['SIZE ./a/../b']],
  ])('recorded as %s', (_what, recorded, asked) => {
    const walk = walkThrough(recorded);
    const [last = '', ...before] = asked.toReversed();
    // A folder that nobody went into is known by what was asked for in it.
    for (const line of before) expect(walk.enter('CWD', line.slice('CWD '.length))).toBe(true);
    expect(ask(walk, last)).toMatch(/, by path: /);
  });

  test('folders that nothing was asked for in are not known', () => {
    const walk = walkThrough([moved('RETR pub/sub/a'), did('RETR gone/b', '550 No')]);
    expect(['pub', 'sub', '../..'].map((folder) => walk.enter('CWD', folder))).toEqual([true, true, true]);
    expect(['sub', 'gone', 'pub/sub/a'].map((folder) => walk.enter('CWD', folder))).toEqual([false, false, false]);
  });
});

describe('of the folder that the client is in', () => {
  const lists = (line: string, folder: string) => [`> ${line}`, '< 150 Here', '== x', `< 226 ${folder}`];
  const docsFirst = [
    [did('PWD', '257 "/"'), did('CWD docs'), lists('LIST', 'docs'), did('PWD', '257 "/docs"')],
    [lists('LIST', 'root'), did('CWD /docs/deep'), lists('LIST', 'deep'), did('CDUP'), did('PWD', '257 "/docs"')],
  ];
  const walk = () =>
    new AnswerChoice(
      docsFirst.map((lines, index) => {
        const session = recordedSession(lines.flat(), index + 1);
        return new SessionIndex(session, homeOf(session) ?? '/');
      }),
    );

  test.each([
    ['LIST', 'LIST, by line: 226 root'],
    ['LIST -la', 'LIST, by path: 226 root'],
    ['LIST /', 'LIST, by path: 226 root'],
    ['CWD /, LIST', 'LIST, by line: 226 root'],
    ['CWD docs, LIST', 'LIST, by line: 226 docs'],
    ['CWD docs, CWD deep, LIST', 'LIST, by line: 226 deep'],
    ['LIST docs/deep', 'LIST, by path: 226 deep'],
    ['CWD docs, CDUP, LIST', 'LIST, by line: 226 root'],
    ['CWD docs, CDUP, PWD', 'PWD, by line: 257 "/"'],
    ['CWD docs/deep, CDUP, PWD', 'PWD, by line: 257 "/docs"'],
  ])('%s', (asked, answer) => {
    const one = walk();
    const lines = asked.split(', ');
    for (const line of lines.slice(0, -1)) {
      const [verb = '', argument = ''] = line.split(' ');
      if (one.find(verb, argument) === null) expect(one.enter(verb, argument)).toBe(true);
    }
    expect(ask(one, lines.at(-1) ?? '')).toBe(answer);
  });

  test('another folder is not this one', () => {
    const sameName = walkThrough([
      did('CWD a'),
      lists('LIST', 'a'),
      did('SIZE f', '213 1'),
      did('XCRC f', '250 A'),
      did('CWD ../b'),
    ]);
    sameName.find('CWD', '../b');
    expect(['LIST', 'SIZE f', 'XCRC f'].map((line) => ask(sameName, line))).toEqual(Array(3).fill('unknown'));
    expect(ask(walkThrough([did('CWD a'), lists('LIST', 'a')]), 'LIST')).toBe('unknown');
  });
});

describe('the same verb with another argument', () => {
  const walk = () =>
    walkThrough([
      did('CWD a'),
      moved('RETR a'),
      did('SIZE a', '213 1'),
      moved('RETR b'),
      did('TYPE I', '200 I'),
      moved('STOR u'),
    ]);

  test('the next one of the verb, then the last one', () => {
    const one = walkThrough([moved('STOR a'), did('DELE a'), moved('STOR b')]);
    expect(['STOR x', 'STOR y', 'STOR z', 'DELE q'].map((line) => ask(one, line).split(':', 1)[0])).toEqual([
      'STOR a, by verb',
      'STOR b, by verb',
      'STOR b, by verb',
      'DELE a, by verb',
    ]);
  });

  test('never where it would be a lie', () => {
    const asked = ['RETR x', 'SIZE x', 'MDTM a', 'CWD q', 'LIST a', 'TYPE A', 'DELE a', 'MLSD'];
    expect(asked.map((line) => ask(walk(), line))).toEqual(Array(asked.length).fill('unknown'));
  });

  test('one that was granted rather than one that was refused', () => {
    const one = walkThrough([did('MKD no', '550 No'), did('MKD a')]);
    expect(ask(one, 'MKD x')).toMatch(/^MKD a, by verb/);
    expect(ask(one, 'MKD no')).toMatch(/^MKD no, by line: 550/);
  });

  test('an upload is not refused because another one was', () => {
    expect(ask(walkThrough([did('STOR a', '553 No')]), 'STOR b')).toBe('unknown');
  });
});

describe('transfers from the middle', () => {
  const rest = (bytes: number) => did(`REST ${bytes}`, '350 Ok');

  test('those that hold what is asked for', () => {
    const walk = walkThrough([rest(100), moved('RETR a', 'behind'), moved('RETR a', 'whole')]);
    expect(walk.find('RETR', 'a', 0)?.restartedAt).toBe(0);
    expect(walk.find('RETR', 'a', 50)?.restartedAt).toBe(0);
    const other = walkThrough([rest(100), moved('RETR a', 'behind')]);
    expect(other.find('RETR', 'a', 100)?.restartedAt).toBe(100);
    expect(other.find('RETR', 'a', 99)).toBeNull();
  });

  test('what RANG cut out of a file is not the file', () => {
    expect(ask(walkThrough([did('RANG 1 2', '350 Ok'), moved('RETR a')]), 'RETR a')).toBe('unknown');
  });

  test('REST is for one transfer', () => {
    const walk = walkThrough([rest(100), moved('RETR a'), moved('RETR b')]);
    expect(walk.find('RETR', 'b', 0)?.restartedAt).toBe(0);
  });
});

describe('several sessions', () => {
  const walk = () =>
    walkThrough(
      [did('USER me', '331 P'), moved('RETR a'), moved('STOR a')],
      [did('USER you', '331 Q'), moved('RETR b'), moved('STOR b')],
    );

  test('the first that has the command', () => {
    expect(ask(walk(), 'USER you')).toBe('USER you, by line: 331 Q');
    expect(ask(walk(), 'RETR b')).toMatch(/^RETR b, by line/);
  });

  test('the one that the client is in, before the others', () => {
    const one = walk();
    ask(one, 'USER you');
    expect(ask(one, 'STOR x')).toMatch(/^STOR b, by verb/);
    expect(ask(walk(), 'STOR x')).toMatch(/^STOR a, by verb/);
  });
});

test('what comes next, whatever is asked', () => {
  const walk = walkThrough([did('SYST', '215 U'), did('PWD', '257 "/"')]);
  expect([walk.findNext(), walk.findNext(), walk.findNext()].map((found) => found?.exchange.line ?? null)).toEqual([
    'SYST',
    'PWD',
    null,
  ]);
});

test('a command whose reply the recording lost has no answer', () => {
  expect(ask(walkThrough([['> PWD', '> NOOP', '<2 200 Ok']]), 'PWD')).toBe('unknown');
});
