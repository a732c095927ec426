// The main job: what a client asks of a server goes through whole, in every way in which data connections are made.
import { describe, expect, test } from 'vitest';
import type { DataMode } from '../../src/demo/client-transfer.js';
import { contentBytes, patternContent } from '../../src/demo/file-content.js';
import type { SampleServer } from '../../src/demo/sample-server.js';
import { connectTo, families, startServer } from '../demo/sample-session.js';
import { leavesNothingOpen, openTcp, poll, type WatchedProxy, watchProxy } from './watched-proxy.js';

leavesNothingOpen();

const bytes = contentBytes(patternContent(3_000_000));
const files = { '/file.bin': bytes, '/empty': Buffer.alloc(0), '/dir/inner': Buffer.from('inner') };
const modes: readonly DataMode[] = ['passive', 'extended-passive', 'active', 'extended-active'];

async function throughProxy(host: string) {
  const server = await startServer({
    host,
    files,
    users: { demo: { password: 'sesame' }, anonymous: { password: null } },
  });
  const upstream = server.address;
  const watched = await watchProxy({ server: upstream, listen: [{ address: host, port: 0 }] });
  const client = await connectTo({ address: host, port: watched.endpoint.port });
  await client.login('demo', 'sesame');
  return { server, client, ...watched };
}

describe.each(families)('over $name', ({ host, available }) => {
  const usable = modes.filter((mode) => host === '127.0.0.1' || mode.startsWith('extended'));

  test.skipIf(!available).each(usable)('%s: the same bytes, both ways', async (mode) => {
    const { server, client, all, idle, proxy } = await throughProxy(host);

    const down = await client.download('file.bin', { mode });
    expect([down.preliminary?.code, down.reply.code, down.ended]).toEqual([150, 226, true]);
    expect(down.bytes.equals(bytes)).toBe(true);
    expect((await client.upload('copy.bin', bytes, { mode })).reply.code).toBe(226);
    expect(bytes.equals(kept(server, '/copy.bin'))).toBe(true);
    expect((await client.list('dir', { mode, verb: 'NLST' })).lines).toEqual(['dir/inner']);
    expect((await client.download('empty', { mode })).reply.code).toBe(226);
    expect((await client.upload('none', Buffer.alloc(0), { mode })).reply.code).toBe(226);
    expect(kept(server, '/none')).toHaveLength(0);
    expect((await client.download('file.bin', { mode, rest: 2_999_999 })).size).toBe(1);
    expect((await client.quit()).code).toBe(221);

    await idle();
    await poll(() => server.sessionCount === 0, 'the server to have no session');
    const links = all('link-closed');
    expect(links.map(({ verb, bytes: size, outcome }) => `${verb} ${size} ${outcome}`)).toEqual([
      'RETR 3000000 complete',
      'STOR 3000000 complete',
      'NLST 11 complete',
      'RETR 0 complete',
      'STOR 0 complete',
      'RETR 1 complete',
    ]);
    // What carries the bytes counts the first of them, and keeps none.
    expect(links.map(({ content }) => content?.examinedBytes ?? 0)).toEqual([4096, 4096, 11, 0, 0, 1]);
    expect(links[2]?.content?.listing).toMatchObject({ grammar: 'names', entries: 1 });
    expect(new Set(links.flatMap((link) => [link.client.mode, link.server.mode]))).toEqual(
      new Set([mode.endsWith('passive') ? 'passive' : 'active']),
    );
    expect(links.every((link) => link.client.remote?.address === host && link.server.remote?.address === host)).toBe(
      true,
    );
    expect(all('session-closed')[0]).toMatchObject({
      by: 'client',
      reason: 'QUIT',
      links: 6,
      bytesDown: 3_000_012,
      bytesUp: 3_000_000,
    });
    await Promise.all([proxy.close(), server.close()]);
    await poll(() => openTcp().length === 0, 'all sockets and listeners to be gone');
  });
});

test('what is observed tells the session as it went', async () => {
  const { client, all, observations } = await throughProxy('127.0.0.1');
  await client.download('dir/inner', { mode: 'passive' });
  await client.quit();
  expect(all('command').map(({ line }) => line)).toEqual(['USER demo', 'PASS ****', 'PASV', 'RETR dir/inner', 'QUIT']);
  expect(all('reply').map(({ code, answers }) => [code, answers])).toEqual([
    [220, null],
    [331, 1],
    [230, 2],
    [227, 3],
    [150, 4],
    [226, 4],
    [221, 5],
  ]);
  expect(all('rewrite')).toHaveLength(1);
  expect(JSON.stringify(observations)).not.toContain('sesame');
});

test('a transfer that is refused leaves the data port for the next', async () => {
  const { client, all, seen } = await throughProxy('127.0.0.1');
  expect((await client.command('PASV')).code).toBe(227);
  expect((await client.command('RETR nowhere')).code).toBe(550);
  expect((await client.list('dir', { mode: 'passive', verb: 'NLST' })).reply.code).toBe(226);
  await client.quit();
  await seen('session-closed');
  expect(all('link-closed').map(({ outcome }) => outcome)).toEqual(['refused', 'complete']);
});

test('clients are told apart: two at once, each with its own files', async () => {
  const first = await throughProxy('127.0.0.1');
  const second = await connectTo({ address: '127.0.0.1', port: first.endpoint.port });
  await second.login('anonymous', 'anna@example.com');
  const [one, other] = await Promise.all([
    first.client.download('file.bin', { mode: 'passive' }),
    second.download('dir/inner', { mode: 'active' }),
  ]);
  expect(one.bytes.equals(bytes)).toBe(true);
  expect(other.bytes.toString()).toBe('inner');
  expect(transfersOf(first)).toEqual(new Set(['1 RETR file.bin', '2 RETR dir/inner']));
});

function transfersOf({ all }: WatchedProxy): Set<string> {
  return new Set(all('link-closed').map(({ session, verb, path }) => `${session} ${verb} ${path}`));
}

function kept(server: SampleServer, path: string): Buffer {
  const content = server.files.read(path);
  return Buffer.isBuffer(content) ? content : expect.fail(`${path} was not kept`);
}
