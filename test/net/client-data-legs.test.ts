// What clients do with their data connections: come early, late, never, not alone, and vanish in the middle.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { ProxyOptions } from '../../src/net/proxy-options.js';
import { hasPython } from '../support/python.js';
import { connectPeer, listenForPeers, type Script } from '../support/scripted-server.js';
import { endpointOf227, greetedSession, leavesNothingOpen } from './watched-proxy.js';

leavesNothingOpen();

const silent = () => {};

async function afterPasv(answers: Script['answers'] = {}, options: Partial<ProxyOptions> = {}) {
  const listener = await listenForPeers();
  const session = await greetedSession(
    { answers: { PASV: `227 (${listener.hostPort})`, RETR: '150 Here', STOR: '150 Send', ...answers } },
    options,
  );
  const control = await session.server.accept();
  const port = endpointOf227(await session.client.ask('PASV'));
  return { ...session, listener, control, port };
}

/** A transfer that runs: both legs stand and a few bytes went through. */
async function running(verb: 'RETR' | 'STOR') {
  const session = await afterPasv();
  const data = await connectPeer(session.port);
  await session.client.ask(`${verb} f`);
  const leg = await session.listener.accept();
  const [from, to] = verb === 'RETR' ? [leg, data] : [data, leg];
  from.say('half');
  await to.readBytes(4);
  return { ...session, data, leg };
}

describe('the client connects', () => {
  test('before its transfer command: it gets its file', async () => {
    const { client, control, listener, port } = await afterPasv();
    const data = await connectPeer(port);
    const leg = await listener.accept();
    expect(await client.ask('RETR f')).toBe('150 Here');
    leg.say('content');
    leg.socket.end();
    control.say('226 Done\r\n');
    expect(await client.readReply()).toBe('226 Done');
    expect(await data.over()).toBe('ended');
    expect(data.received).toBe('content');
  });

  test('only after the 150, the data and the 226', async () => {
    const { client, control, listener, port, seen } = await afterPasv();
    expect(await client.ask('RETR f')).toBe('150 Here');
    const leg = await listener.accept();
    leg.say('content');
    leg.socket.end();
    control.say('226 Done\r\n');
    await seen('reply', ({ code }) => code === 226);
    const data = await connectPeer(port);
    expect(await data.over()).toBe('ended');
    expect(data.received).toBe('content');
    expect(await client.readReply()).toBe('226 Done');
  });

  test('never: after the data timeout the transfer has failed, and the session goes on', async () => {
    const { client, control, listener, port, seen } = await afterPasv({}, { dataTimeoutMs: 200 });
    expect(await client.ask('RETR f')).toBe('150 Here');
    const leg = await listener.accept();
    expect(await leg.over()).not.toBe('open');
    control.say('426 Lost\r\n');
    expect(await client.readReply()).toBe('426 Lost');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', bytes: 0 });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    await expect(connectPeer(port)).rejects.toThrow('ECONNREFUSED');
  });

  test('and goes silent in an upload: cut after the data timeout', async () => {
    const { client, listener, port, seen } = await afterPasv({}, { dataTimeoutMs: 200 });
    const data = await connectPeer(port);
    await client.ask('STOR f');
    const leg = await listener.accept();
    data.say('half');
    await leg.readBytes(4);
    expect(await leg.over()).toBe('broken');
    expect(await data.over()).toBe('broken');
    expect(await client.ask('QUIT')).toBe('221 Bye');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', bytes: 4 });
  });

  test('and ends its own direction at once: the download comes all the same', async () => {
    const { client, control, listener, port } = await afterPasv();
    const data = await connectPeer(port, { allowHalfOpen: true });
    data.socket.end();
    await client.ask('RETR f');
    const leg = await listener.accept();
    leg.say('content');
    leg.socket.end();
    control.say('226 Done\r\n');
    expect(await client.readReply()).toBe('226 Done');
    await data.over();
    expect(data.received).toBe('content');
  });

  test('twice: the second connection is turned away', async () => {
    const { client, control, listener, port } = await afterPasv();
    const data = await connectPeer(port);
    await connectPeer(port).then(
      (second) => second.over(),
      () => 'refused',
    );
    await client.ask('RETR f');
    const leg = await listener.accept();
    leg.say('content');
    leg.socket.end();
    control.say('226 Done\r\n');
    expect(await client.readReply()).toBe('226 Done');
    await data.over();
    expect(data.received).toBe('content');
  });
});

