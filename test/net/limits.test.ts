// Listeners, how many sessions there may be, and how long they may be silent.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createProxy } from '../../src/net/proxy.js';
import { families } from '../demo/sample-session.js';
import { connectPeer, listenForPeers, startScriptedServer } from '../support/scripted-server.js';
import {
  endpointOf227,
  greetedSession,
  leavesNothingOpen,
  openTcp,
  poll,
  scriptedSession,
  watchProxy,
} from './watched-proxy.js';

leavesNothingOpen();

describe('listeners', () => {
  test('several, each tells its real port', async () => {
    const server = await startScriptedServer();
    const local = families.filter(({ available }) => available).map(({ host }) => ({ address: host, port: 0 }));
    const { proxy, all } = await watchProxy({
      server: server.endpoint,
      listen: [...local, { address: '127.0.0.2', port: 0 }],
    });
    expect(proxy.addresses.map(({ address }) => address)).toEqual([
      ...local.map(({ address }) => address),
      '127.0.0.2',
    ]);
    for (const endpoint of proxy.addresses) {
      expect(endpoint.port).toBeGreaterThan(0);
      const client = await connectPeer(endpoint);
      expect(await client.ask('QUIT')).toBe('220 Scripted server');
      expect(await client.over()).toBe('ended');
    }
    expect(all('session-opened').map(({ listener }) => listener)).toEqual(proxy.addresses);
  });

  test('a client on one that is not the server’s loopback gets data ports there', async () => {
    const data = await listenForPeers();
    const server = await startScriptedServer({ answers: { PASV: `227 (${data.hostPort})`, LIST: '150 Here' } });
    const { endpoint } = await watchProxy({
      server: server.endpoint,
      listen: [{ address: '127.0.0.3', port: 0 }],
    });
    const client = await connectPeer(endpoint);
    await client.readReply();
    const given = endpointOf227(await client.ask('PASV'));
    expect(given.address).toBe('127.0.0.3');
    const leg = await connectPeer(given);
    await client.ask('LIST');
    const upstream = await data.accept();
    upstream.say('x');
    await leg.readBytes(1);
  });

  test('an address in use: rejected with its code, and nothing left open', async () => {
    const taken = await listenForPeers();
    const options = { upstream: taken.endpoint, listen: [{ address: '127.0.0.1', port: 0 }, taken.endpoint] };
    await expect(createProxy(options)).rejects.toMatchObject({ code: 'EADDRINUSE', port: taken.endpoint.port });
    const listeners = () => openTcp().filter((resource) => resource.includes('Server')).length;
    await poll(() => listeners() === 1, 'the first listener to be closed');
  });
});

describe('many clients', () => {
  test('100 that connect and vanish at once leave nothing, and the next is served', async () => {
    const server = await startScriptedServer();
    const { endpoint, idle } = await watchProxy({ server: server.endpoint });
    const vanished = Array.from({ length: 100 }, (_, index) => {
      const socket = connect(endpoint.port, endpoint.address);
      socket.on('error', () => {});
      if (index % 3 === 0) socket.destroy();
      else if (index % 3 === 1) socket.once('connect', () => socket.resetAndDestroy());
      else socket.once('connect', () => socket.destroy());
      return new Promise((resolve) => socket.once('close', resolve));
    });
    await Promise.all(vanished);
    const client = await connectPeer(endpoint);
    expect(await client.readReply()).toBe('220 Scripted server');
    expect(await client.ask('QUIT')).toBe('221 Bye');
    await idle();
  });

  test('one more than there may be gets 421; when one has gone, the next is served', async () => {
    const { client, endpoint, idle, proxy, all } = await greetedSession({}, { maxSessions: 1 });
    const tooMany = await connectPeer(endpoint);
    expect(await tooMany.readReply()).toMatch(/^421 Too many sessions: the limit is 1 \(ftpscope [0-9a-f]{12}\)$/);
    expect(await tooMany.over()).toBe('ended');
    expect(proxy.sessionCount).toBe(1);
    expect(all('violation')).toMatchObject([{ session: 2, code: 'too-many-sessions' }]);
    expect(all('server-connected')).toHaveLength(1);
    expect(await client.ask('QUIT')).toBe('221 Bye');
    await client.over();
    await idle();
    const next = await connectPeer(endpoint);
    expect(await next.readReply()).toBe('220 Scripted server');
  });
});

