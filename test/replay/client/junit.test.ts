// Replayed sessions as JUnit XML, read by a parser that is not ours.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Difference } from '../../../src/replay/client/comparison.js';
import { errorSuite, JUNIT_END, JUNIT_START, sessionSuite } from '../../../src/replay/client/junit.js';
import type { PlayedSession } from '../../../src/replay/client/played-session.js';
import type { ReplayedSession } from '../../../src/replay/client/replay-sessions.js';
import { recordedSession } from '../recorded-dialogue.js';

/** The cases of a report, one a line: name, outcome, what it says. */
const READER = `
import sys, xml.etree.ElementTree as tree
for suite in tree.fromstring(sys.stdin.buffer.read()):
  print(suite.get('name'), *(suite.get(count) for count in ('tests', 'failures', 'errors', 'skipped')), sep=' ')
  for case in suite:
    print(' ' + ' / '.join([case.get('name')] + [' '.join(filter(None, (one.tag, one.get('type'), one.get('message'), one.text))) for one in case]))
`;

import { hasPython } from '../../support/python.js';
import { UNEVENTFUL } from '../../support/replaying.js';

function read(...suites: readonly string[]): string[] {
  const input = JUNIT_START + suites.join('') + JUNIT_END;
  return execFileSync('python3', ['-c', READER], { input, encoding: 'utf8' }).trimEnd().split('\n');
}

const LINES = [
  '< 220 Ready',
  '> USER <me> & "you"',
  '< 331 P',
  '> PASS secret',
  '< 230 W',
  '> DELE \xe4\x01',
  '< 250 Ok',
  '> PWD',
  '< 257 "/"',
];

function replayed(played: Partial<PlayedSession>, differences: readonly Difference[] = []): ReplayedSession {
  const recorded = recordedSession(LINES);
  const whole = { session: recorded, ...UNEVENTFUL, stopped: null, connected: true, durationMs: 1234, ...played };
  return { recorded, played: whole, differences, exchanges: 4, payloads: 0, recordedMs: 1 };
}

const dele = recordedSession(LINES).exchanges[2];
const skipped = dele === undefined ? [] : [{ exchange: dele, why: 'it may change the server' }];

test.skipIf(!hasPython)('a case for the greeting and for each command, with secrets masked', () => {
  expect(read(sessionSuite(replayed({ skipped }), false))).toEqual([
    'session 1 5 0 0 1',
    ' greeting',
    ' #1 USER <me> & "you"',
    ' #2 PASS ****',
    ' #3 DELE \\xe4\\x01 / skipped it may change the server',
    ' #4 PWD',
  ]);
});

test.skipIf(!hasPython)('differences that matter fail, others are remarks', () => {
  const one = { exchange: 4, command: 'PWD', recorded: ['257 "/"'], replayed: ['550 <no>\x1b'] };
  const codes = { ...one, aspect: 'codes', matters: true } as const;
  const timing = { ...one, aspect: 'timing', matters: false, recorded: ['1 ms'], replayed: ['900 ms'] } as const;
  expect(read(sessionSuite(replayed({}, [codes, timing]), false)).slice(5)).toEqual([
    ' #4 PWD / failure codes codes differ codes',
    'recorded:',
    '  257 "/"',
    'replayed:',
    '  550 <no>\\x1b / system-out timing',
    'recorded:',
    '  1 ms',
    'replayed:',
    '  900 ms',
  ]);
});

test.skipIf(!hasPython)('where it stopped, and what was not reached', () => {
  const session = { ...recordedSession(LINES), exchanges: recordedSession(LINES).exchanges.slice(0, 2) };
  const stopped = { exchange: 2, why: 'the server refuses' };
  expect(read(sessionSuite(replayed({ session, stopped, skipped }), false)).slice(3)).toEqual([
    ' #2 PASS **** / failure stopped the server refuses',
    ' #3 DELE \\xe4\\x01 / skipped it may change the server',
    ' #4 PWD / skipped the replay had stopped',
  ]);
  const before = read(sessionSuite(replayed({ session, stopped: { exchange: null, why: 'gone' } }), false));
  expect([before[0], before.at(-1)]).toEqual(['session 1 6 1 0 2', ' session / failure stopped gone']);
});

test.skipIf(!hasPython)('strictly, what was left out or replaced fails', () => {
  const notes = [{ exchange: 1, text: 'a password was given', substitutes: true }];
  const cases = read(sessionSuite(replayed({ skipped, notes }), true));
  expect(cases[0]).toBe('session 1 5 2 0 0');
  expect(cases[4]).toBe(' #3 DELE \\xe4\\x01 / failure left-out it may change the server');
});

test.skipIf(!hasPython)('what could not run is one test in error', () => {
  expect(read(errorSuite('a<b>.pcap', 'there is "no" server & none'))).toEqual([
    'replay 1 0 1 0',
    ' a<b>.pcap / error could-not-run there is "no" server & none',
  ]);
});
