// Lines of JSON: each is its observation and nothing else, and none of them can steer a terminal.
import { expect, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { observationLines } from '../../src/transcript/ndjson.js';
import { NOON, ONE_OF_EACH, observed } from './observations.js';

function written(...observations: readonly Observation[]): string[] {
  const lines: string[] = [];
  const writer = observationLines({ write: (line: string) => lines.push(line) });
  for (const observation of observations) writer.observation(observation);
  return lines;
}

test('the header names the version of the words first', () => {
  const lines: string[] = [];
  observationLines({ write: (line: string) => lines.push(line) }).header({ version: '0.1.0', at: NOON });
  expect(lines).toEqual([`{"ftpscope":1,"version":"0.1.0","at":${NOON}}\n`]);
});

test.each(ONE_OF_EACH.map((observation) => [observation.kind, observation] as const))(
  'a line is the %s itself, kind first',
  (kind, observation) => {
    const [line = ''] = written(observation);
    expect(line.startsWith(`{"kind":"${kind}",`)).toBe(true);
    expect(line.endsWith('}\n')).toBe(true);
    expect(JSON.parse(line)).toEqual(observation);
  },
);

test('each observation is one line and one write', () => {
  expect(written(...ONE_OF_EACH)).toHaveLength(ONE_OF_EACH.length);
});

test('what must not reach a terminal is escaped, and reads back the same', () => {
  const nasty = observed('command', {
    line: 'RETR \x1b[2J\x9b2J\x7f\n\u202e"\\',
    lineUtf8: 'b\u00fccher \u{1f600}\u200b',
  });
  const [line = ''] = written(nasty);
  expect(line.slice(0, -1)).toMatch(/^[^\p{Cc}\p{Cf}]*$/u);
  expect(line).toContain('b\u00fccher \u{1f600}\\u200b');
  expect(JSON.parse(line)).toEqual(nasty);
});

test('every byte reads back', () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
  const [line = ''] = written(observed('noise', { line: all }));
  expect(JSON.parse(line)).toMatchObject({ line: all });
});

test('a reply of thousands of lines is written whole', () => {
  const lines = Array.from({ length: 5000 }, (_, index) => ` line ${index}`);
  const [line = ''] = written(observed('reply', { lines }));
  expect(JSON.parse(line)).toMatchObject({ lines });
});

test('fractions of milliseconds are kept', () => {
  expect(written(observed('command', { at: NOON + 0.125 }))[0]).toContain(`"at":${NOON}.125`);
});
