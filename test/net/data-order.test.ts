// Servers differ in what comes first: the data connection, the 150, the data, its end, the 226. The client gets the order of
// RFC 959, every byte, and never a success that was none.
import { describe, expect, test } from 'vitest';
import { connectPeer, listenForPeers, type Peer, type Script } from '../support/scripted-server.js';
import { endpointOf227, greetedSession, leavesNothingOpen, meanwhile, poll } from './watched-proxy.js';

leavesNothingOpen();

const CONTENT = 'content '.repeat(20_000);

/** A session in which PASV was asked and answered, and the client's data leg stands. */
async function passiveSession(answers: Script['answers'] = {}, options: { readonly dataTimeoutMs?: number } = {}) {
  const listener = await listenForPeers();
  const PASV = `227 Entering Passive Mode (${listener.hostPort}).`;
  const session = await greetedSession({ answers: { PASV, ...answers } }, options);
  const control = await session.server.accept();
  const given = endpointOf227(await session.client.ask('PASV'));
  expect(given.port).not.toBe(listener.endpoint.port);
  const data = await connectPeer(given);
  return { ...session, listener, control, data };
}

const silent = () => {};

function deliver(peer: Peer, content = CONTENT): void {
  peer.say(content);
  peer.socket.end();
}

describe('downloads', () => {
  test('226 before the data was read: it waits for the last byte', async () => {
    const { client, listener, control, data, seen } = await passiveSession({ RETR: '150 Here' });
    data.socket.pause();
    expect(await client.ask('RETR f')).toBe('150 Here');
    deliver(await listener.accept());
    control.say('226 Done\r\n');
    await seen('reply', ({ code }) => code === 226);
    data.socket.resume();
    expect(await data.over()).toBe('ended');
    expect(data.received).toBe(CONTENT);
    expect(await client.readReply()).toBe('226 Done');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'complete', bytes: CONTENT.length });
  });

  test('a 226 that comes while the server still sends does not go by the data', async () => {
    const { client, listener, control, data, seen, endpoint } = await passiveSession({ RETR: '150 Here' });
    await client.ask('RETR f');
    const leg = await listener.accept();
    control.say('226 Done\r\n');
    await seen('reply', ({ code }) => code === 226);
    await meanwhile(endpoint);
    expect(client.received).not.toContain('226');
    deliver(leg);
    await data.over();
    expect(await client.readReply()).toBe('226 Done');
    expect(data.received).toBe(CONTENT);
  });

  test('150 and 226 after the data and its end', async () => {
    const { client, listener, control, data, seen } = await passiveSession({ RETR: silent });
    client.say('RETR f\r\n');
    deliver(await listener.accept());
    expect(data.received).toBe('');
    control.say('150 Here\r\n226 Done\r\n');
    expect(await client.readReply()).toBe('150 Here');
    expect(await data.over()).toBe('ended');
    expect(data.received).toBe(CONTENT);
    expect(await client.readReply()).toBe('226 Done');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'complete', bytes: CONTENT.length });
  });

  test('data before 150: held until the client was told', async () => {
    const { client, listener, control, data, endpoint } = await passiveSession({ RETR: silent });
    client.say('RETR f\r\n');
    const leg = await listener.accept();
    leg.say('early ');
    // A whole other session goes by meanwhile.
    const other = await connectPeer(endpoint);
    await other.readReply();
    expect(await other.ask('QUIT')).toBe('221 Bye');
    expect(data.received).toBe('');
    control.say('150 Here\r\n');
    await data.readBytes(6);
    leg.say('late');
    leg.socket.end();
    await data.over();
    expect(data.received).toBe('early late');
    control.say('226 Done\r\n');
    await poll(() => client.received.endsWith('226 Done\r\n'), '226');
  });

  test('226 and no 150 at all', async () => {
    const { client, listener, control, data, seen } = await passiveSession({ LIST: silent });
    client.say('LIST\r\n');
    const leg = await listener.accept();
    control.say('226 Done\r\n');
    deliver(leg);
    await data.over();
    expect(data.received).toBe(CONTENT);
    expect(await client.readReply()).toBe('226 Done');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'complete' });
  });

  test('226, and the client never comes for the data', async () => {
    const listener = await listenForPeers();
    const answers = { PASV: `227 (${listener.hostPort})`, LIST: '226 Nothing here' };
    const { client, seen } = await greetedSession({ answers }, { dataTimeoutMs: 300 });
    await client.ask('PASV');
    expect(await client.ask('LIST')).toMatch(/^42[56] /);
    expect((await seen('link-closed')).outcome).toBe('failed');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('a fast 550, its port closed already', async () => {
    const { client, listener, seen, data, server } = await passiveSession({
      RETR: (peer) => {
        listener.close();
        peer.say('550 No such file\r\n');
      },
    });
    listener.close();
    expect(await client.ask('RETR nope')).toBe('550 No such file');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    expect(server.lines).toEqual(['PASV', 'RETR nope', 'NOOP']);
    client.say('QUIT\r\n');
    expect(await seen('link-closed')).toMatchObject({ bytes: 0 });
    expect(await data.over()).not.toBe('open');
  });

  test('425 from a server that cannot connect', async () => {
    const { client, data, seen } = await passiveSession({ RETR: '425 Cannot open data connection' });
    expect(await client.ask('RETR f')).toBe('425 Cannot open data connection');
    expect(await client.ask('QUIT')).toBe('221 Bye');
    expect(await data.over()).not.toBe('open');
    expect((await seen('link-closed')).outcome).toBe('refused');
  });
});

