// What is kept on disk, as the options ask for it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UsageError } from '../../../src/cli/program/errors.js';
import { programVersion } from '../../../src/cli/program/program-info.js';
import { closeRecording, openRecording } from '../../../src/cli/recordings/recording-output.js';
import { temporaryFolder } from '../../transcript/temporary-folder.js';

test('nothing unless asked for', () => {
  const recording = openRecording({});
  expect(recording).toEqual({ transcript: null, payloads: null, run: expect.any(String) });
  closeRecording(recording);
});

test('a transcript bears the version of the program', () => {
  const transcript = join(temporaryFolder(), 'session.ndjson');
  closeRecording(openRecording({ transcript }));
  expect(JSON.parse(readFileSync(transcript, 'utf8'))).toMatchObject({ ftpscope: 1, version: programVersion() });
});

test('a transcript names its run, and the payload folder as seen from its own', () => {
  const folder = temporaryFolder();
  const transcript = join(folder, 'session.ndjson');
  for (const payloads of [undefined, join(folder, 'kept'), folder]) {
    closeRecording(openRecording({ transcript, ...(payloads === undefined ? {} : { payloads }) }));
  }
  const headers = readFileSync(transcript, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(headers.map((header) => header.payloads)).toEqual([undefined, 'kept', '.']);
  expect(new Set(headers.map((header) => header.run)).size).toBe(3);
});

test('payloads get a folder', () => {
  const payloads = join(temporaryFolder(), 'kept');
  closeRecording(openRecording({ payloads }));
  expect(existsSync(payloads)).toBe(true);
});

test.each([
  ['.', 'cannot open transcript .: it is a folder; name a file in it, such as ./session.ndjson'],
  ['no/x', 'cannot open transcript no/x: no such file or directory; make its folder first'],
])('a transcript at %s: what to do is said', (transcript, message) => {
  expect(() => openRecording({ transcript })).toThrow(new UsageError(message));
});

test.each([
  ['transcript', 'cannot open transcript /dev/null/x: not a directory'],
  ['payloads', 'cannot keep payloads in /dev/null/x: not a directory'],
])('a %s that cannot be written is the user\u2019s to mend', (option, message) => {
  expect(() => openRecording({ [option]: '/dev/null/x' })).toThrow(new UsageError(message));
});
