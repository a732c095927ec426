// The bytes of one transfer, had from a capture by reading that again.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Recaptured, saveCapturedPayload } from '../../../src/cli/recordings/captured-payload.js';
import { RecordedFileError } from '../../../src/recordings/recorded-file-error.js';
import { observed } from '../../transcript/observations.js';
import { temporaryFolder } from '../../transcript/temporary-folder.js';

const SOUGHT = { session: 2, link: 1 };
const saved = () => join(temporaryFolder(), 'saved');

/** A capture with a transfer of each of three sessions, `missing` bytes of each lost; it ends with `end`. */
function capture(read: number[] = [], missing: string | null = null, end: () => void = () => {}): Recaptured {
  return async (take, isEnough, payloads) => {
    for (const session of [1, 2, 3]) {
      if (isEnough()) return;
      read.push(session);
      const sink = await payloads.open({ session, link: 1, verb: 'RETR', path: 'a' });
      for (const part of ['of ', `${session}`]) await sink.write(Buffer.from(part));
      await sink.finish();
      take(observed('link-closed', { session, link: 1, reason: missing }));
    }
    end();
  };
}

test('those of that transfer alone, and nothing is read behind it', async () => {
  const file = saved();
  const read: number[] = [];
  expect(await saveCapturedPayload(capture(read), SOUGHT, file, () => false)).toBe(`4 bytes written to ${file}`);
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777, read]).toEqual(['of 2', 0o600, [1, 2]]);
});

test('in their order, however many are written at a time', async () => {
  const parts = Array.from({ length: 200 }, (_, index) => Buffer.alloc(1 + ((index * 7919) % 40_000), index));
  const again: Recaptured = async (take, _isEnough, payloads) => {
    const sink = await payloads.open({ ...SOUGHT, verb: 'RETR', path: 'a' });
    await Promise.all(parts.map((part) => sink.write(part)));
    take(observed('link-closed', { ...SOUGHT, reason: null }));
  };
  const file = saved();
  await saveCapturedPayload(again, SOUGHT, file, () => false);
  expect(readFileSync(file).equals(Buffer.concat(parts))).toBe(true);
});

test('what is missing from the capture is said', async () => {
  const file = saved();
  const again = capture([], '7 bytes are missing from the capture');
  expect(await saveCapturedPayload(again, SOUGHT, file, () => false)).toBe(
    `4 bytes written to ${file}; 7 bytes are missing from the capture`,
  );
});

test('what is there already is left alone', async () => {
  const file = saved();
  writeFileSync(file, 'mine');
  expect(await saveCapturedPayload(capture(), SOUGHT, file, () => false)).toMatch(/^cannot write .*saved: .*exist/);
  expect(readFileSync(file, 'utf8')).toBe('mine');
});

test.each([
  ['the transfer is not in the capture', capture(), { session: 9, link: 1 }, 'its bytes are not in the capture'],
  [
    'the capture cannot be read any more',
    capture([], null, () => {
      throw new RecordedFileError('unreadable', 'cannot read a.pcap: no such file');
    }),
    { session: 9, link: 1 },
    'cannot read a.pcap: no such file',
  ],
] as const)('no file is made where %s', async (_name, again, transfer, said) => {
  const file = saved();
  expect(await saveCapturedPayload(again, transfer, file, () => false)).toBe(said);
  expect(existsSync(file)).toBe(false);
});

test('no half of it is left behind by whoever leaves meanwhile', async () => {
  const file = saved();
  const again: Recaptured = async (_take, _isEnough, payloads) => {
    await (await payloads.open({ ...SOUGHT, verb: 'RETR', path: 'a' })).write(Buffer.from('half'));
  };
  await saveCapturedPayload(again, SOUGHT, file, () => true);
  expect(existsSync(file)).toBe(false);
});
