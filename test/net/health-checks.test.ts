// Health checks of load balancers (PROXY LOCAL and UNKNOWN): answered by the proxy, and nothing is opened for them.
import { connect as connectTls } from 'node:tls';
import { expect, test } from 'vitest';
import { LeafCertificates } from '../../src/net/tls/leaf-certificates.js';
import { connectPeer } from '../support/scripted-server.js';
import { ownAuthority } from './tls/own-authority.js';
import { leavesNothingOpen, poll, scriptedSession } from './watched-proxy.js';

leavesNothingOpen();
const authority = ownAuthority();

const LOCAL = Buffer.from('\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00', 'latin1');
const UNKNOWN = Buffer.from('PROXY UNKNOWN\r\n', 'latin1');
const ACCEPTING = { acceptProxyProtocolFrom: ['127.0.0.1'] };

test.each([
  ['v2 LOCAL', LOCAL],
  ['v1 UNKNOWN', UNKNOWN],
])('%s is answered here, and no session opens', async (_name, header) => {
  const { client, proxy, server, observations } = await scriptedSession({}, ACCEPTING);
  client.say(header);
  expect(await client.readReply()).toBe('220 ftpscope is ready');
  expect(await client.ask('NOOP')).toBe('502 This is a health check: only QUIT is answered');
  expect(await client.ask('QUIT')).toBe('221 Goodbye');
  expect(await client.over()).toBe('ended');
  expect([proxy.healthChecks, proxy.sessionCount]).toEqual([1, 0]);
  expect([observations, server.lines]).toEqual([[], []]);
});

test('one that only connects is let go when it closes, and when the proxy does', async () => {
  const { client, proxy, endpoint } = await scriptedSession({}, { ...ACCEPTING, maxSessions: 1 });
  client.say(LOCAL);
  expect(await client.readReply()).toBe('220 ftpscope is ready');
  client.socket.end();
  expect(await client.over()).toBe('ended');
  const next = await connectPeer(endpoint);
  next.say(UNKNOWN);
  expect(await next.readReply()).toBe('220 ftpscope is ready');
  await proxy.close();
  expect(await next.over()).not.toBe('open');
});

test('one that never says QUIT is ended in time', async () => {
  const { client } = await scriptedSession({}, { ...ACCEPTING, connectTimeoutMs: 150 });
  client.say(LOCAL);
  expect(await client.readReply()).toBe('220 ftpscope is ready');
  expect(await client.over()).toBe('ended');
});

test('with implicit TLS the answer is encrypted', async () => {
  const leaves = new LeafCertificates(authority().authority);
  const { client, proxy } = await scriptedSession(
    {},
    {
      listen: [{ address: '127.0.0.1', port: 0, implicitTls: true }],
      tls: { server: 'off', certificatesFor: async (names) => [await leaves.issue({ names })] },
      ...ACCEPTING,
    },
  );
  client.socket.removeAllListeners('data');
  client.say(LOCAL);
  const secure = connectTls({ socket: client.socket, rejectUnauthorized: false });
  const greeting = await new Promise((resolve) => secure.once('data', (bytes) => resolve(String(bytes))));
  expect(greeting).toBe('220 ftpscope is ready\r\n');
  secure.destroy();
  await poll(() => proxy.healthChecks === 1, 'the count');
});
