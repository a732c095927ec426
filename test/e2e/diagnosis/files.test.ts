// Files that real servers cannot write, damage, or do not let go on: what is found, and that the fix that is named mends it.
import { randomBytes } from 'node:crypto';
import { chmod, chown, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runChild } from '../child-process.js';
import { cannotTest } from '../peers.js';
import { proftpd } from '../servers/proftpd.js';
import { pureFtpd } from '../servers/pure-ftpd.js';
import { NOBODY_ID, type Server } from '../servers/server.js';
import { vsftpd } from '../servers/vsftpd.js';
import {
  configured,
  expectMended,
  findingsOf,
  inShort,
  isMissing,
  oddServer,
  type Stage,
  startedWith,
} from './misconfigured.js';

const STAGED = { timeout: 60_000 };
const KIB = 1024;

const puts =
  (path: string, bytes = 10, ...before: readonly string[]) =>
  async (stage: Stage) => {
    const client = await stage.client();
    await client.sayAll('TYPE I', ...before);
    await client.put(`STOR ${path}`, Buffer.alloc(bytes, 'x'));
  };

/** A picture of noise: line ends in its head and all over it. */
const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(64 * KIB)]);

const gets =
  (name: string, content: Buffer | null, ...commands: readonly string[]) =>
  async (stage: Stage) => {
    const path = join(stage.place.root, 'pub', name);
    if (content !== null) await writeFile(path, content);
    else await copyFile('/bin/true', path);
    await chmod(path, 0o644);
    const client = await stage.client();
    await client.sayAll(...commands.slice(0, -1));
    await client.get(commands.at(-1) ?? `RETR pub/${name}`);
  };

test('vsftpd: writing is switched off', STAGED, async (context) => {
  if (isMissing(context, vsftpd)) return;
  const wrong = configured(vsftpd, 'vsftpd.conf', 'write_enable=NO');
  await expectMended(
    { server: wrong },
    { server: vsftpd },
    puts('pub/up'),
    'error server server writing-disabled',
    /write_enable=YES/,
  );
});

test('pyftpdlib: a user without the right to write', STAGED, async (context) => {
  if (isMissing(context, oddServer('none'))) return;
  const wrong = oddServer('read-only');
  await expectMended(
    { server: wrong },
    { server: oddServer('none') },
    puts('pub/up'),
    'error server server writing-disabled',
    /perm='elradfmwMT'/,
  );
});

test('the file system forbids it', STAGED, async (context) => {
  if (isMissing(context, vsftpd, proftpd, pureFtpd)) return;
  for (const server of [vsftpd, proftpd, pureFtpd]) {
    const inFolder = (mode: number) => async (stage: Stage) => {
      await mkdir(join(stage.place.root, 'closed'));
      await chmod(join(stage.place.root, 'closed'), mode);
      await puts('closed/up')(stage);
    };
    expect(inShort(await findingsOf(server, inFolder(0o755))), server.name).toEqual([
      'error server server permission-denied',
    ]);
    expect(inShort(await findingsOf(server, inFolder(0o777))), server.name).toEqual([]);
  }
});

test('no such file', STAGED, async (context) => {
  if (isMissing(context, vsftpd, proftpd, pureFtpd)) return;
  for (const server of [vsftpd, proftpd, pureFtpd, oddServer('none')]) {
    const findings = await findingsOf(server, async (stage) => {
      const client = await stage.client();
      await client.sayAll('TYPE I', 'SIZE pub/gone', 'CWD gone');
      await client.get('RETR pub/gone');
    });
    expect(inShort(findings), server.name).toEqual(['warning server client no-such-path']);
  }
});

test('a full disk', STAGED, async (context) => {
  if (isMissing(context, vsftpd, proftpd, pureFtpd)) return;
  for (const server of [vsftpd, proftpd, pureFtpd]) {
    let isMounted = true;
    const onSmallDisk = (size: string) => async (stage: Stage) => {
      const folder = join(stage.place.root, 'pub');
      const run = (...args: readonly [string, ...string[]]) =>
        runChild(args[0], args.slice(1), { cwd: '/', timeoutMs: 5000 });
      const said = await run('mount', '-t', 'tmpfs', '-o', `size=${size},mode=777`, 'tmpfs', folder);
      isMounted = said.includes('exited with 0');
      if (!isMounted) return;
      try {
        await puts('pub/up', 300 * KIB)(stage);
      } finally {
        await run('umount', '-l', folder);
      }
    };
    const findings = await findingsOf(server, onSmallDisk('64k')).catch((error: unknown) => {
      if (isMounted) throw error;
      return [];
    });
    if (!isMounted) return cannotTest(context, 'a tmpfs cannot be mounted here');
    expect(inShort(findings), server.name).toEqual(['error server server disk-or-quota']);
    expect(await findingsOf(server, onSmallDisk('2m')), server.name).toEqual([]);
  }
});

