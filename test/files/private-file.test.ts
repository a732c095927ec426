// Files that are their owner's alone: what is opened, what is refused, with which mode.
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makePrivate, openNew, openToAppend, openToReplace } from '../../src/files/private-file.js';
import { openPayloadFolder } from '../../src/transcript/payload-files.js';
import { openTranscript } from '../../src/transcript/transcript-file.js';
import { temporaryFolder } from '../transcript/temporary-folder.js';

const HEADER = { version: '0.1.0', at: 0 };
const isRoot = process.geteuid?.() === 0;

function victim(): { folder: string; file: string } {
  const folder = temporaryFolder();
  const file = join(folder, 'victim');
  writeFileSync(file, 'mine', { mode: 0o644 });
  chmodSync(file, 0o644);
  return { folder, file };
}

const modeOf = (file: string) => statSync(file).mode & 0o777;

describe.skipIf(process.platform === 'win32')('a private file', () => {
  test('is made with mode 0600, and one that was there gets it', async () => {
    const { folder, file } = victim();
    closeSync(openToAppend(join(folder, 'new')));
    expect(modeOf(join(folder, 'new'))).toBe(0o600);
    const descriptor = openToAppend(file);
    makePrivate(descriptor);
    closeSync(descriptor);
    expect(modeOf(file)).toBe(0o600);
    chmodSync(file, 0o666);
    await (await openToReplace(file)).close();
    expect(modeOf(file)).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  test.each(['symbolic', 'dangling', 'hard'])('is not reached through a %s link', async (kind) => {
    const { folder, file } = victim();
    const link = join(folder, 'link');
    if (kind === 'hard') linkSync(file, link);
    else symlinkSync(kind === 'dangling' ? join(folder, 'missing') : file, link);
    expect(() => openToAppend(link)).toThrow(/^it (is a link: name the file itself|has another name, too)/);
    await expect(openToReplace(link)).rejects.toThrow(/^it /);
    await expect(openNew(link)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(() => openTranscript(link, HEADER)).toThrow(/^cannot open transcript .*: it /);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(modeOf(file)).toBe(0o644);
  });

  test.skipIf(!isRoot)("is not another user's", async () => {
    const { file } = victim();
    chownSync(file, 12345, 12345);
    expect(() => openToAppend(file)).toThrow('it belongs to another user');
    await expect(openToReplace(file)).rejects.toThrow('it belongs to another user');
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('may be a device', () => {
    closeSync(openToAppend('/dev/null'));
  });
});

describe.skipIf(process.platform === 'win32')('a payload folder', () => {
  test('is no link', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'there'));
    symlinkSync(join(folder, 'there'), join(folder, 'link'));
    expect(() => openPayloadFolder(`${join(folder, 'link')}/`)).toThrow('it is a link: name the folder itself');
    openPayloadFolder(join(folder, 'there'));
  });

  test.skipIf(!isRoot)("is not another user's", () => {
    const folder = temporaryFolder();
    chownSync(folder, 12345, 12345);
    expect(() => openPayloadFolder(folder)).toThrow('it belongs to another user');
  });
});