test('a proxy whose server is itself says so, and is one session deep', async () => {
  const free = await listenForPeers();
  free.close();
  const { endpoint, all, idle } = await watchProxy({ server: free.endpoint, listen: [free.endpoint] });
  const client = await connectPeer(endpoint);
  expect(await client.readReply()).toBe('421 The proxy has come back to itself');
  expect(await client.over()).toBe('ended');
  expect(all('violation')).toMatchObject([{ session: 2, side: 'client', code: 'proxy-loop' }]);
  expect(all('session-closed')).toMatchObject([{ session: 2, cause: 'proxy-loop' }, { session: 1 }]);
  await idle();
});

test.each([{ maxSessions: 5 }, { maxSessionsPerClient: 5 }])(
  'a proxy that is its own server over a port forward says so in every session (%o)',
  async (limit) => {
    const free = await listenForPeers();
    free.close();
    const sockets = new Set<Socket>();
    const forward = createServer((from) => {
      const to = connect(free.endpoint.port, free.endpoint.address);
      for (const socket of [from, to]) sockets.add(socket.on('error', () => {}));
      from.pipe(to).pipe(from);
    });
    await new Promise<void>((resolve) => forward.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      forward.close();
    });
    const { port } = forward.address() as AddressInfo;
    const server = { address: '127.0.0.1', port };
    const { endpoint, all, idle } = await watchProxy({ server, listen: [free.endpoint], ...limit });
    const client = await connectPeer(endpoint);
    expect(await client.readReply()).toMatch(/^421 Too many sessions.*: the limit .*is 5 \(ftpscope [0-9a-f]{12}\)$/);
    expect(await client.over()).toBe('ended');
    await idle();
    const causes = all('session-closed').sort((one, other) => one.session - other.session);
    expect(causes.map(({ cause }) => cause)).toEqual([...Array(5).fill('proxy-loop'), 'too-many-sessions']);
    expect(all('violation').filter(({ code }) => code === 'proxy-loop')).toHaveLength(5);
  },
);

test('one more of one client than it may have gets 421, and gives its place back', async () => {
  const { client, endpoint, idle, all } = await greetedSession({}, { maxSessionsPerClient: 1 });
  const tooMany = await connectPeer(endpoint);
  expect(await tooMany.readReply()).toMatch(
    /^421 Too many sessions of 127\.0\.0\.1: the limit for one client is 1 \(ftpscope [0-9a-f]{12}\)$/,
  );
  expect(await tooMany.over()).toBe('ended');
  expect(all('violation')).toMatchObject([{ session: 2, code: 'too-many-sessions' }]);
  expect(await client.ask('QUIT')).toBe('221 Bye');
  await client.over();
  await idle();
  expect(await (await connectPeer(endpoint)).readReply()).toBe('220 Scripted server');
});

describe('a flood of clients beyond the limit', () => {
  test('is told of up to a bound, and costs no session its place', async () => {
    const { client, endpoint, all } = await greetedSession({}, { maxSessions: 1 });
    const first = await connectPeer(endpoint, { allowHalfOpen: true });
    expect(await first.readReply()).toMatch(/^421 /);
    // It has been refused, and does not go: the next one gets no word.
    const next = await connectPeer(endpoint);
    expect(await next.over()).not.toBe('open');
    expect(all('violation')).toMatchObject([{ session: 2, code: 'too-many-sessions' }]);
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });
});

