// Findings in words: on their line, at a session's end, and summed up over many sessions.
import { describe, expect, test } from 'vitest';
import { findingLine, summaryLines } from '../../src/words/findings.js';
import { FindingsOverview, findingsText, findingsTsv } from '../../src/words/findings-overview.js';
import { endpoint, observed } from '../transcript/observations.js';

const refused = observed('finding', { title: 'the server refuses the login of \x1b[31mb\xc3\xb6b' });
const warned = observed('finding', {
  diagnosis: 'pasv-private-address',
  severity: 'warning',
  mended: true,
  title: 'a private address',
});
const noted = observed('finding', { severity: 'note', diagnosis: 'epsv-rejected' });

describe('a line', () => {
  test('escapes what came from the wire, and reads UTF-8', () => {
    expect(findingLine(refused)).toMatchObject({
      mark: '##',
      text: 'the server refuses the login of \\x1b[31mb\u00f6b',
      note: 'error: login-failed',
      ink: 'violation',
    });
  });

  test('says that the proxy fixed it', () => {
    expect(findingLine(warned).note).toBe('warning, fixed by the proxy: pasv-private-address');
  });
});

describe('the end of a session', () => {
  const texts = summaryLines([noted, warned, refused, refused]).map(({ mark, text }) => `${mark} ${text}`);

  test('has each finding once, errors first, with what to do; notes are not repeated', () => {
    expect(texts).toEqual([
      expect.stringMatching(/^## error: the server refuses .* \(2 times\)$/),
      '   why: The password is wrong.',
      '   do, on the client: Check it.',
      '## warning: a private address',
      '   why: The password is wrong.',
      '   do, on the client: Check it.',
    ]);
  });

  test('says nothing where nothing went wrong', () => expect(summaryLines([])).toEqual([]));
});

describe('many sessions', () => {
  const overview = new FindingsOverview();
  for (const session of [1, 2, 3]) {
    overview.take(observed('session-opened', { session, client: endpoint(`10.0.0.${session}`, 4000) }));
  }
  // Interleaved, as sessions are.
  for (const session of [1, 2, 1]) overview.take({ ...refused, session });
  overview.take({ ...warned, session: 3 });
  for (const session of [1, 2, 3]) overview.take(observed('session-closed', { session }));

  test('are counted by cause, the gravest first', () => {
    expect(overview.rows()).toMatchObject([
      {
        diagnosis: 'login-failed',
        findings: 3,
        sessions: 2,
        ofSessions: 3,
        clients: ['10.0.0.1', '10.0.0.2'],
        sessionNumbers: [1, 2],
      },
      { diagnosis: 'pasv-private-address', findings: 1, sessions: 1, mended: true },
    ]);
  });

  test('read as text', () => {
    expect(findingsText(overview.rows(), 3).slice(0, 3)).toEqual([
      'error: the server refuses the login of \\x1b[31mb\u00f6b',
      "   login-failed: 2 of 3 sessions, 3 times, on the server's leg",
      '   from 10.0.0.1, 10.0.0.2; #1, #2',
    ]);
    expect(findingsText([], 3)).toEqual(['nothing went wrong that ftpscope knows of, in 3 sessions']);
  });

  test('read as a table', () => {
    const [head = '', first = ''] = findingsTsv(overview.rows());
    expect(head.split('\t').slice(0, 3)).toEqual(['severity', 'diagnosis', 'leg']);
    expect(first.split('\t').slice(0, 3)).toEqual(['error', 'login-failed', 'server']);
  });
});
