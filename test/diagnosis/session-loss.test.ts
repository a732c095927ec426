// Servers that cannot be reached, sessions that end in the middle, final replies too early or never.
import { describe, expect, test } from 'vitest';
import { observed } from '../transcript/observations.js';
import { trace } from './trace.js';

const loggedIn = () => trace().opened().connected().client('USER a').server('230 ok');
const runs = () =>
  loggedIn()
    .client('PASV')
    .server('227 (198,51,100,7,195,81)')
    .link('passive', '198.51.100.7')
    .client('RETR f')
    .server('150 ok');

describe('the server cannot be reached', () => {
  test.each([
    ['refused', 'server', 'refuses'],
    ['timed-out', 'network', 'no answer'],
    ['no-such-host', 'proxy', 'no address'],
  ] as const)('%s', (failure, fault, words) => {
    const { findings } = trace().opened().closed({ by: 'server', cause: 'unreachable', failure });
    expect(findings).toMatchObject([{ diagnosis: 'upstream-unreachable', severity: 'error', leg: 'server', fault }]);
    expect(findings[0]?.title).toContain(words);
  });

  test('it hangs up without a greeting', () => {
    const { found } = trace().opened().connected().closed({ by: 'server', cause: 'no-greeting' });
    expect(found).toEqual(['error server upstream-unreachable']);
  });

  test('an ordinary end: nothing', () => expect(loggedIn().closed().found).toEqual([]));
});

describe('the greeting', () => {
  const greets = (latencyMs: number) =>
    trace()
      .opened()
      .connected()
      .add(observed('reply', { code: 220, lines: ['220 hi'], answers: null, latencyMs })).found;

  test('comes late', () => expect(greets(5000)).toEqual(['warning server greeting-delayed']));
  test('comes in time', () => expect(greets(900)).toEqual([]));
});

describe('timeouts', () => {
  const idle = (ms: number, line = '421 Timeout.') =>
    loggedIn()
      .after(ms)
      .add(observed('reply', { code: 421, lines: [line], answers: null, latencyMs: null })).found;

  test('of a client that says nothing', () => expect(idle(300_000)).toEqual(['warning server idle-timeout']));
  test('not where it has just spoken', () => expect(idle(100)).toEqual([]));
  test('not where the server says another thing', () => expect(idle(300_000, '421 Service shut down')).toEqual([]));

  test('of the proxy', () => {
    const { findings } = loggedIn().after(900_000).closed({ by: 'proxy', cause: 'idle' });
    expect(findings).toMatchObject([{ diagnosis: 'idle-timeout', leg: 'client' }]);
    expect(findings[0]?.fix.proxy).toContain('--idle-timeout 1h');
  });

  test('of a transfer that stands still, with the side that does', () => {
    const stillness = { on: 'client', why: 'takes-nothing', ms: 14_000 } as const;
    const { findings } = runs().linkProgress({ stillness }).server('421 Data timeout. Reconnect. Sorry.');
    expect(findings).toMatchObject([{ diagnosis: 'data-timeout', severity: 'error', leg: 'client', fault: 'client' }]);
  });
});

describe('the control connection is lost under a transfer', () => {
  test.each([
    ['lost', 'reset', 'likely', 'network'],
    ['lost', 'timed-out', 'likely', 'network'],
    ['closed', undefined, 'possible', 'server'],
  ] as const)('%s, %s', (cause, failure, confidence, fault) => {
    const session = runs()
      .after(600_000)
      .linkClosed({ outcome: 'failed', cause: 'no-final-reply', durationMs: 600_000 });
    const { findings } = session.closed({ by: 'server', cause, failure });
    expect(findings).toMatchObject([
      { diagnosis: 'control-dropped-during-transfer', leg: 'server', confidence, fault, link: 1 },
    ]);
    expect(findings[0]?.title).toContain('600 s');
  });

  test('not where the transfer was over', () => {
    expect(
      runs().server('226 ok').linkClosed({ durationMs: 5 }).closed({ by: 'server', cause: 'lost', failure: 'reset' })
        .found,
    ).toEqual([]);
  });

  test('not where the client went away', () => {
    const left = runs().linkClosed({ outcome: 'failed', cause: 'session-ended' });
    expect(left.closed({ by: 'client', cause: 'lost', failure: 'reset' }).found).toEqual([]);
  });
});

describe('the final reply', () => {
  test('is missing, and other commands are answered', () => {
    const session = runs().client('NOOP').linkClosed({ outcome: 'failed', cause: 'no-final-reply', durationMs: 5 });
    const found = ['warning client noop-during-transfer', 'error server final-reply-missing'];
    expect(session.found).toEqual(found);
    expect(session.closed().found).toEqual(found);
  });

  test('is missing as the session ends', () => {
    const session = runs().linkClosed({ outcome: 'failed', cause: 'no-final-reply', durationMs: 5 });
    expect(session.found).toEqual([]);
    expect(session.closed({ by: 'proxy', cause: 'no-reply' }).found).toEqual(['error server final-reply-missing']);
  });

  const early = (ms: number, bytes: number) =>
    runs()
      .add(observed('reply', { code: 226, lines: ['226 ok'], answers: 3, held: 'data' }))
      .after(ms)
      .linkClosed({ direction: 'download', bytes, durationMs: 10 }).found;

  test('comes before the data, by far', () => expect(early(2000, 100)).toEqual(['note server final-reply-early']));
  test('comes a moment before the data: everybody does', () => expect(early(20, 100)).toEqual([]));
  test('comes before the data, which the client is slow to take', () => expect(early(2000, 9_000_000)).toEqual([]));

  test('comes, and the end of the data does not', () => {
    const overdue = runs().server('226 ok').violation('server', 'data-end-overdue');
    expect(overdue.found).toEqual(['warning server final-reply-early']);
    const stillness = { on: 'client', why: 'takes-nothing', ms: 5000 } as const;
    const slow = runs().server('226 ok').linkProgress({ stillness }).violation('server', 'data-end-overdue');
    expect(slow.found).toEqual([]);
  });
});
