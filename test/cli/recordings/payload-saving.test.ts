// Payloads saved from the dashboard.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { savePayload } from '../../../src/cli/recordings/payload-saving.js';
import { RecordedFileError } from '../../../src/recordings/recorded-file-error.js';
import { temporaryFolder } from '../../transcript/temporary-folder.js';

async function* bytes(): AsyncGenerator<Buffer> {
  yield Buffer.from('hel');
  yield Buffer.from('lo');
}

test('into a file of its own, for its owner alone', async () => {
  const file = join(temporaryFolder(), 'saved');
  expect(await savePayload(bytes, '0001-0001-RETR-a', file)).toBe(`5 bytes written to ${file}`);
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['hello', 0o600]);
});

test('what is there already is left alone', async () => {
  const file = join(temporaryFolder(), 'saved');
  writeFileSync(file, 'mine');
  expect(await savePayload(bytes, 'a', file)).toMatch(/^cannot write .*saved: .*exist/);
  expect(readFileSync(file, 'utf8')).toBe('mine');
});

test('what is missing is said, and no file is made', async () => {
  const file = join(temporaryFolder(), 'saved');
  const none = () => {
    throw new RecordedFileError('payload', 'payload a is missing');
  };
  expect(await savePayload(none, 'a', file)).toBe('payload a is missing');
  expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
});
