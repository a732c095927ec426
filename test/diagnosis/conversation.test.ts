// Commands and replies out of order, and lines that are none.
import { describe, expect, test } from 'vitest';
import { observed } from '../transcript/observations.js';
import type { Trace } from './trace.js';
import { loggedIn, transfer } from './transfers.js';

/** A reply of the server that answers nothing. */
const unasked = (session: Trace, line: string) =>
  session.add(observed('reply', { code: Number(line.slice(0, 3)), lines: [line], answers: null, latencyMs: null }));
const byServer = { by: 'server', cause: 'closed' } as const;

test('reply-desync: a reply too many, and a session that goes on', () => {
  const twice = () => unasked(loggedIn().client('OPTS UTF8 ON').server('501 no'), '200 ok');
  const [finding] = twice().client('PWD').server('257 "/"').client('NOOP').server('200 ok').findings.slice(-1);
  expect(finding).toMatchObject({ diagnosis: 'reply-desync', severity: 'warning', leg: 'server' });
  expect(twice().closed(byServer).found).toEqual(['note server utf8-opts-refused']);
  const aborted = unasked(loggedIn().client('ABOR').server('226 ok'), '226 ok');
  expect(aborted.client('NOOP').server('200 ok').found).toEqual([]);
  expect(unasked(loggedIn(), '421 Timeout.').client('NOOP').server('200 ok').found).toEqual([]);
});

test('bad-sequence: what is missing in front', () => {
  const [finding] = loggedIn().client('RNTO b').server('503 RNFR required first.').findings;
  expect(finding).toMatchObject({ diagnosis: 'bad-sequence', severity: 'warning', fault: 'client' });
  expect(finding?.cause).toMatch(/RNFR/);
  expect(loggedIn().client('RNTO b').server('550 no').found).toEqual([]);
  expect(loggedIn().client('AUTH TLS').server('503 no').found).toEqual([]);
});

describe('a server that closes', () => {
  test('control-closed-without-reply: while a command waits', () => {
    expect(loggedIn().client('CWD a').closed(byServer).found).toEqual(['error server control-closed-without-reply']);
    expect(loggedIn().client('CWD a').proxy('421 gone').closed(byServer).found).toEqual([
      'error server control-closed-without-reply',
    ]);
  });

  test('silent: nothing waits; QUIT; a 421; the client closes; a capture that ends', () => {
    expect(loggedIn().closed(byServer).found).toEqual([]);
    expect(loggedIn().client('QUIT').closed(byServer).found).toEqual([]);
    expect(loggedIn().client('CWD a').server('421 Timeout.').closed(byServer).found).toEqual([]);
    expect(loggedIn().client('CWD a').closed({ by: 'client', cause: 'closed' }).found).toEqual([]);
    expect(loggedIn().client('CWD a').closed({ by: 'capture', cause: 'capture-end' }).found).toEqual([]);
  });

  test('pipelining-unsafe: on several', () => {
    const [finding] = loggedIn().client('CWD a').client('PWD').closed(byServer).findings;
    expect(finding).toMatchObject({ diagnosis: 'pipelining-unsafe', confidence: 'possible', leg: 'client' });
    expect(loggedIn().client('CWD a').client('QUIT').closed(byServer).found).toEqual([]);
  });
});

test('abor-mishandled: refused, or passed over', () => {
  expect(loggedIn().client('ABOR').server('502 no').found).toEqual(['warning server abor-mishandled']);
  expect(loggedIn().client('ABOR').server('225 nothing to abort').found).toEqual([]);
  expect(loggedIn().client('ABOR').closed({ by: 'client', cause: 'closed' }).found).toEqual([]);
  const toNoop = observed('reply', { answers: 4, lines: ['200 ok'] });
  const passedOver = loggedIn().client('ABOR').client('NOOP').add(toNoop);
  expect(passedOver.closed({ by: 'client', cause: 'quit' }).found).toEqual(['warning server abor-mishandled']);
});

test('final-reply-nonstandard: neither 226 nor 250', () => {
  const binary = () => loggedIn().client('TYPE I').server('200 ok');
  expect(transfer(binary(), 'RETR a', {}, '200 ok').found).toEqual(['note server final-reply-nonstandard']);
  for (const last of ['226 ok', '250 ok', '426 no']) expect(transfer(binary(), 'RETR a', {}, last).found).toEqual([]);
  expect(loggedIn().client('CWD a').server('200 ok').found).toEqual([]);
});

test('noop-during-transfer: and the transfer fails', () => {
  const during = (line: string | null, ends: Parameters<typeof transfer>[2]) => {
    const asked = loggedIn()
      .client('TYPE I')
      .server('200 ok')
      .client('PASV')
      .server('227 ok (198,51,100,7,195,81)')
      .link('passive', '198.51.100.7');
    const begun = asked.client('RETR a').server('150 ok');
    return (line === null ? begun : begun.client(line)).linkClosed({
      verb: 'RETR',
      path: 'a',
      direction: 'download',
      ...ends,
    }).found;
  };
  const failed = { outcome: 'failed', cause: 'no-final-reply' } as const;
  expect(during('NOOP', failed)).toContain('warning client noop-during-transfer');
  expect(during(null, failed)).not.toContain('warning client noop-during-transfer');
  expect(during('NOOP', {})).toEqual([]);
  expect(during('ABOR', failed)).not.toContain('warning client noop-during-transfer');
});

describe('lines', () => {
  test('line-too-long: by the server, by the proxy', () => {
    expect(loggedIn().client('CWD a').server('500 Input line too long.').found).toEqual(['error server line-too-long']);
    expect(loggedIn().violation('client', 'line-too-long').found).toEqual(['error client line-too-long']);
    expect(loggedIn().client('CWD a').server('500 no').found).toEqual([]);
  });

  test('multiline-reply-malformed, reply-line-malformed', () => {
    expect(loggedIn().violation('server', 'unfinished-reply').found).toEqual([
      'error server multiline-reply-malformed',
    ]);
    expect(loggedIn().add(observed('noise', { line: 'hello' })).found).toEqual(['warning server reply-line-malformed']);
    expect(loggedIn().add(observed('noise', { line: '' })).found).toEqual([]);
    expect(loggedIn().add(observed('noise', { from: 'client', line: 'hello' })).found).toEqual([]);
  });

  test('line ends', () => {
    const ends = (...all: readonly string[]) =>
      loggedIn().add(observed('reply', { ends: all, answers: null, code: 220 })).found;
    expect(ends('\n')).toEqual(['note server reply-line-ending']);
    expect(ends('\r\n')).toEqual([]);
    expect(loggedIn().violation('client', 'bare-line-feed').found).toEqual(['note client command-bare-lf']);
    expect(loggedIn().violation('client', 'nul-byte').found).toEqual([]);
  });
});
