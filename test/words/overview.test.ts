// Rows of sessions and transfers, and what of the wire may be in them.
import { expect, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import {
  Overview,
  type OverviewForm,
  type OverviewKind,
  overviewHead,
  overviewLine,
} from '../../src/words/overview.js';
import { command, endpoint, observed } from '../transcript/observations.js';

const SERVER = endpoint('10.0.0.2', 21);
const ENDS = { client: endpoint('10.0.0.1', 1000), server: SERVER };
const UPLOAD = { verb: 'STOR', direction: 'upload', bytes: 2048, durationMs: 1500 } as const;

function lines(kind: OverviewKind, form: OverviewForm, observations: readonly Observation[]): string[] {
  const overview = new Overview(kind);
  const rows = observations.map((observation) => overview.take(observation)).filter((row) => row !== null);
  return [...rows, ...overview.rest()].map((row) => overviewLine(kind, form, row));
}

test('a transfer has its user, and nothing of the wire breaks its row', () => {
  const told = [
    observed('session-opened', ENDS),
    command('USER J\xc3\xbcrg'),
    observed('link-closed', { ...UPLOAD, path: 'a\tb\x1b[2J', outcome: 'failed', reason: '426 broken' }),
    observed('link-closed', { verb: null, bytes: 0, outcome: 'unused' }),
  ];
  expect(lines('transfers', 'tsv', told)).toEqual([
    '2025-11-22T11:59:58.500Z\t1\t10.0.0.1:1000\tJürg\t10.0.0.2:21\tSTOR\ta\\x09b\\x1b[2J\t2048\t1500\tfailed\t\t426 broken',
  ]);
  expect(lines('transfers', 'text', told)).toEqual([
    expect.stringMatching(/ STOR {2}a\\x09b\\x1b\[2J +2 KiB +1\.5 s +failed +- +426 broken$/),
  ]);
});

test('a session whose server is chosen later, and one that has no end', () => {
  const told = [
    observed('session-opened', { ...ENDS, server: null }),
    observed('server-chosen', { server: SERVER }),
    command('USER ann'),
    observed('link-closed', { ...UPLOAD, path: 'a', outcome: 'complete' }),
  ];
  expect(lines('sessions', 'json', told).map((line) => JSON.parse(line))).toMatchObject([
    { server: '10.0.0.2:21', user: 'ann', transfers: 1, bytesUp: 2048, end: 'its end is not in the recording' },
  ]);
});

test('heads', () => {
  expect(overviewHead('sessions', 'json')).toBeNull();
  expect(overviewHead('sessions', 'tsv')?.split('\t')).toHaveLength(12);
  expect(overviewHead('transfers', 'text')).toMatch(/^TIME .* PATH +BYTES +DURATION +OUTCOME +SHA256 +REASON$/);
});
