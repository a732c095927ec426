// What the operating system says, in its own plain words.
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { systemErrorCode, systemReason } from '../../src/protocol/system-errors.js';

function fault(code: string, errno?: number): Error {
  return Object.assign(new Error(`${code}: from Node`), errno === undefined ? { code } : { code, errno });
}

function caught(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

test.each<[string, unknown, string, string | null]>([
  ['a system call', fault('ENOSPC', -constants.errno.ENOSPC), 'no space left on device', 'ENOSPC'],
  ['a file', caught(() => readFileSync('/no/such/file')), 'no such file or directory', 'ENOENT'],
  ['a host name', fault('ENOTFOUND', -3008), 'host name not found', 'ENOTFOUND'],
  ['a host name, for now', fault('EAI_AGAIN', -3001), 'host name lookup failed', 'EAI_AGAIN'],
  ['a timeout', fault('ETIMEDOUT'), 'timed out', 'ETIMEDOUT'],
  ['a code without a number', fault('ERR_X'), 'ERR_X: from Node', 'ERR_X'],
  ['a number that the system does not know', fault('EODD', -99_999), 'EODD: from Node', 'EODD'],
  ['a plain error of two lines', new Error('first\nsecond'), 'first', null],
  ['no error at all', 'text', 'text', null],
  ['nothing', undefined, 'undefined', null],
  [
    'several addresses, the same reason once',
    new AggregateError([
      fault('ECONNREFUSED', -constants.errno.ECONNREFUSED),
      fault('ECONNREFUSED', -constants.errno.ECONNREFUSED),
      fault('ETIMEDOUT'),
    ]),
    'connection refused, timed out',
    null,
  ],
  ['several of nothing', new AggregateError([], 'all failed'), 'all failed', null],
])('%s', (_name, error, reason, code) => {
  expect(systemReason(error)).toBe(reason);
  expect(systemErrorCode(error)).toBe(code);
});
