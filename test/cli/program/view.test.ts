// What is shown, by the options that ask for it.
import { expect, test } from 'vitest';
import { chooseView, type ViewOptions, wantsDashboard } from '../../../src/cli/program/view.js';
import { command, ONE_OF_EACH, observed, reply } from '../../transcript/observations.js';

function shown(options: ViewOptions, colour = false): string {
  let text = '';
  const view = chooseView(options, colour, (more) => {
    text += more;
  });
  for (const observation of ONE_OF_EACH) view.show(observation);
  view.end();
  return text;
}

test('a plain transcript, unless something else is asked for', () => {
  expect(shown({})).toContain('  #1  -> NOOP\n');
  expect(shown({ plain: true })).toBe(shown({}));
  expect(shown({})).not.toContain('\x1b');
  expect(shown({}, true)).toContain('\x1b[32m<- 200 OK');
});

test('more of it when verbose', () => {
  expect(shown({ verbose: true }).split('\n').length).toBeGreaterThan(shown({}).split('\n').length);
});

test('observations and nothing else with --json, in no colours', () => {
  const lines = shown({ json: true }, true).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(ONE_OF_EACH);
});

test('nothing when quiet, but what is asked for by name', () => {
  expect(shown({ quiet: true })).toBe('');
  expect(shown({ quiet: true, plain: true })).toBe(shown({}));
  expect(shown({ quiet: true, json: true })).toBe(shown({ json: true }));
});

test('the lines of one observation are written together', () => {
  const writes: string[] = [];
  const view = chooseView({}, false, (text) => writes.push(text));
  view.show(reply(['220-Hello', '220 there'], null));
  expect(writes).toHaveLength(1);
});

test('what was held back is shown at the end', () => {
  const writes: string[] = [];
  const view = chooseView({}, false, (text) => writes.push(text));
  view.show(observed('session-opened'));
  view.show(command('PORT 127,0,0,1,200,21'));
  expect(writes.join('')).not.toContain('PORT');
  view.end();
  expect(writes.join('')).toContain('PORT');
});

test.each([
  ['xterm', true],
  ['dumb', false],
  ['', false],
  [undefined, false],
])('TERM %j has a dashboard: %j', (term, has) => {
  const terminal = { stdin: { isTTY: true }, stdout: { isTTY: true }, env: { TERM: term } };
  expect(wantsDashboard({}, terminal)).toBe(has);
});
