// The conversation of a session on the screen: commands with their replies, transfers, what else happened.
import { describe, expect, test } from 'vitest';
import { observed } from '../transcript/observations.js';
import { Looking } from './looking.js';
import { ObservedSession } from './session.js';

/** The conversation pane's rows without their times. */
function told(session: ObservedSession, columns = 120): string[] {
  const looking = new Looking(session.observations, { columns, rows: 30 });
  return looking
    .pane('Session ')
    .slice(1)
    .filter((row) => row !== '')
    .map((row) => row.replace(/^ \d\d:\d\d:\d\d\.\d\d\d /, ''));
}

test('commands with their replies, and how long those took', () => {
  expect(told(new ObservedSession().login())).toEqual([
    '10.0.0.5:50001 -> ftp.example.com:21   session opened',
    '← 220 ready',
    '→ USER alice',
    '← 331 password?  1 ms',
    '→ PASS ****',
    '← 230 welcome  1 ms',
  ]);
});

test('a late reply stands with its command', () => {
  const session = new ObservedSession().says('STAT').says('NOOP', '200 fine');
  session.add(observed('reply', { code: 211, lines: ['211 all is well'], answers: 1, latencyMs: 90 }));
  expect(told(session).slice(1)).toEqual(['→ STAT', '← 211 all is well  90 ms', '→ NOOP', '← 200 fine  1 ms']);
});

test('long replies are folded until they are opened', () => {
  const session = new ObservedSession().says('FEAT', '211-Features:\n SIZE\n MDTM\n211 End');
  const looking = new Looking(session.observations, { columns: 100 });
  expect(looking.pane('Session ').join('\n')).toContain('← 211-Features: [+3 lines]  1 ms');
  looking.press('enter', 'enter');
  expect(looking.pane('Session ').join('\n')).toMatch(/211-Features: {2}1 ms\n.* {3}SIZE\n.* {3}MDTM\n.*211 End/);
  looking.press('enter');
  expect(looking.pane('Session ').join('\n')).toContain('[+3 lines]');
});

test('a folded reply shows the first line that says something', () => {
  const session = new ObservedSession()
    .says('QUIT', '221-\n  You have sent 0 files.\n221 Goodbye.')
    .says('FOO', '500-\n500 ');
  expect(told(session).filter((row) => row.includes('lines]') || row.includes('line]'))).toEqual([
    '← 221- You have sent 0 files. [+2 lines]  1 ms',
    '← 500- [+1 line]  1 ms',
  ]);
});

test('a reply that is held for long, and what became of it', () => {
  const session = new ObservedSession().says('RETR a');
  session.add(observed('reply', { code: 226, lines: ['226 Done'], held: 'data' }));
  expect(told(session).at(-1)).toBe('← 226 Done  1 ms');
  session.add(observed('held-reply', { state: 'waiting', heldMs: 200, answers: 1 }));
  expect(told(session).at(-1)).toBe('← 226 Done  1 ms  held until the data has ended');
  session.add(observed('held-reply', { state: 'delivered', heldMs: 5200, answers: 1 }));
  expect(told(session).at(-1)).toBe('← 226 Done  1 ms  delivered after 5.2 s');
});

test('a reply that the proxy replaced', () => {
  const session = new ObservedSession().says('RETR a');
  session.add(observed('reply', { code: 226, lines: ['226 Done'], held: 'data' }));
  session.add(observed('held-reply', { state: 'replaced', heldMs: 1, answers: 1 }));
  session.add(observed('reply', { code: 426, lines: ['426 Lost'], by: 'proxy', replaces: 226 }));
  expect(told(session).slice(-2)).toEqual([
    '← 226 Done  1 ms  not delivered: the proxy answered in its place',
    "← 426 Lost  1 ms  by the proxy in place of the server's 226",
  ]);
});

test('what was announced, and what the other peer was given', () => {
  const session = new ObservedSession().says('PASV', '227 Entering Passive Mode (10,0,0,7,195,81)');
  session.announces('10.0.0.7:50001', '127.0.0.1:40000');
  expect(told(session).at(-1)).toBe(
    '← 227 Entering Passive Mode (10,0,0,7,195,81)  1 ms  10.0.0.7:50001 -> 127.0.0.1:40000',
  );
});

