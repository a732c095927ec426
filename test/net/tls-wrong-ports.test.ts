// TLS on a port for plain FTP, and plain FTP on a port for TLS, from clients and from servers: named at once.
import { connect } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectPeer, startScriptedServer } from '../support/scripted-server.js';
import { ftpsSession, LOOPBACK, proxyTls, testCertificates } from './tls-session.js';
import { leavesNothingOpen, watchProxy } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();

describe('a client', () => {
  test('that speaks TLS on a plain port', async () => {
    const { client, seen, idle } = await ftpsSession(certificates);
    const socket = connect({ ...client.peer.socket, host: LOOPBACK, port: client.peer.socket.remotePort ?? 0 });
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve) => socket.once('error', resolve));
    expect(await seen('violation')).toMatchObject({ side: 'client', code: 'not-ftp', session: 2 });
    expect((await seen('session-closed')).reason).toMatch(/TLS/);
    client.peer.socket.end();
    await idle();
  });

  test('that speaks plain FTP on an implicit port', async () => {
    const { client, seen, idle } = await ftpsSession(certificates, { implicit: true, server: { implicit: true } });
    client.peer.say('USER anna\r\n');
    expect(await client.peer.readReply()).toMatch(/^421 This port is for implicit FTPS .*does not speak TLS here/);
    expect(await client.peer.over()).toBe('ended');
    const { failure } = await seen('tls', ({ side }) => side === 'client');
    expect(failure).toBe('the peer does not speak TLS here (plain FTP?)');
    await idle();
  });

  test('that waits for a greeting on an implicit port, and has its time', async () => {
    const setup = { implicit: true, server: { implicit: true }, proxy: { connectTimeoutMs: 200 } };
    const { client, seen, idle } = await ftpsSession(certificates, setup);
    expect(await client.peer.readReply()).toMatch(/^421 This port is for implicit FTPS .*never began the handshake/);
    expect(await client.peer.over()).toBe('ended');
    expect(await seen('tls', ({ side }) => side === 'client')).toMatchObject({
      failure: 'the peer never began the handshake (plain FTP?)',
    });
    await idle();
  });

  test('that goes away without one', async () => {
    const { client, seen, idle } = await ftpsSession(certificates, { implicit: true, server: { implicit: true } });
    client.peer.socket.end();
    expect(await seen('tls', ({ side }) => side === 'client')).toMatchObject({
      failure: 'the peer closed the connection and never began the handshake (plain FTP?)',
    });
    await idle();
  });
});

describe('a server', () => {
  test('that speaks plain FTP where implicit TLS is expected', async () => {
    const server = await startScriptedServer();
    const upstream = { ...server.endpoint, implicitTls: true };
    const { endpoint, seen, idle } = await watchProxy({ server: upstream, tls: proxyTls(certificates) });
    const client = await connectPeer(endpoint);
    expect(await client.readReply()).toMatch(
      /^421 Cannot secure the connection to the server \S+: the peer does not speak TLS here \(plain FTP\?\): 220 .+$/,
    );
    expect(await client.over()).toBe('ended');
    expect(await seen('tls')).toMatchObject({ side: 'server', failure: expect.stringContaining('plain FTP?') });
    await idle();
  });

  test('that waits for TLS where plain FTP is expected', async () => {
    const server = await startScriptedServer({ greeting: null });
    const { endpoint, idle } = await watchProxy({
      server: server.endpoint,
      connectTimeoutMs: 200,
      tls: proxyTls(certificates),
    });
    const client = await connectPeer(endpoint);
    expect(await client.readReply()).toMatch(/^421 .* is silent: .*implicit FTPS waits for TLS in silence/);
    await idle();
  });
});

describe('a client of implicit FTPS hears in TLS why there is no session', () => {
  test('the server cannot be reached', async () => {
    const gone = await startScriptedServer({ greeting: null });
    const { client, idle } = await ftpsSession(certificates, {
      implicit: true,
      proxy: { server: { address: LOOPBACK, port: 1 } },
    });
    expect(gone.lines).toEqual([]);
    await client.secure();
    expect(await client.peer.readReply()).toBe(`421 Cannot reach the server ${LOOPBACK}:1: connection refused`);
    expect(await client.peer.over()).toBe('ended');
    expect(client.control?.saidFarewell()).toBe(true);
    await idle();
  });

  test("the server's certificate is not trusted", async () => {
    const setup = { implicit: true, server: { implicit: true }, tls: { serverName: 'other.example.com' } };
    const { client, idle } = await ftpsSession(certificates, setup);
    await client.secure();
    expect(await client.peer.readReply()).toMatch(/^421 .*certificate is for another name than other\.example\.com$/);
    await idle();
  });
});
