import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { DataMode } from '../../src/demo/client-transfer.js';
import { contentBytes, contentSha256, patternContent } from '../../src/demo/file-content.js';
import { announceData, families, openSession } from './sample-session.js';

const bytes = contentBytes(patternContent(700_000));
const files = { '/file.bin': bytes, '/empty': Buffer.alloc(0), '/dir/inner': Buffer.from('inner') };
const modes: readonly DataMode[] = ['passive', 'extended-passive', 'active', 'extended-active'];

describe.each(families)('over $name', ({ host, available }) => {
  const usable = modes.filter((mode) => host === '127.0.0.1' || mode.startsWith('extended'));

  test.skipIf(!available).each(usable)('%s: down, up, list, and nothing at all', async (mode) => {
    const { server, client } = await openSession({ host, files });

    const down = await client.download('file.bin', { mode });
    expect(down.preliminary?.lines).toEqual(['150 Opening data connection for file.bin (700000 bytes).']);
    expect(down.reply.lines).toEqual(['226 Transfer complete.']);
    expect([down.bytes.equals(bytes), down.size, down.ended]).toEqual([true, 700_000, true]);

    const up = await client.upload('copy.bin', bytes, { mode });
    expect([up.preliminary?.code, up.reply.code, up.size, up.ended]).toEqual([150, 226, 700_000, true]);
    expect(contentSha256(server.files.read('/copy.bin') ?? Buffer.alloc(0))).toBe(contentSha256(bytes));

    const list = await client.list('dir', { mode, verb: 'NLST' });
    expect([list.preliminary?.code, list.reply.code, list.lines]).toEqual([150, 226, ['dir/inner']]);

    const empty = await client.download('empty', { mode });
    expect([empty.reply.code, empty.size, empty.ended]).toEqual([226, 0, true]);
    expect((await client.upload('none', Buffer.alloc(0), { mode })).reply.code).toBe(226);
    expect(server.files.read('/none')).toEqual(Buffer.alloc(0));
  });
});

test('PASV cannot name an IPv6 address, and the wrong protocol is said to be wrong', async ({ skip }) => {
  const ipv6 = families[1];
  skip(!ipv6.available, ipv6.name);
  const { client } = await openSession({ host: ipv6.host });
  expect((await client.command('PASV')).lines).toEqual(['425 PASV cannot name an IPv6 address; use EPSV.']);
  expect((await client.command('EPSV 1')).lines).toEqual(['522 Network protocol not supported, use (2)']);
  expect((await client.command('EPRT |1|127.0.0.1|50000|')).code).toBe(522);
  expect((await client.command('EPSV 2')).code).toBe(229);
});

describe('listings', () => {
  const nowMs = (): number => Date.UTC(2026, 0, 31, 12, 34, 56);

  test('LIST shows a directory or a file, whatever ls options a client adds', async () => {
    const { client } = await openSession({ files, nowMs });
    const inner = '-rw-r--r--   1 ftp      ftp                 5 Jan 31 12:34 inner';
    for (const path of ['dir', '-a dir', '-la dir', '-l -a /dir/', 'dir/inner']) {
      expect((await client.list(path, { mode: 'passive' })).lines, path).toEqual([inner]);
    }
    expect((await client.list('-la', { mode: 'passive' })).lines).toHaveLength(3);
    expect((await client.list('nowhere', { mode: 'passive' })).reply.lines).toEqual([
      '550 nowhere: no such file or directory.',
    ]);
  });

  test('NLST gives names that RETR takes back', async () => {
    const { client } = await openSession({ files });
    const names = async (path: string): Promise<readonly string[]> =>
      (await client.list(path, { mode: 'passive', verb: 'NLST' })).lines;
    expect(await names('')).toEqual(['dir', 'empty', 'file.bin']);
    expect(await names('/dir/')).toEqual(['/dir/inner']);
    expect(await names('dir/inner')).toEqual(['dir/inner']);
  });

  test('MLSD gives facts, and only of directories', async () => {
    const { client } = await openSession({ files, nowMs });
    const { lines } = await client.list('dir', { mode: 'passive', verb: 'MLSD' });
    expect(lines).toEqual([
      'type=cdir;modify=20260131123456;perm=cdeflmp; /dir',
      'type=file;size=5;modify=20260131123456;perm=adfrw; inner',
    ]);
    const refused = await client.list('dir/inner', { mode: 'passive', verb: 'MLSD' });
    expect(refused.reply.lines).toEqual(['501 dir/inner: not a directory.']);
  });
});

describe('restarts', () => {
  test('a download goes on where REST says, even at the very end', async () => {
    const { client } = await openSession({ files });
    const tail = await client.download('file.bin', { mode: 'passive', rest: 699_000 });
    expect(tail.bytes.equals(bytes.subarray(699_000))).toBe(true);
    expect((await client.download('file.bin', { mode: 'passive', rest: 700_000 })).size).toBe(0);
  });

  test('past the end is refused', async () => {
    const { client } = await openSession({ files });
    const down = await client.download('file.bin', { mode: 'passive', rest: 700_001 });
    expect(down.reply.lines).toEqual(['554 REST 700001 is past the end of the file (700000 bytes).']);
    const up = await client.upload('empty', bytes, { mode: 'passive', rest: 1 });
    expect(up.reply.code).toBe(554);
  });

  test('an upload writes over the old bytes from there on', async () => {
    const { server, client } = await openSession({ files: { '/a': Buffer.from('abcdef') } });
    expect((await client.upload('a', Buffer.from('XY'), { mode: 'passive', rest: 2 })).reply.code).toBe(226);
    expect(server.files.read('/a')).toEqual(Buffer.from('abXYef'));
  });

  test('REST counts for one transfer only, even a refused one', async () => {
    const { client } = await openSession({ files });
    await client.command('REST 5');
    expect((await client.command('RETR nowhere')).code).toBe(550);
    expect((await client.download('file.bin', { mode: 'passive' })).size).toBe(700_000);
  });
});

