// The bytes of one transfer, saved from the dashboard.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RereadCapture, saveCapturedPayload, savePayload } from '../../../src/cli/recordings/payload-saving.js';
import { RecordedFileError } from '../../../src/recordings/recorded-file-error.js';
import { observed } from '../../transcript/observations.js';
import { temporaryFolder } from '../../transcript/temporary-folder.js';

async function* bytes(): AsyncGenerator<Buffer> {
  yield Buffer.from('hel');
  yield Buffer.from('lo');
}

const SOUGHT = { session: 2, link: 1 };
const saved = () => join(temporaryFolder(), 'saved');

/** A capture with a transfer of each of three sessions, `missing` bytes of each lost; it ends with `end`. */
function capture(read: number[] = [], missing: string | null = null, end: () => void = () => {}): RereadCapture {
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

describe('from where they are kept', () => {
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
});

describe('out of the capture, which is read again', () => {
  test('those of that transfer alone, and nothing is read behind it', async () => {
    const file = saved();
    const read: number[] = [];
    expect(await saveCapturedPayload(capture(read), SOUGHT, file, () => false)).toBe(`4 bytes written to ${file}`);
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777, read]).toEqual(['of 2', 0o600, [1, 2]]);
  });

  test('in their order, however many are written at a time', async () => {
    const parts = Array.from({ length: 200 }, (_, index) => Buffer.alloc(1 + ((index * 7919) % 40_000), index));
    const again: RereadCapture = async (take, _isEnough, payloads) => {
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
    const again: RereadCapture = async (_take, _isEnough, payloads) => {
      await (await payloads.open({ ...SOUGHT, verb: 'RETR', path: 'a' })).write(Buffer.from('half'));
    };
    await saveCapturedPayload(again, SOUGHT, file, () => true);
    expect(existsSync(file)).toBe(false);
  });
});
