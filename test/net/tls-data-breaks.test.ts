// Data connections in TLS that break, and handshakes that never begin: no success is told, nothing looks whole.
import { describe, expect, test } from 'vitest';
import type { Peer } from '../support/scripted-server.js';
import type { ServerSession } from './ftps-server.js';
import { begunSession, onData } from './tls-data-session.js';
import { serveTls } from './tls-ends.js';
import { type FtpsSetup, testCertificates } from './tls-session.js';
import { leavesNothingOpen, poll } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();
const CONTENT = 'content '.repeat(20_000);
const begun = (setup: FtpsSetup, protection?: 'C' | 'P', auth?: 'AUTH TLS' | 'none') =>
  begunSession(certificates, setup, protection, auth);

test('a server that breaks its data connection before the client begins its handshake', async () => {
  const act = (_: ServerSession, data: Peer) => data.socket.write('half', () => data.reset());
  const { client, server, seen } = await begun({ server: onData('RETR', (...all) => void act(...all)) });
  const open = await client.announce('PASV');
  client.peer.say('RETR f\r\n');
  const data = await open();
  await seen('tls', ({ side, leg }) => side === 'server' && leg === 'data');
  expect(await client.peer.readReply()).toBe('150 Here');
  const tls = await client.encrypt(data).catch(() => null);
  (await server.session()).say('426 Broken');
  expect(await client.peer.readReply()).toBe('426 Broken');
  expect(await data.over()).not.toBe('open');
  expect(tls?.saidFarewell() ?? false).toBe(false);
  expect(await seen('link-closed')).toMatchObject({ outcome: 'failed' });
});

describe('a transfer that breaks', () => {
  test('the server resets its leg: the client gets 426, and no close_notify', async () => {
    const legs: Peer[] = [];
    const server = onData('RETR', (_, data) => {
      legs.push(data);
      data.say(CONTENT);
    });
    const { client, seen, server: upstream } = await begun({ server });
    const { data, tls } = await client.transfer('RETR f');
    await data.readBytes(CONTENT.length);
    for (const leg of legs) leg.reset();
    (await upstream.session()).say('226 Sent');
    expect(await data.over()).not.toBe('open');
    expect(tls?.saidFarewell()).toBe(false);
    expect(await client.peer.readReply()).toMatch(/^426 .*server.*reset/);
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed' });
  });

  test("a record of the server's is damaged: the same", async () => {
    const server = onData('RETR', (session, data) => {
      data.socket.write(CONTENT, 'latin1', () => session.data?.tap.write(Buffer.from('170303001fgarbage')));
    });
    const { client, server: upstream } = await begun({ server });
    const { data, tls } = await client.transfer('RETR f');
    (await upstream.session()).say('226 Sent');
    expect(await data.over()).not.toBe('open');
    expect(tls?.saidFarewell()).toBe(false);
    expect(await client.peer.readReply()).toMatch(/^426 .*data connection to the server: /);
  });

  test('the server writes plain text in the middle: that is said', async () => {
    const server = onData('RETR', (session, data) => {
      data.socket.write(CONTENT, 'latin1', () => session.data?.tap.write('500 OOPS: child died\r\n'));
    });
    const { client, server: upstream, seen } = await begun({ server });
    const { data } = await client.transfer('RETR f');
    (await upstream.session()).say('226 Sent');
    expect(await data.over()).not.toBe('open');
    expect((await seen('link-closed')).reason).toBe('data connection to the server: plain text inside TLS');
  });

  test('the server is lost, both its connections: no close_notify', async () => {
    const legs: Peer[] = [];
    const server = onData('RETR', (_, data) => {
      legs.push(data);
      data.say(CONTENT);
    });
    const { client, server: upstream } = await begun({ server });
    const { data, tls } = await client.transfer('RETR f');
    await data.readBytes(CONTENT.length);
    (await upstream.session()).peer.reset();
    for (const leg of legs) leg.reset();
    expect(await client.peer.readReply()).toMatch(/^426 /);
    expect(await data.over()).not.toBe('open');
    expect(tls?.saidFarewell()).toBe(false);
  });

  test('the client breaks an upload off: the server sees a reset, and no end', async () => {
    const { client, server } = await begun({});
    const { data } = await client.transfer('STOR f');
    data.say('half');
    const upstream = await server.session();
    await poll(() => upstream.data !== null, 'the data connection of the server');
    data.reset();
    expect(await client.peer.readReply()).toBe('426 Broken');
    expect(server.files.has('f')).toBe(false);
  });

  test('the client vanishes in the middle of an upload: the server sees a reset', async () => {
    const { client, server, idle } = await begun({});
    const { data } = await client.transfer('STOR f');
    data.say('half');
    client.peer.reset();
    data.reset();
    await idle();
    expect(server.files.has('f')).toBe(false);
  });
});