describe('silence', () => {
  const options = { idleTimeoutMs: 900_000, loginTimeoutMs: 86_400_000 };

  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], now: Date.now() }));
  afterEach(() => void vi.useRealTimers());

  test('ends an idle session with 421 on both sides', async () => {
    const { client, server, seen } = await greetedSession({}, options);
    const control = await server.accept();
    vi.advanceTimersByTime(900_000);
    expect(await client.readReply()).toBe('421 Idle for 900 s');
    expect(await client.over()).toBe('ended');
    expect(await control.over()).not.toBe('open');
    expect(await seen('session-closed')).toMatchObject({ by: 'proxy', reason: 'idle for 900 s' });
  });

  test('is broken by every command', async () => {
    const { client } = await greetedSession({}, options);
    for (let count = 0; count < 3; count += 1) {
      vi.advanceTimersByTime(899_000);
      expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    }
    vi.advanceTimersByTime(900_000);
    expect(await client.readReply()).toBe('421 Idle for 900 s');
  });

  test('does not count while a transfer runs', async () => {
    const listener = await listenForPeers();
    const { client, server, seen } = await greetedSession(
      { answers: { PASV: `227 (${listener.hostPort})`, RETR: '150 Here' } },
      options,
    );
    const control = await server.accept();
    const data = await connectPeer(endpointOf227(await client.ask('PASV')));
    await client.ask('RETR f');
    const leg = await listener.accept();
    // Ten times as long as a session may be idle; a transfer may pause for 300 s.
    for (let count = 1; count <= 45; count += 1) {
      leg.say('x');
      await data.readBytes(count);
      vi.advanceTimersByTime(200_000);
    }
    leg.socket.end();
    control.say('226 Done\r\n');
    expect(await client.readReply()).toBe('226 Done');
    vi.advanceTimersByTime(900_000);
    expect(await seen('session-closed')).toMatchObject({ reason: 'idle for 900 s' });
  });
});

describe('close()', () => {
  test('says 421 to everyone, cuts what runs, and leaves nothing open', async () => {
    const listener = await listenForPeers();
    const answers = { PASV: `227 (${listener.hostPort})`, STOR: '150 Send', EPSV: '229 (|||4|)' };
    const { client, server, endpoint, proxy, seen } = await greetedSession({ answers });
    const control = await server.accept();
    const idler = await connectPeer(endpoint);
    await idler.readReply();
    const given = endpointOf227(await client.ask('PASV'));
    const data = await connectPeer(given);
    await client.ask('STOR f');
    const leg = await listener.accept();
    data.say('half');
    await leg.readBytes(4);
    const announced = endpointOf227(await client.ask('PASV'));
    await proxy.close();
    expect(await client.readReply()).toMatch(/^4(21|26) .*shutting down/);
    expect(await idler.readReply()).toMatch(/^421 .*shutting down/);
    expect(await leg.over()).toBe('broken');
    expect(await control.over()).not.toBe('open');
    expect(await seen('session-closed')).toMatchObject({ by: 'proxy', bytesUp: 4 });
    expect(proxy.sessionCount).toBe(0);
    await expect(connectPeer(announced)).rejects.toThrow('ECONNREFUSED');
    await expect(connectPeer(endpoint)).rejects.toThrow('ECONNREFUSED');
  });

  test('does not wait for peers that do not close', async () => {
    const { client, proxy, endpoint } = await scriptedSession();
    const stubborn = await connectPeer(endpoint, { allowHalfOpen: true });
    await stubborn.readReply();
    await client.readReply();
    const before = performance.now();
    await proxy.close();
    expect(performance.now() - before).toBeLessThan(3000);
    expect(await stubborn.over()).not.toBe('open');
  });

  test('nor for data connections that do not close', async () => {
    const listener = await listenForPeers();
    const answers = { PASV: `227 (${listener.hostPort})`, RETR: '150 Here' };
    const { client, proxy } = await greetedSession({ answers });
    const given = endpointOf227(await client.ask('PASV'));
    const data = await connectPeer(given, { allowHalfOpen: true });
    await client.ask('RETR f');
    const leg = await listener.accept();
    leg.say('half');
    await data.readBytes(4);
    await proxy.close();
    // A connection that the proxy has closed altogether answers a late byte with a reset, which the next one meets.
    const goneFor = () => {
      data.say('late');
      return data.socket.destroyed;
    };
    await poll(goneFor, 'the data connection to be gone', 1000);
  });

  test('while the upstream is being dialled', async () => {
    const server = await startScriptedServer({ greeting: null });
    const { endpoint, proxy } = await watchProxy({ server: server.endpoint });
    const client = await connectPeer(endpoint);
    await proxy.close();
    expect(await client.over()).not.toBe('open');
  });

  test('twice is as good as once', async () => {
    const { proxy } = await greetedSession();
    await Promise.all([proxy.close(), proxy.close()]);
    await proxy.close();
  });
});
