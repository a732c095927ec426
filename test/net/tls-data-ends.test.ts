// How data connections in TLS end: with close_notify for both peers, or without, which is told and handed on.
import { describe, expect, test } from 'vitest';
import { Diagnosed } from '../../src/diagnosis/diagnosed.js';
import type { Peer } from '../support/scripted-server.js';
import type { ServerSession } from './ftps-server.js';
import { begunSession, onData } from './tls-data-session.js';
import { only } from './tls-ends.js';
import { type FtpsSetup, testCertificates } from './tls-session.js';
import { leavesNothingOpen, poll } from './watched-proxy.js';

leavesNothingOpen();

const certificates = testCertificates();
const CONTENT = 'content '.repeat(20_000);
const begun = (setup: FtpsSetup, protection?: 'C' | 'P', auth?: 'AUTH TLS' | 'none') =>
  begunSession(certificates, setup, protection, auth);

/** Closes without close_notify: the TCP connection ends, TLS says nothing. */
function cut(session: ServerSession, data: Peer, content: string): Promise<void> {
  return new Promise((resolve) => {
    const { tap } = session.data ?? expect.fail('no TLS on the data connection');
    data.socket.write(content, 'latin1', () => {
      tap.end();
      resolve();
    });
  });
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('the end of a download, %s', (version) => {
  const versions = () => ({ context: { ...certificates.forServer(), ...only(version) } });

  test.each([0, 1, 100_000])('of %d bytes: close_notify to both', async (size) => {
    const { client, server, all } = await begun({ server: versions(), client: only(version) });
    server.files.set('f', Buffer.alloc(size));
    const { reply, bytes, tls } = await client.download('f');
    expect([reply, bytes.length]).toEqual(['226 Sent', size]);
    expect(tls?.saidFarewell()).toBe(true);
    const { data } = await server.session();
    await poll(() => data?.saidFarewell() === true, "the server's data connection to be ended with close_notify");
    expect(all('violation')).toEqual([]);
  });

  test('without close_notify of the server: told, and the client hears none either', async () => {
    const server = onData('RETR', async (session, data) => {
      await cut(session, data, CONTENT);
      session.say('226 Sent');
    });
    const { client, seen } = await begun({ server: { ...versions(), ...server }, client: only(version) });
    const { reply, bytes, tls } = await client.download('f');
    expect(bytes.toString('latin1')).toBe(CONTENT);
    expect(tls?.saidFarewell()).toBe(false);
    expect(reply).toBe('226 Sent');
    expect(await seen('violation')).toMatchObject({
      side: 'server',
      code: 'possibly-truncated',
      detail: 'the server ended data connection 1 without close_notify: bytes may be missing',
    });
    expect(await seen('link-closed')).toMatchObject({ outcome: 'complete', bytes: CONTENT.length });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test.each([
    ['226 Sent', 'tls-no-close-notify'],
    ['426 Cut off', 'tls-truncated-data'],
  ])('without close_notify, then %s: diagnosed', async (final, id) => {
    const server = onData('RETR', async (session, data) => {
      await cut(session, data, CONTENT);
      session.say(final);
    });
    const { client, seen, observations } = await begun({ server: { ...versions(), ...server }, client: only(version) });
    expect((await client.download('f')).reply).toBe(final);
    await seen('link-closed');
    const diagnosed = new Diagnosed();
    const found = observations.flatMap((one) => diagnosed.of(one)).filter((one) => one.kind === 'finding');
    expect(found.filter(({ severity }) => severity !== 'note')).toMatchObject([{ diagnosis: id, leg: 'server' }]);
  });

  test('without close_notify, towards a plain client: told', async () => {
    const server = onData('RETR', async (session, data) => {
      await cut(session, data, CONTENT);
      session.say('226 Sent');
    });
    const setup = { server: { ...versions(), ...server }, tls: { server: 'require' } } as const;
    const { client, seen } = await begun(setup, 'C', 'none');
    expect(await client.download('f')).toMatchObject({ reply: '226 Sent', fate: 'ended' });
    expect(await seen('violation')).toMatchObject({ side: 'server', code: 'possibly-truncated' });
  });

  test('without close_notify, and read slowly: told all the same', async () => {
    const server = onData('RETR', async (session, data) => {
      await cut(session, data, CONTENT.repeat(40));
      session.say('226 Sent');
    });
    const { client, seen } = await begun({ server: { ...versions(), ...server }, client: only(version) });
    const { data } = await client.transfer('RETR f');
    data.socket.pause();
    setImmediate(() => data.socket.resume());
    expect(await data.over()).toBe('ended');
    expect(data.received).toHaveLength(CONTENT.length * 40);
    expect(await seen('violation')).toMatchObject({ code: 'possibly-truncated' });
  });

  test('with close_notify, and read slowly: nothing is told', async () => {
    const { client, server, all, seen } = await begun({ server: versions(), client: only(version) });
    server.files.set('f', Buffer.alloc(6_000_000));
    const { data, tls } = await client.transfer('RETR f');
    data.socket.pause();
    setImmediate(() => data.socket.resume());
    expect(await data.over()).toBe('ended');
    expect(data.received).toHaveLength(6_000_000);
    expect(tls?.saidFarewell()).toBe(true);
    await seen('link-closed');
    expect(all('violation')).toEqual([]);
  });
});

test.each([0, 10])('a server that is done with %d bytes before the client begins its handshake', async (size) => {
  const { client, server, seen, all } = await begun({});
  server.files.set('f', Buffer.alloc(size));
  const open = await client.announce('PASV');
  client.peer.say('RETR f\r\n');
  const data = await open();
  await seen('tls', ({ side, leg }) => side === 'server' && leg === 'data');
  expect(await client.peer.readReply()).toBe('150 Here');
  const tls = await client.encrypt(data);
  expect(await data.over()).toBe('ended');
  expect(data.received).toHaveLength(size);
  expect(tls.saidFarewell()).toBe(true);
  expect(await client.peer.readReply()).toBe('226 Sent');
  expect(all('violation')).toEqual([]);
});

describe('the end of an upload', () => {
  test.each([0, 1, 100_000])('of %d bytes: close_notify to both', async (size) => {
    const { client, server } = await begun({});
    const { data, tls } = await client.transfer('STOR f');
    data.socket.end(Buffer.alloc(size));
    expect(await client.peer.readReply()).toBe('226 Stored');
    expect(server.files.get('f')).toHaveLength(size);
    expect((await server.session()).data?.saidFarewell()).toBe(true);
    await data.over();
    expect(tls?.saidFarewell()).toBe(true);
  });

  test('without close_notify of the client: told, and the server hears none either', async () => {
    const { client, server, seen } = await begun({});
    const { data, tls } = await client.transfer('STOR f');
    data.socket.write(CONTENT, 'latin1', () => tls?.tap.end());
    expect(await client.peer.readReply()).toBe('226 Stored');
    expect(server.files.get('f')).toHaveLength(CONTENT.length);
    expect((await server.session()).data?.saidFarewell()).toBe(false);
    expect(await seen('violation')).toMatchObject({ side: 'client', code: 'possibly-truncated' });
  });
});

describe('session tickets of TLS 1.3, which a client that only sends may leave unread', () => {
  const fresh = async (command: string) => {
    const { client, server } = await begun({ client: only('TLSv1.3') });
    server.files.set('f', Buffer.from(CONTENT));
    client.newestSession = null;
    const { data, tls } = await client.transfer(command);
    const encrypted = tls ?? expect.fail('no TLS on the data connection');
    expect(encrypted.socket.isSessionReused()).toBe(false);
    return { client, server, data, tls: encrypted };
  };

  test('come with the end of an upload, not before', async () => {
    const { client, server, data, tls } = await fresh('STOR f');
    const received = tls.tap.bytes;
    data.socket.write(CONTENT);
    const session = await server.session();
    await poll(() => session.data?.tap.bytes !== undefined && session.data.tap.bytes > CONTENT.length, 'the upload');
    expect(tls.tap.bytes).toBe(received);
    expect(client.newestSession).toBeNull();
    data.socket.end();
    expect(await client.peer.readReply()).toBe('226 Stored');
    await data.over();
    expect(client.newestSession).not.toBeNull();
    expect(tls.saidFarewell()).toBe(true);
  });

  test('come along with a download', async () => {
    const { client, data } = await fresh('RETR f');
    await data.over();
    expect(data.received).toBe(CONTENT);
    expect(client.newestSession).not.toBeNull();
  });
});