describe('a transfer', () => {
  const begun = () => new ObservedSession().says('RETR a.iso', '150 Opening (4000 bytes)');

  test('grows in its place, with a bar where its size is known', () => {
    expect(told(begun().carries(0).carries(1000, { link: 1 }, 999)).at(-1)).toBe(
      '⇄ RETR a.iso  █████░░░░░░░░░░░░░░░ 25%  1000 B  1000 B/s  transferring',
    );
  });

  test('tells how it ended', () => {
    expect(told(begun().carries(1000).carried(4000)).at(-1)).toBe(
      '⇄ RETR a.iso   complete   3.9 KiB in 1 s, 3.9 KiB/s   passive/passive',
    );
    expect(told(begun().carries(1000).carried(1000, 'aborted')).at(-1)).toContain('aborted: the client went away');
  });

  test('says once that the client aborted it', () => {
    const aborted = { cause: 'aborted-by-client', reason: 'aborted by the client' } as const;
    const session = begun().carries(1000).carried(1000, 'aborted', {}, aborted);
    expect(told(session).at(-1)).toMatch(/RETR a\.iso {3}aborted by the client {3}/);
  });

  test('has no bar where nobody said how much there is', () => {
    const session = new ObservedSession().says('LIST', '150 here it comes').carries(70, { verb: 'LIST', path: '' });
    expect(told(session).at(-1)).toBe('⇄ LIST  70 B  transferring');
  });
});

test('passwords that were recorded are masked until they are asked for', () => {
  const looking = new Looking(new ObservedSession().says('PASS sesame').observations, { columns: 100 });
  expect(looking.pane('Session ').join()).toContain('→ PASS ****');
  looking.press('p');
  expect(looking.pane('Session ').join()).toContain('→ PASS sesame');
  looking.press('p');
  expect(looking.screen().join()).not.toContain('sesame');
});

test('violations, gaps and the end of it', () => {
  const session = new ObservedSession().add(observed('violation')).add(observed('gap')).closed();
  expect(told(session).slice(1)).toEqual([
    '!! what happened; what was done  client, not-ftp',
    '!! 100 B from the server on the control connection are missing from the capture',
    'session closed by the client: QUIT   3 ms, 1 command, 0 data links, 0 B down, 0 B up',
  ]);
});

test('beyond what is kept it says how much is gone', () => {
  const session = new ObservedSession();
  for (let number = 0; number < 40; number += 1) session.says(`NOOP ${number}`);
  const limits = { maxSessions: 1, maxEntries: 10, maxEvents: 10 };
  const title = new Looking(session.observations, { limits }).pane('Session ')[0];
  expect(title).toMatch(/Session 1 {2}greeting {2}\d+ older entries are not kept/);
});

describe('what the row under the cursor means', () => {
  /** The line above the status, with the cursor at the end of the conversation. */
  const meaning = (session: ObservedSession) => {
    const looking = new Looking(session.observations, { columns: 220, rows: 24 });
    return looking.screen().at(-3)?.trim();
  };

  test.each([
    ['NOOP', 'nothing, keeps the session alive (RFC 959)'],
    ['EPSV ALL', 'the client will use EPSV and nothing else from here on'],
    ['XYZZY', 'XYZZY is no verb that an RFC knows; it is relayed as it is'],
  ])('%s', (line, words) => {
    expect(meaning(new ObservedSession().says(line))).toBe(words);
  });

  test.each([
    ['425 no', '425: the data connection could not be opened: often a firewall, NAT, or a client that never came'],
    [
      '425 Security: Bad IP connecting.',
      '425: the data connection came to the server from another address than the control connection (NAT, several ways out)',
    ],
    ['299 well', '299: done'],
    ['921 what', '921: no reply code that RFC 959 knows'],
  ])('%s', (text, words) => {
    expect(meaning(new ObservedSession().says('NOOP', text))).toBe(words);
  });

  test('PORT: who listens, who will connect, and whereto in its place', () => {
    const session = new ObservedSession().says('PORT 10,0,0,5,4,1');
    session.add(
      observed('rewrite', {
        what: 'PORT',
        announced: { address: '10.0.0.5', port: 1025 },
        used: { address: '10.0.0.5', port: 1025 },
        given: { address: '10.0.0.2', port: 40_000 },
      }),
    );
    expect(meaning(session)).toBe(
      'the client listens on 10.0.0.5:1025; the server will connect to 10.0.0.2:40000 instead, from its port 20 where it follows RFC 959',
    );
  });

  test('a transfer: which way, who listened, how it ended', () => {
    const session = new ObservedSession().says('RETR a.iso', '150 here it comes').carries(10).carried(10);
    expect(meaning(session)).toBe(
      'RETR carried 10 B from the server to the client: passive towards the client, who connected; passive towards the server, who listened; every byte went through and the server confirmed it in 1 s',
    );
  });
});
