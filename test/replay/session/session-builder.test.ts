// Observations become sessions that can be lived through again.
import { describe, expect, test } from 'vitest';
import { MASK } from '../../../src/protocol/command.js';
import { finalReply, sessionDurationMs, wasRefused } from '../../../src/replay/session/recorded-session.js';
import { SessionCollector, TooManyAtOnce } from '../../../src/replay/session/recorded-sessions.js';
import { MAX_OUTSTANDING } from '../../../src/replay/session/session-builder.js';
import { command, NOON, observed, reply } from '../../transcript/observations.js';
import { observationsOf, recordedSession, STEP_MS, sha256 } from '../recorded-dialogue.js';

const LOGIN = ['< 220 Ready', '> USER me', '< 331 Password', '> PASS ****', '< 230 Welcome'];

test('greeting, exchanges and replies, each with its time', () => {
  const session = recordedSession([...LOGIN, '> QUIT', '< 221 Bye']);
  expect(session.greeting).toMatchObject({ code: 220, lines: ['220 Ready'] });
  expect(session.exchanges.map(({ line, replies }) => [line, ...replies.map(({ code }) => code)])).toEqual([
    ['USER me', 331],
    ['PASS ****', 230],
    ['QUIT', 221],
  ]);
  expect(session.exchanges.map(({ pauseMs }) => pauseMs)).toEqual([STEP_MS, STEP_MS, STEP_MS]);
  expect(sessionDurationMs(session)).toBe(7 * STEP_MS);
});

test('a client has a reply that the proxy held when it is delivered', () => {
  const collector = new SessionCollector(null);
  const at = NOON;
  for (const observation of [
    observed('session-opened'),
    { ...command('RETR a', 1), at },
    observed('reply', { code: 226, lines: ['226 Done'], at: at + 10, held: 'data' }),
    { ...command('NOOP', 2), at: at + 20 },
    observed('held-reply', { answers: 1, at: at + 1000 }),
    { ...command('NOOP', 3), at: at + 1500 },
  ])
    collector.add(observation);
  const [, during, behind] = collector.rest()[0]?.exchanges ?? [];
  expect(during).toMatchObject({ during: [{ number: 1 }], pauseMs: 20 });
  expect(behind).toMatchObject({ during: [{ number: 2 }], pauseMs: 500 });
});

test('a transfer has its payload', () => {
  const session = recordedSession([
    '> PASV',
    '< 227 (1,2,3,4,5,6)',
    '> RETR a',
    '< 150 Here',
    '== content',
    '< 226 Done',
  ]);
  expect(session.exchanges[1]).toMatchObject({
    replies: [{ code: 150 }, { code: 226 }],
    transfer: {
      direction: 'download',
      bytes: 7,
      sha256: sha256('content'),
      payload: '0001-0001-DATA',
      mode: 'passive',
    },
  });
});

test('the same file twice: each transfer has its own payload', () => {
  const once = ['> RETR a', '< 150 Here', '== first', '< 226 Done'];
  const again = ['> RETR a', '< 150 Here', '== second', '< 226 Done'];
  const { exchanges } = recordedSession([...once, ...again]);
  expect(exchanges.map(({ transfer }) => transfer?.sha256)).toEqual([sha256('first'), sha256('second')]);
});

test('a transfer that was refused leaves its link to the next one', () => {
  const { exchanges } = recordedSession(['> RETR a', '< 550 No', '> RETR a', '< 150 Here', '== it', '< 226 Done']);
  expect(exchanges.map(({ transfer }) => transfer?.bytes ?? null)).toEqual([null, 2]);
  expect(exchanges.map(wasRefused)).toEqual([true, false]);
});

describe('what a command waited for', () => {
  test('everything before it, when it was sent behind the last reply', () => {
    expect(recordedSession(LOGIN).exchanges.map(({ during }) => during)).toEqual([[], []]);
  });

  test('pipelined commands wait for nothing', () => {
    const { exchanges } = recordedSession([
      '< 220 Ready',
      '> SYST',
      '> FEAT',
      '> PWD',
      '< 215 U',
      '< 211 F',
      '< 257 "/"',
    ]);
    expect(exchanges.map(({ during }) => during)).toEqual([
      [],
      [{ number: 1, replies: 0 }],
      [
        { number: 1, replies: 0 },
        { number: 2, replies: 0 },
      ],
    ]);
  });

  test('a command during a transfer waits for its preliminary reply', () => {
    const lines = ['> RETR a', '< 150 Here', '> ABOR', '<1 426 Cut', '< 226 Aborted'];
    expect(recordedSession(lines).exchanges[1]?.during).toEqual([{ number: 1, replies: 1 }]);
  });

  test('a reply that the capture lost is not waited for by what follows', () => {
    const { exchanges } = recordedSession(['> PWD', '> CWD a', '<2 250 Ok', '> CWD b', '<3 250 Ok']);
    expect(exchanges[2]?.during).toEqual([]);
    expect(exchanges.map(finalReply).map((final) => final?.code ?? null)).toEqual([null, 250, 250]);
  });

  test('the greeting, or not', () => {
    const eager = recordedSession(['> USER me', '> PASS x', '< 220 Ready', '<1 331 P', '<2 230 W']);
    expect(eager.exchanges.map(({ beforeGreeting }) => beforeGreeting)).toEqual([true, true]);
    expect(recordedSession(LOGIN).exchanges.map(({ beforeGreeting }) => beforeGreeting)).toEqual([false, false]);
  });

  test('never more than a bound', () => {
    const { exchanges } = recordedSession(Array.from({ length: 200 }, () => '> NOOP'));
    expect(exchanges.at(-1)?.during).toHaveLength(MAX_OUTSTANDING);
  });
});