describe('a data handshake that never begins', () => {
  const quick = { proxy: { dataTimeoutMs: 300 } };

  test("the client's: 425 or 426, and the reason", async () => {
    const { client, server, seen } = await begun(quick);
    server.files.set('f', Buffer.from(CONTENT));
    const open = await client.announce('PASV');
    client.peer.say('RETR f\r\n');
    const data = await open();
    expect(await client.peer.readReply()).toBe('150 Here');
    expect(await client.peer.readReply()).toMatch(/^42[56] /);
    expect(await data.over()).not.toBe('open');
    const closed = await seen('link-closed');
    expect(closed).toMatchObject({ outcome: 'failed', bytes: 0 });
    expect(closed.reason).toMatch(/no TLS handshake on the data connection to the client within 0\.3 s/);
    expect(await seen('tls', ({ failure }) => failure !== null)).toMatchObject({
      side: 'client',
      leg: 'data',
      link: 1,
    });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test("the server's: 425 or 426, and the reason", async () => {
    const server = {
      acts: {
        RETR: async (session: ServerSession) => {
          session.say('150 Here');
          const data = await session.openPlain();
          await data.over();
          session.say('226 Sent');
        },
      },
    };
    const { client, seen } = await begun({ ...quick, server });
    const open = await client.announce('PASV');
    client.peer.say('RETR f\r\n');
    const data = await open();
    void client.encrypt(data).catch(() => {});
    expect(await client.peer.readReply()).toBe('150 Here');
    expect(await client.peer.readReply()).toMatch(
      /^42[56] .*no TLS handshake on the data connection to the server within/,
    );
    expect(await seen('tls', ({ failure }) => failure !== null)).toMatchObject({
      side: 'server',
      leg: 'data',
      link: 1,
    });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('a client that closes in its place', async () => {
    const { client, server, seen } = await begun({});
    const open = await client.announce('PASV');
    client.peer.say('STOR f\r\n');
    (await open()).socket.end();
    expect(await client.peer.readReply()).toBe('150 Send');
    expect(await client.peer.readReply()).toMatch(/^[45]/);
    expect((await seen('link-closed')).reason).toMatch(
      /client failed: the peer closed .* and never began the handshake/,
    );
    expect(server.files.has('f')).toBe(false);
  });

  test('a client that speaks in the clear where PROT P holds', async () => {
    const { client, server, seen } = await begun({});
    const open = await client.announce('PASV');
    client.peer.say('STOR f\r\n');
    const data = await open();
    data.say(CONTENT);
    expect(await client.peer.readReply()).toBe('150 Send');
    expect(await client.peer.readReply()).toMatch(/^[45]/);
    const { failure } = await seen('tls', (one) => one.failure !== null);
    expect(failure).toMatch(/does not speak TLS here/);
    expect(server.files.has('f')).toBe(false);
    expect((await seen('link-closed')).reason).toMatch(/TLS on the data connection to the client failed/);
  });

  test('a server that speaks in the clear where PROT P holds', async () => {
    const server = {
      acts: {
        RETR: async (session: ServerSession) => {
          session.say('150 Here');
          const data = await session.openPlain();
          data.say(CONTENT);
          await data.over();
          session.say('226 Sent');
        },
      },
    };
    const { client, seen } = await begun({ server });
    const open = await client.announce('PASV');
    client.peer.say('RETR f\r\n');
    void client.encrypt(await open()).catch(() => {});
    expect(await client.peer.readReply()).toBe('150 Here');
    expect(await client.peer.readReply()).toMatch(/^426 .*TLS on the data connection to the server failed/);
    expect(await seen('tls', ({ failure }) => failure !== null)).toMatchObject({ side: 'server', leg: 'data' });
  });

  test('a server whose data handshake comes before its 150, and one whose 150 comes first', async () => {
    const early = {
      RETR: async (session: ServerSession) => {
        const data = await session.openPlain();
        const tls = await serveTls(data, { ...certificates.forServer() });
        session.say('150 Here');
        tls.socket.end(CONTENT);
        await data.over();
        session.say('226 Sent');
      },
    };
    const { client } = await begun({ server: { acts: early } });
    const { reply, bytes } = await client.download('f');
    expect([reply, bytes.length]).toEqual(['226 Sent', CONTENT.length]);
  });
});
