// The words that users have for colors, and which of them counts.
import { expect, test } from 'vitest';
import { type ColorChoice, wantsColor } from '../../../src/cli/program/colors.js';

const AUTO: ColorChoice = 'auto';

test.each([
  [true, {}, AUTO, true],
  [false, {}, AUTO, false],
  [true, { NO_COLOR: '1' }, AUTO, false],
  [true, { NO_COLOR: '' }, AUTO, true],
  [true, { TERM: 'dumb' }, AUTO, false],
  [true, { TERM: 'xterm-256color' }, AUTO, true],
  [true, { CLICOLOR: '0' }, AUTO, false],
  [true, { CLICOLOR: '1' }, AUTO, true],
  [false, { CLICOLOR: '1' }, AUTO, false],
  [false, { CLICOLOR_FORCE: '1' }, AUTO, true],
  [false, { CLICOLOR_FORCE: '0' }, AUTO, false],
  [false, { CLICOLOR: '0', CLICOLOR_FORCE: '1' }, AUTO, true],
  [false, { FORCE_COLOR: '1' }, AUTO, true],
  [false, { FORCE_COLOR: '' }, AUTO, true],
  [true, { FORCE_COLOR: '0' }, AUTO, false],
  [false, { FORCE_COLOR: '1', TERM: 'dumb' }, AUTO, true],
  [false, { NO_COLOR: '1', FORCE_COLOR: '1', CLICOLOR_FORCE: '1' }, AUTO, false],
  [false, { NO_COLOR: '1' }, 'always', true],
  [true, { FORCE_COLOR: '1', CLICOLOR_FORCE: '1' }, 'never', false],
] as const)('terminal %s, %j and --color %s: colors %s', (isTerminal, environment, choice, colors) => {
  expect(wantsColor(isTerminal, environment, choice)).toBe(colors);
});