test('what the proxy asked on its own account is left out', () => {
  const asked = { ...command('AUTH TLS', 7), by: 'proxy' } as const;
  const lines = observationsOf(['< 220 Ready', '> NOOP', '< 200 Ok']);
  const collector = new SessionCollector(null);
  const sessions = [...lines.slice(0, 2), asked, reply('234 Go', 7), ...lines.slice(2)].map((one) =>
    collector.add(one),
  );
  expect(sessions.at(-1)?.exchanges.map(({ line }) => line)).toEqual(['NOOP']);
});

test('what the server says of a transfer that the proxy has answered was not heard', () => {
  const lines = observationsOf(['< 220 Ready', '> RETR a', '< 425 Refused', '<1 150 Here', '<1 425 Nobody came']);
  const collector = new SessionCollector(null);
  const sessions = lines.map((one) =>
    collector.add(one.kind === 'reply' && one.lines[0] === '425 Refused' ? { ...one, by: 'proxy' } : one),
  );
  expect(sessions.at(-1)?.exchanges[0]?.replies.map(({ lines: [line] }) => line)).toEqual(['425 Refused']);
});

test('a password that the server repeats is not kept with its reply', () => {
  const { exchanges } = recordedSession(['> PASS secret', "< 500 'PASS secret': unknown"]);
  expect(exchanges[0]?.replies[0]?.lines).toEqual([`500 'PASS ${MASK}': unknown`]);
});

test('a secret that may be a part of any word is masked where it is one', () => {
  const { exchanges } = recordedSession(['> PASS x', "< 500 'PASS x': Linux 2.6 x, x"]);
  expect(exchanges[0]?.replies[0]?.lines).toEqual([`500 'PASS ${MASK}': Linux 2.6 ${MASK}, ${MASK}`]);
  const empty = recordedSession(['> PASS ', '< 230 Welcome']);
  expect(empty.exchanges[0]?.replies[0]?.lines).toEqual(['230 Welcome']);
});

test.each([
  ['the server', 'server', null, true],
  ['the client alone', 'client', null, false],
  ['the server, in vain', 'server', 'no', false],
] as const)('a session is encrypted by TLS with %s', (_whom, side, failure, encrypted) => {
  const lines = observationsOf(['< 220 Ready']);
  const collector = new SessionCollector(null);
  const session = [...lines.slice(0, 1), observed('tls', { side, failure }), ...lines.slice(1)]
    .map((one) => collector.add(one))
    .at(-1);
  expect(session?.encrypted).toBe(encrypted);
});

test('what is missing is counted', () => {
  const lines = observationsOf(['> RETR a', '< 150 Here', '== it', '< 226 Done']);
  const gaps = [observed('gap', { bytes: 5 }), observed('gap', { side: 'server', link: 1, bytes: 9 })];
  const collector = new SessionCollector(null);
  const all = [...lines.slice(0, 2), ...gaps, ...lines.slice(2)];
  const session = all.map((one) => collector.add(one)).at(-1);
  expect(session).toMatchObject({ missingBytes: 5, exchanges: [{ transfer: { missingBytes: 9 } }] });
});

describe('several sessions', () => {
  const interleaved = observationsOf(['> NOOP', '< 200 a'], 1).flatMap((one, at) => [
    one,
    observationsOf(['> NOOP', '< 200 b'], 2)[at] ?? one,
  ]);

  test('each is handed over when it ends', () => {
    const collector = new SessionCollector(null);
    const ended = interleaved.flatMap((one) => collector.add(one) ?? []);
    expect(ended.map(({ number, exchanges }) => [number, exchanges[0]?.replies[0]?.lines])).toEqual([
      [1, ['200 a']],
      [2, ['200 b']],
    ]);
    expect(collector.rest()).toEqual([]);
  });

  test('one alone', () => {
    const collector = new SessionCollector(2);
    expect(interleaved.flatMap((one) => collector.add(one)?.number ?? [])).toEqual([2]);
  });

  test('one without an end is there at last', () => {
    const collector = new SessionCollector(null);
    for (const one of observationsOf(['> NOOP']).slice(0, -1)) collector.add(one);
    expect(collector.rest()).toHaveLength(1);
  });

  test('more than fit in memory are too many', () => {
    const collector = new SessionCollector(null, 10_000);
    const many = observationsOf(Array.from({ length: 100 }, () => '> NOOP'));
    expect(() => many.map((one) => collector.add(one))).toThrow(TooManyAtOnce);
  });
});