describe('strangers at the data port', () => {
  test('from another address are turned away, and the right client is still served', async () => {
    const { client, control, listener, port, seen } = await afterPasv();
    for (let count = 0; count < 3; count += 1) {
      const stranger = await connectPeer(port, { localAddress: '127.0.0.2' });
      expect(await stranger.over()).not.toBe('open');
    }
    expect(await seen('violation')).toMatchObject({ side: 'client', code: 'foreign-data-peer' });
    const data = await connectPeer(port);
    await client.ask('RETR f');
    const leg = await listener.accept();
    leg.say('content');
    leg.socket.end();
    control.say('226 Done\r\n');
    await data.over();
    expect(data.received).toBe('content');
    expect(await client.readReply()).toBe('226 Done');
  });

  test('who comes second, from the same address, is reported beside the first', async () => {
    const { client, port, seen, observations } = await afterPasv();
    const first = await connectPeer(port);
    const second = await connectPeer(port);
    expect(await second.over()).not.toBe('open');
    expect(await seen('violation')).toMatchObject({
      side: 'client',
      code: 'foreign-data-peer',
      detail: `127.0.0.1:${second.socket.localPort} connected to a data port that 127.0.0.1:${first.socket.localPort} had taken: one of them is not the client`,
    });
    const third = await connectPeer(port);
    expect(await third.over()).not.toBe('open');
    client.say('QUIT\r\n');
    expect(observations.filter(({ kind }) => kind === 'violation')).toHaveLength(1);
  });

  test('the same where the server is to connect', async () => {
    const own = await listenForPeers();
    const { client, server, seen } = await greetedSession({ answers: { PORT: '200 ok', RETR: '150 Here' } });
    await client.ask(`PORT ${own.hostPort}`);
    const port = endpointOf227(await server.got(/^PORT /));
    const stranger = await connectPeer(port, { localAddress: '127.0.0.2' });
    expect(await stranger.over()).not.toBe('open');
    expect(await seen('violation')).toMatchObject({ side: 'server', code: 'foreign-data-peer' });
    await client.ask('RETR f');
    const leg = await connectPeer(port);
    leg.say('content');
    leg.socket.end();
    const data = await own.accept();
    await data.over();
    expect(data.received).toBe('content');
  });
});

describe('the client resets its data connection', () => {
  test('in a download: the server is told, and its reply comes', async () => {
    const { client, control, data, leg, seen } = await running('RETR');
    data.reset();
    expect(await leg.over()).not.toBe('open');
    control.say('426 Broken\r\n');
    expect(await client.readReply()).toBe('426 Broken');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', bytes: 4 });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('in a download, and the server had sent all: no success is told', async () => {
    const { client, control, data, leg } = await running('RETR');
    data.reset();
    await leg.over();
    control.say('226 Done\r\n');
    expect(await client.readReply()).toMatch(/^426 /);
  });

  test('in an upload: the server does not take the half for the whole', async () => {
    const { client, control, data, leg, seen } = await running('STOR');
    data.reset();
    expect(await leg.over()).toBe('broken');
    control.say('226 Stored\r\n');
    expect(await client.readReply()).toMatch(/^426 /);
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', bytes: 4 });
  });

  test.skipIf(!hasPython)(
    'before it could be taken: the transfer fails soon, and no stranger is reported',
    async () => {
      const { client, control, listener, port, all, seen } = await afterPasv();
      // Nothing is taken meanwhile.
      const linger = 'd.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))';
      const script = `import socket, struct; d = socket.create_connection(("127.0.0.1", ${port.port})); ${linger}; d.close()`;
      expect(spawnSync('python3', ['-c', script]).status).toBe(0);
      await client.ask('STOR f');
      const leg = await listener.accept();
      expect(await leg.over()).toBe('broken');
      control.say('426 Broken\r\n');
      expect(await client.readReply()).toBe('426 Broken');
      expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', cause: 'client-broke' });
      expect(all('violation')).toEqual([]);
    },
  );

  test('before the transfer began: the transfer fails, the next is served', async () => {
    const { client, control, port, listener } = await afterPasv({ RETR: silent });
    const early = await connectPeer(port);
    await listener.accept();
    early.reset();
    client.say('RETR f\r\n');
    control.say('425 No connection\r\n');
    expect(await client.readReply()).toMatch(/^42[56] /);
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });
});

describe('the client vanishes', () => {
  test('all of it, in a download', async () => {
    const { client, control, data, leg, seen } = await running('RETR');
    client.reset();
    data.reset();
    expect(await leg.over()).not.toBe('open');
    expect(await control.over()).not.toBe('open');
    expect((await seen('link-closed')).outcome).not.toBe('complete');
    expect(await seen('session-closed')).toMatchObject({ by: 'client', bytesDown: 4 });
  });

  test('all of it, in an upload: no end that looks whole', async () => {
    const { client, control, data, leg, seen } = await running('STOR');
    client.reset();
    data.reset();
    expect(await leg.over()).toBe('broken');
    expect(await control.over()).not.toBe('open');
    const closed = await seen('link-closed');
    expect(closed).toMatchObject({ failure: 'reset', client: { ended: 'reset' }, server: { ended: 'ours' } });
    expect(await seen('session-closed')).toMatchObject({ by: 'client', bytesUp: 4 });
  });

  test('its control connection alone, in an upload: what it sends on its data connection still goes through', async () => {
    const { client, control, data, leg, idle, seen } = await running('STOR');
    client.reset();
    expect(await control.over()).toBe('ended');
    data.socket.end(' and half');
    expect(await leg.over()).toBe('ended');
    expect(leg.received).toBe('half and half');
    await idle();
    // The scripted server closes its control connection with the client's.
    expect(await seen('link-closed')).toMatchObject({ cause: 'no-final-reply', bytes: 13 });
  });
});