describe('a server that goes in the middle', () => {
  test('closes both connections: what came is delivered, and no success', async () => {
    const { client, listener, control, data, seen } = await passiveSession({ RETR: '150 Here' });
    await client.ask('RETR f');
    const leg = await listener.accept();
    leg.say(CONTENT);
    await data.readBytes(CONTENT.length);
    control.socket.end();
    leg.socket.end();
    expect(await client.readReply()).toMatch(/^(426|451) /);
    expect(await data.over()).not.toBe('open');
    expect(data.received).toBe(CONTENT);
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', bytes: CONTENT.length });
    expect(await client.over()).toBe('ended');
    expect(client.received).not.toContain('226');
  });

  test('resets both connections', async () => {
    const { client, listener, control, data, seen } = await passiveSession({ RETR: '150 Here' });
    await client.ask('RETR f');
    const leg = await listener.accept();
    leg.say(CONTENT);
    await data.readBytes(CONTENT.length);
    leg.reset();
    control.reset();
    expect(await client.readReply()).toMatch(/^(426|451) /);
    expect(await data.over()).not.toBe('open');
    expect(data.received).toBe(CONTENT);
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', bytes: CONTENT.length });
    expect(client.received).not.toContain('226');
  });

  test('resets its data leg and claims success', async () => {
    const { client, listener, control, data, seen } = await passiveSession({ RETR: '150 Here' });
    await client.ask('RETR f');
    const leg = await listener.accept();
    leg.say('half');
    await data.readBytes(4);
    leg.reset();
    control.say('226 Done\r\n');
    expect(await client.readReply()).toMatch(/^426 .*server.*reset/);
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', bytes: 4 });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('resets its data leg and says 426 itself', async () => {
    const { client, listener, control, data, all, seen } = await passiveSession({ RETR: '150 Here' });
    await client.ask('RETR f');
    const leg = await listener.accept();
    leg.say('half');
    await data.readBytes(4);
    leg.reset();
    control.say('426 Oh no\r\n');
    expect(await client.readReply()).toBe('426 Oh no');
    expect(await seen('link-closed')).toMatchObject({ failure: 'reset', server: { ended: 'reset' } });
    expect(await data.over()).not.toBe('open');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    expect(all('reply').every(({ by }) => by === 'server')).toBe(true);
  });

  test('resets its data leg in an upload and claims success', async () => {
    const { client, listener, control, data } = await passiveSession({ STOR: '150 Send' });
    await client.ask('STOR f');
    const leg = await listener.accept();
    data.say('half');
    await leg.readBytes(4);
    leg.reset();
    expect(await data.over()).not.toBe('open');
    control.say('226 Done\r\n');
    expect(await client.readReply()).toMatch(/^426 /);
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('vanishes before the transfer was answered', async () => {
    const { client, control, data, server, seen } = await passiveSession({ RETR: silent });
    client.say('RETR f\r\n');
    await server.got('RETR f');
    control.reset();
    expect(await client.readReply()).toMatch(/^4(21|26|51) /);
    expect(await client.over()).toBe('ended');
    expect(await data.over()).not.toBe('open');
    expect((await seen('link-closed')).outcome).toBe('failed');
  });
});

describe('uploads', () => {
  test('the reply comes after the last byte, its end was passed on', async () => {
    const { client, listener, control, data, seen } = await passiveSession({ STOR: '150 Send' });
    expect(await client.ask('STOR f')).toBe('150 Send');
    deliver(data);
    const leg = await listener.accept();
    expect(await leg.over()).toBe('ended');
    expect(leg.received).toBe(CONTENT);
    control.say('226 Stored\r\n');
    expect(await client.readReply()).toBe('226 Stored');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'complete', bytes: CONTENT.length });
  });

  test('a server that stops in the middle with 452 is heard', async () => {
    const { client, listener, control, data, seen } = await passiveSession({ STOR: '150 Send' });
    await client.ask('STOR f');
    const leg = await listener.accept();
    data.say('half');
    await leg.readBytes(4);
    control.say('452 Disk full\r\n');
    expect(await client.readReply()).toBe('452 Disk full');
    expect(await data.over()).not.toBe('open');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', reason: '452 Disk full' });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });
});
