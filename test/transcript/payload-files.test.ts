// Payloads on real disks: the bytes, their sha256, private files in a private folder, and errors that name the file.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RecordingError } from '../../src/dialogue/recording-error.js';
import { openPayloadFolder } from '../../src/transcript/payload-files.js';
import { runWithFileSizeLimit, sourceOf } from './file-size-limit.js';
import { temporaryFolder } from './temporary-folder.js';

const TRANSFER = { session: 1, link: 2, verb: 'RETR', path: '/pub/report.pdf' };
const posixTest = test.skipIf(process.platform === 'win32');

test('the bytes of a transfer, and their sha256', async () => {
  const folder = temporaryFolder();
  const chunks = [randomBytes(70_000), Buffer.alloc(0), randomBytes(1)];
  const sink = await openPayloadFolder(folder).open(TRANSFER);
  for (const chunk of chunks) await sink.write(chunk);
  const kept = await sink.finish();
  const whole = Buffer.concat(chunks);
  expect(kept).toEqual({
    file: '0001-0002-RETR-report.pdf',
    sha256: createHash('sha256').update(whole).digest('hex'),
  });
  expect(readFileSync(join(folder, kept.file)).equals(whole)).toBe(true);
});

test('an empty payload is a file too', async () => {
  const sink = await openPayloadFolder(temporaryFolder()).open(TRANSFER);
  expect((await sink.finish()).sha256).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('writes that do not wait for each other keep their order', async () => {
  const folder = temporaryFolder();
  const sink = await openPayloadFolder(folder).open(TRANSFER);
  const writes = ['one ', 'two ', 'three'].map((text) => sink.write(Buffer.from(text)));
  const { file } = await sink.finish();
  await Promise.all(writes);
  expect(readFileSync(join(folder, file), 'utf8')).toBe('one two three');
});

test('what is told on the way is what the file holds once it is ended, and nothing comes behind that', async () => {
  const folder = temporaryFolder();
  const sink = await openPayloadFolder(folder).open(TRANSFER);
  const writes = [sink.write(Buffer.from('one ')), sink.write(Buffer.from('two'))];
  const told = sink.soFar;
  const ended = sink.finish();
  await expect(sink.write(Buffer.from(' three'))).rejects.toThrow('has been ended');
  expect(await ended).toEqual(told);
  await Promise.all(writes);
  expect(readFileSync(join(folder, told.file), 'utf8')).toBe('one two');
  expect(told.sha256).toBe(createHash('sha256').update('one two').digest('hex'));
});

posixTest('folder and files are private, however lax the umask', async () => {
  const umask = process.umask(0);
  try {
    const folder = join(temporaryFolder(), 'a', 'payloads');
    const sink = await openPayloadFolder(folder).open(TRANSFER);
    const { file } = await sink.finish();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  } finally {
    process.umask(umask);
  }
});

test('a path cannot leave the folder', async () => {
  const folder = join(temporaryFolder(), 'payloads');
  const store = openPayloadFolder(folder);
  const paths = ['../../etc/passwd', '/etc/shadow', '..', 'nul\0byte', 'x'.repeat(10_000), '..\\..\\boot.ini'];
  for (const [index, path] of paths.entries()) {
    const sink = await store.open({ ...TRANSFER, link: index + 1, path });
    await sink.finish();
  }
  expect(readdirSync(folder)).toHaveLength(paths.length);
  expect(readdirSync(join(folder, '..'))).toEqual(['payloads']);
});

describe('a folder that holds files already', () => {
  test('keeps those of an earlier run', async () => {
    const folder = temporaryFolder();
    for (const text of ['first', 'second', 'third']) {
      const store = openPayloadFolder(folder);
      for (const link of [1, 2]) {
        const sink = await store.open({ ...TRANSFER, link });
        await sink.write(Buffer.from(text));
        await sink.finish();
      }
    }
    expect(readdirSync(folder).sort()).toEqual([
      '0001-0001-RETR-report.pdf',
      '0001-0001.2-RETR-report.pdf',
      '0001-0001.3-RETR-report.pdf',
      '0001-0002-RETR-report.pdf',
      '0001-0002.2-RETR-report.pdf',
      '0001-0002.3-RETR-report.pdf',
    ]);
    expect(readFileSync(join(folder, '0001-0001-RETR-report.pdf'), 'utf8')).toBe('first');
  });

  posixTest('is not written to through a link that waits there', async () => {
    const folder = temporaryFolder();
    const target = join(temporaryFolder(), 'target');
    symlinkSync(target, join(folder, '0001-0002-RETR-report.pdf'));
    const sink = await openPayloadFolder(folder).open(TRANSFER);
    expect((await sink.finish()).file).toBe('0001-0002.2-RETR-report.pdf');
    expect(existsSync(target)).toBe(false);
  });
});

describe('what cannot be kept', () => {
  test('a folder that is a file', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(() => openPayloadFolder(file)).toThrow(RecordingError);
    expect(() => openPayloadFolder(join(file, 'below'))).toThrow(`cannot keep payloads in ${join(file, 'below')}: `);
  });

  test('a file in a folder that has gone', async () => {
    const folder = join(temporaryFolder(), 'payloads');
    const store = openPayloadFolder(folder);
    rmdirSync(folder);
    await expect(store.open(TRANSFER)).rejects.toThrow(
      new RecordingError(
        `cannot keep payload in ${join(folder, '0001-0002-RETR-report.pdf')}: no such file or directory`,
        folder,
        'ENOENT',
      ),
    );
  });

  posixTest('a write that fails is told, with the file, and so is everything after it', () => {
    const folder = temporaryFolder();
    const heard = runWithFileSizeLimit(`
      const { openPayloadFolder } = await import(${sourceOf('payload-files')});
      const sink = await openPayloadFolder(${JSON.stringify(folder)}).open(${JSON.stringify(TRANSFER)});
      await sink.write(Buffer.alloc(500));
      const big = Buffer.alloc(100_000);
      for (const act of [() => sink.write(big), () => sink.write(Buffer.alloc(1)), () => sink.finish()]) {
        await act().catch((error) => heard.push(String(error)));
      }
    `);
    const path = join(folder, '0001-0002-RETR-report.pdf');
    expect(heard).toEqual(Array(3).fill(`RecordingError: cannot keep payload in ${path}: file too large`));
  });

  test.runIf(process.platform === 'linux')('nor does its file stay open', () => {
    const folder = temporaryFolder();
    const heard = runWithFileSizeLimit(`
      const { openPayloadFolder } = await import(${sourceOf('payload-files')});
      const { readdirSync, readlinkSync } = await import('node:fs');
      const opened = () => readdirSync('/proc/self/fd').filter((fd) => {
        try { return readlinkSync('/proc/self/fd/' + fd).startsWith(${JSON.stringify(folder)}); } catch { return false; }
      }).length;
      const sink = await openPayloadFolder(${JSON.stringify(folder)}).open(${JSON.stringify(TRANSFER)});
      heard.push(opened());
      await sink.write(Buffer.alloc(100_000)).catch(() => {});
      heard.push(opened());
    `);
    expect(heard).toEqual([1, 0]);
  });
});