describe('uploads', () => {
  test('APPE adds to the end, or makes the file', async () => {
    const { server, client } = await openSession({ files: {} });
    for (const piece of ['one ', 'two']) {
      expect((await client.upload('a', Buffer.from(piece), { mode: 'passive', verb: 'APPE' })).reply.code).toBe(226);
    }
    expect(server.files.read('/a')).toEqual(Buffer.from('one two'));
  });

  test('STOU finds a free name and tells it', async () => {
    const { server, client } = await openSession({ files: { '/a': bytes } });
    const names: (string | undefined)[] = [];
    for (const path of ['a', 'a', '']) {
      const { preliminary } = await client.upload(path, Buffer.from(path), { mode: 'passive', verb: 'STOU' });
      names.push(preliminary?.lines[0]);
    }
    expect(names).toEqual(['150 FILE: /a.1', '150 FILE: /a.2', '150 FILE: /upload']);
    expect(server.files.read('/a')).toBe(bytes);
    expect(server.files.read('/a.2')).toEqual(Buffer.from('a'));
  });

  test('a name that cannot be written is refused before any byte', async () => {
    const { client } = await openSession({ files });
    const upload = async (path: string): Promise<unknown> =>
      (await client.upload(path, bytes, { mode: 'passive' })).reply.lines;
    expect(await upload('dir')).toEqual(['553 /dir: is a directory.']);
    expect(await upload('nowhere/a')).toEqual(['553 /nowhere/a: no such directory.']);
  });

  test('a big one is counted and hashed, not kept; it can be listed but not read or changed', async () => {
    const { server, client } = await openSession({ files: {}, maxKeptUploadBytes: 100_000 });
    expect((await client.upload('big', bytes, { mode: 'passive' })).reply.code).toBe(226);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(server.files.read('/big')).toEqual({ size: 700_000, sha256 });
    expect((await client.command('SIZE big')).lines).toEqual(['213 700000']);
    expect((await client.download('big', { mode: 'passive' })).reply.code).toBe(550);
    expect((await client.upload('big', bytes, { mode: 'passive', verb: 'APPE' })).reply.code).toBe(550);
    expect((await client.upload('big', bytes, { mode: 'passive', rest: 10 })).reply.code).toBe(550);
  });
});

test('a big file made on demand arrives whole, without being held', async () => {
  const big = patternContent(300 * 1024 * 1024);
  const { client } = await openSession({ files: { '/big': big } });
  const hash = createHash('sha256');
  const { reply, size } = await client.download('big', {
    mode: 'extended-passive',
    sink: (chunk) => hash.update(chunk),
  });
  expect([reply.code, size]).toEqual([226, big.size]);
  expect(hash.digest('hex')).toBe(contentSha256(big));
});

test('a big upload arrives whole', async () => {
  const piece = contentBytes(patternContent(1024 * 1024));
  const { server, client } = await openSession({ files: {} });
  const hash = createHash('sha256');
  function* pieces(): Generator<Buffer> {
    for (let count = 0; count < 100; count++) {
      hash.update(piece);
      yield piece;
    }
  }
  expect((await client.upload('big', pieces(), { mode: 'extended-passive' })).reply.code).toBe(226);
  expect(server.files.read('/big')).toEqual({ size: 100 * piece.length, sha256: hash.digest('hex') });
});

test('a reader that stands still stops the server from making bytes', async () => {
  let made = 0;
  const endless = patternContent(2 ** 40);
  const fill = (target: Buffer, offset: number): void => {
    made = offset + target.length;
    endless.fill(target, offset);
  };
  const { client } = await openSession({ files: { '/endless': { size: endless.size, fill } } });
  const data = await announceData(client, 'passive');
  const socket = await data.connection();
  expect((await client.command('RETR endless')).code).toBe(150);

  // The reader never reads. STAT, answered in mid-transfer, says how far the server is: it comes to rest.
  const progress = async (): Promise<string> => (await client.command('STAT')).lines.at(-2) ?? '';
  let before = '';
  for (let now = await progress(), same = 0; same < 100; now = await progress()) {
    same = now === before ? same + 1 : 0;
    before = now;
  }
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(64 * 1024 * 1024);
  // Node reads ahead what its own buffer holds.
  expect(socket.bytesRead).toBeLessThanOrEqual(64 * 1024);
  expect((await client.abort()).map((reply) => reply.code)).toEqual([426, 226]);
});

test('a file that cannot be made costs a 451, not the server', async () => {
  const fill = (): void => {
    throw new Error('disk on fire');
  };
  const { client } = await openSession({ files: { '/bad': { size: 10, fill } } });
  const { reply } = await client.download('bad', { mode: 'passive' });
  expect(reply.lines).toEqual(['451 Local error: disk on fire']);
  expect((await client.command('NOOP')).code).toBe(200);
});
