// Listeners and servers that are named by more than one address: `::` for both families, and host names.
import { describe, expect, test } from 'vitest';
import type { DataMode } from '../../src/demo/client-transfer.js';
import { connectTo, families, startServer } from '../demo/sample-session.js';
import { leavesNothingOpen, watchProxy } from './watched-proxy.js';

leavesNothingOpen();

const files = { '/f': Buffer.from('content') };
const users = { demo: { password: 'demo' } };

describe.skipIf(!families[1].available)('a proxy that listens on ::', () => {
  async function session(clientHost: string, serverHost: string) {
    const server = await startServer({ host: serverHost, files, users });
    const upstream = server.address;
    const { endpoint, all, idle } = await watchProxy({ server: upstream, listen: [{ address: '::', port: 0 }] });
    const client = await connectTo({ address: clientHost, port: endpoint.port });
    await client.login('demo', 'demo');
    return { client, server, all, idle };
  }

  const modes: readonly DataMode[] = ['passive', 'extended-passive', 'active', 'extended-active'];

  test.each(modes)('a client on IPv4, %s', async (mode) => {
    const { client, server, all, idle } = await session('127.0.0.1', '127.0.0.1');
    expect((await client.download('f', { mode })).bytes.toString()).toBe('content');
    expect((await client.upload('up', Buffer.from('sent'), { mode })).reply.code).toBe(226);
    expect(server.files.read('/up')).toEqual(Buffer.from('sent'));
    expect((await client.quit()).code).toBe(221);
    await idle();
    expect(all('violation')).toEqual([]);
  });

  test.each(modes.slice(1, 2))('a client on IPv6, %s', async (mode) => {
    const { client } = await session('::1', '127.0.0.1');
    expect((await client.download('f', { mode })).bytes.toString()).toBe('content');
    expect((await client.quit()).code).toBe(221);
  });
});

test.each(['passive', 'active'] as const)(
  'a server named localhost, that listens on one family only, %s',
  async (mode) => {
    const server = await startServer({ host: '127.0.0.1', files, users });
    const { endpoint, all } = await watchProxy({ server: { address: 'localhost', port: server.address.port } });
    const client = await connectTo({ address: '127.0.0.1', port: endpoint.port });
    await client.login('demo', 'demo');
    expect((await client.download('f', { mode })).bytes.toString()).toBe('content');
    expect((await client.quit()).code).toBe(221);
    expect(all('session-opened')[0]?.server).toEqual({ address: 'localhost', port: server.address.port });
    expect(all('server-connected')[0]?.remote.address).toBe('127.0.0.1');
  },
);
