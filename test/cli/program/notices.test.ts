// Notices: one line each, harmless on a terminal, and silent where that was asked for.
import { expect, test } from 'vitest';
import { Notices } from '../../../src/cli/program/notices.js';

function heard(quiet: boolean, say: (notices: Notices) => void): string[] {
  const lines: string[] = [];
  say(new Notices((text) => lines.push(text), quiet));
  return lines;
}

function sayAll(notices: Notices): void {
  notices.announce('listening on 127.0.0.1:2121');
  notices.info('do this next');
  notices.warn('be careful');
  notices.error('it broke');
}

test('a screen that shows nothing else there gets them on their own', () => {
  const said: string[] = [];
  sayAll(new Notices((_text, alone) => said.push(alone), false));
  new Notices((_text, alone) => said.push(alone), false).fault('it failed', new Error('why'));
  expect(said).toEqual([
    'listening on 127.0.0.1:2121',
    'do this next',
    'warning: be careful',
    'it broke',
    'it failed; this is a fault of ftpscope, please report it',
  ]);
});

test('all are told', () => {
  expect(heard(false, sayAll)).toEqual([
    'listening on 127.0.0.1:2121\n',
    'do this next\n',
    'ftpscope: warning: be careful\n',
    'ftpscope: it broke\n',
  ]);
});

test('when quiet, errors alone, and what scripts wait for', () => {
  expect(heard(true, sayAll)).toEqual(['listening on 127.0.0.1:2121\n', 'ftpscope: it broke\n']);
});

test('several lines become one, and control characters are escaped', () => {
  expect(heard(false, (notices) => notices.error('unknown option\n  (Did you mean\x1b[2J x?)\n'))).toEqual([
    'ftpscope: unknown option (Did you mean\\x1b[2J x?)\n',
  ]);
});

test('a fault of the program comes with its stack', () => {
  const [text = ''] = heard(true, (notices) => notices.fault('session 3 failed', new Error('oops')));
  expect(text).toMatch(
    /^ftpscope: session 3 failed; this is a fault of ftpscope, please report it\nError: oops\n +at /,
  );
});

test('a fault that is no error is told as well', () => {
  expect(heard(false, (notices) => notices.fault('it failed', 'why'))).toEqual([
    'ftpscope: it failed; this is a fault of ftpscope, please report it\nwhy\n',
  ]);
});