test('Pure-FTPd: the quota is used up', STAGED, async (context) => {
  if (isMissing(context, pureFtpd)) return;
  const wrong = startedWith(pureFtpd, (line) => [...line, '--quota', '100:1']);
  const uploads = async (stage: Stage) => {
    await chown(join(stage.place.root, 'pub'), NOBODY_ID, NOBODY_ID);
    await chown(stage.place.root, NOBODY_ID, NOBODY_ID);
    await puts('pub/one', 2048 * KIB)(stage);
    await puts('pub/two', 2048 * KIB)(stage);
  };
  await expectMended(
    { server: wrong },
    { server: pureFtpd },
    uploads,
    'error server server disk-or-quota',
    /Pure-FTPd: -n/,
  );
});

test('ProFTPD: a picture and a program go as text', STAGED, async (context) => {
  if (isMissing(context, proftpd)) return;
  const picture = await findingsOf(proftpd, gets('picture.png', PNG, 'TYPE A', 'RETR pub/picture.png'));
  expect(inShort(picture)).toEqual(['error server client ascii-corruption']);
  expect(picture[0]?.title).toMatch(/picture\.png \(png\S*\) goes as text \(TYPE A\)/);
  expect(picture[0]?.fix.client).toMatch(/TYPE I/);
  const program = await findingsOf(proftpd, gets('true', null, 'RETR pub/true'));
  expect(inShort(program)).toEqual(['error server client ascii-corruption']);
  expect(program[0]?.title).toMatch(/\(elf\) goes as text, as no TYPE was ever sent/);
  expect(await findingsOf(proftpd, gets('true', null, 'TYPE I', 'RETR pub/true'))).toEqual([]);
});

test('vsftpd ignores TYPE A: it works by luck', STAGED, async (context) => {
  if (isMissing(context, vsftpd)) return;
  expect(inShort(await findingsOf(vsftpd, gets('true', null, 'RETR pub/true')))).toEqual([
    'warning client client type-never-set',
  ]);
  expect(inShort(await findingsOf(vsftpd, gets('true', null, 'TYPE A', 'RETR pub/true')))).toEqual([
    'warning client client type-never-set',
  ]);
});

test('ProFTPD: SIZE as text', STAGED, async (context) => {
  if (isMissing(context, proftpd)) return;
  const asks = (type: string) => gets('file', Buffer.from('text\n'), type, 'SIZE pub/file', 'RETR pub/file');
  const findings = await findingsOf(proftpd, asks('TYPE A'));
  expect(inShort(findings)).toEqual(['warning server client size-in-ascii-refused']);
  expect(findings[0]?.fix.client).toMatch(/TYPE I/);
  expect(await findingsOf(proftpd, asks('TYPE I'))).toEqual([]);
});

test('REST beyond the end of the file', STAGED, async (context) => {
  if (isMissing(context, vsftpd, proftpd, pureFtpd)) return;
  for (const server of [vsftpd, proftpd, pureFtpd]) {
    const resumes = (from: number) =>
      gets('file', Buffer.alloc(100), 'TYPE I', 'SIZE pub/file', `REST ${from}`, 'RETR pub/file');
    expect(inShort(await findingsOf(server, resumes(500))), server.name).toEqual([
      'error server client rest-out-of-range',
    ]);
    expect(inShort(await findingsOf(server, resumes(50))), server.name).toEqual([]);
  }
});

test('a server that forgets REST', STAGED, async (context) => {
  const wrong = oddServer('rest-lost');
  if (isMissing(context, wrong)) return;
  const resumes = gets('file', Buffer.alloc(100), 'TYPE I', 'SIZE pub/file', 'REST 50', 'RETR pub/file');
  await expectMended(
    { server: wrong },
    { server: oddServer('none') },
    resumes,
    'error server server rest-lost',
    /PASV or PORT first/,
  );
});

test('ProFTPD: uploads may not be resumed', STAGED, async (context) => {
  if (isMissing(context, proftpd)) return;
  const without = (server: Server) => ({
    ...server,
    files: (place: Parameters<Server['files']>[0]) =>
      Object.fromEntries(
        Object.entries(server.files(place)).map(([name, text]) => [
          name,
          text.replace('AllowStoreRestart on', 'AllowStoreRestart off'),
        ]),
      ),
  });
  const resumes = async (stage: Stage) => {
    await puts('pub/up', 100)(stage);
    await puts('pub/up', 100, 'REST 100')(stage);
  };
  await expectMended(
    { server: without(proftpd) },
    { server: proftpd },
    resumes,
    'error server server resume-not-permitted',
    /AllowStoreRestart on/,
  );
});

test('a file that is cut short, and confirmed', STAGED, async (context) => {
  const wrong = oddServer('short');
  if (isMissing(context, wrong)) return;
  const reads = gets('file', Buffer.alloc(100), 'TYPE I', 'RETR pub/file');
  expect(inShort(await findingsOf(wrong, reads))).toContain('error server server size-mismatch');
  expect(await findingsOf(oddServer('none'), reads)).toEqual([]);
});
