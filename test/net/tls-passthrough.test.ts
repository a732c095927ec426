// Passthrough: client and server negotiate with each other, the proxy relays what it cannot see, and says so.
import { describe, expect, test } from 'vitest';
import { ftpsSession, testCertificates } from './tls-session.js';
import { leavesNothingOpen } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();
const PASSTHROUGH = { tls: { passthrough: true } } as const;

describe('explicit FTPS', () => {
  test('goes through to the end, unseen from the 234 on', async () => {
    const { client, server, observations, all, idle } = await ftpsSession(certificates, PASSTHROUGH);
    server.files.set('f', Buffer.from('content'));
    await client.begin();
    const own = client.control?.socket.getPeerX509Certificate()?.fingerprint256;
    expect(own).toBe((await server.session()).control?.socket.getX509Certificate()?.fingerprint256);
    // The address in the 227 is the server's own: the client goes there without us.
    expect((await client.download('f')).bytes.toString()).toBe('content');
    expect(await client.ask('QUIT')).toBe('221 Bye');
    await idle();
    expect(all('command').map(({ line }) => line)).toEqual(['AUTH TLS']);
    expect(all('reply').map(({ code, by }) => [code, by])).toEqual([
      [220, 'server'],
      [234, 'server'],
    ]);
    expect(all('violation')).toMatchObject([{ code: 'encrypted-passthrough', action: 'relayed unseen' }]);
    expect(all('tls')).toEqual([]);
    expect(all('link-opened')).toEqual([]);
    expect(JSON.stringify(observations)).not.toContain('sesame');
  });

  test('a server that declines: the session stays seen', async () => {
    const { client, all } = await ftpsSession(certificates, { ...PASSTHROUGH, plainServer: true });
    await client.peer.readReply();
    expect(await client.ask('AUTH TLS')).toBe('502 No TLS here');
    expect(await client.ask('USER anna')).toBe('331 Password, please');
    expect(all('command').map(({ line }) => line)).toEqual(['AUTH TLS', 'USER anna']);
  });

  test('a proxy that shuts down says nothing in the clear in between', async () => {
    const { client, proxy } = await ftpsSession(certificates, PASSTHROUGH);
    await client.begin();
    const tap = client.control?.tap ?? expect.fail('no TLS');
    const before = tap.bytes;
    await proxy.close();
    expect(await client.peer.over()).not.toBe('open');
    expect(tap.bytes).toBe(before);
  });
});

test('implicit FTPS on both legs goes through, labelled', async () => {
  const { client, server, all, idle } = await ftpsSession(certificates, {
    ...PASSTHROUGH,
    implicit: true,
    server: { implicit: true },
  });
  server.files.set('f', Buffer.from('content'));
  await client.begin('P', 'implicit');
  const own = client.control?.socket.getPeerX509Certificate()?.fingerprint256;
  expect(own).toBe((await server.session()).control?.socket.getX509Certificate()?.fingerprint256);
  expect((await client.download('f')).bytes.toString()).toBe('content');
  expect(await client.ask('QUIT')).toBe('221 Bye');
  await idle();
  expect(all('violation')).toMatchObject([{ code: 'encrypted-passthrough' }]);
  expect(all('command')).toEqual([]);
});
