// Forward mode with sockets: servers that clients name, and may have or not; whole sessions with them.
import { describe, expect, test } from 'vitest';
import { createProxy } from '../../src/net/proxy.js';
import type { ProxyOptions } from '../../src/net/proxy-options.js';
import { formatEndpoint } from '../../src/protocol/endpoint.js';
import {
  connectPeer,
  listenForPeers,
  type Peer,
  type Script,
  startScriptedServer,
} from '../support/scripted-server.js';
import { startDeafServer } from './byte-mill.js';
import { endpointOf227, leavesNothingOpen, poll, watchProxy } from './watched-proxy.js';

leavesNothingOpen();

const ANYTHING = { forward: { allow: ['*:*'] } } as const;

/** A proxy in forward mode, and a client that has read its greeting. */
async function forwardSession(options: Omit<ProxyOptions, 'listen'> = ANYTHING) {
  const watched = await watchProxy(options);
  const client = await connectPeer(watched.endpoint);
  expect(await client.readReply()).toMatch(/^220 FTP proxy: /);
  return { ...watched, client };
}

async function logIn(client: Peer, server: string): Promise<void> {
  expect(await client.ask(`USER anna@${server}`)).toBe('331 Password, please');
  expect(await client.ask('PASS secret')).toBe('230 Welcome');
}

describe('a server that the client names', () => {
  test('gets the session; each client has its own', async () => {
    const [one, two] = [await startScriptedServer(), await startScriptedServer()];
    const { client, endpoint, all } = await forwardSession();
    const other = await connectPeer(endpoint);
    await other.readReply();
    await logIn(client, formatEndpoint(one.endpoint));
    await logIn(other, formatEndpoint(two.endpoint));
    expect(one.lines).toEqual(['USER anna', 'PASS secret']);
    expect(two.lines).toEqual(['USER anna', 'PASS secret']);
    expect(all('session-opened').map(({ how, server }) => [how, server])).toEqual(Array(2).fill(['forward', null]));
    expect(all('server-chosen').map(({ server }) => server)).toEqual([one.endpoint, two.endpoint]);
    expect(all('server-connected').map(({ remote }) => remote)).toEqual([one.endpoint, two.endpoint]);
    expect(await client.ask('QUIT')).toBe('221 Bye');
    expect(await client.over()).toBe('ended');
  });

  test('by host name, whichever of its addresses is served', async () => {
    const server = await startScriptedServer();
    const { client } = await forwardSession();
    await logIn(client, `localhost:${server.endpoint.port}`);
  });

  test('gets what was said in one breath, in order', async () => {
    const server = await startScriptedServer();
    const { client } = await forwardSession();
    client.say(`OPTS UTF8 ON\r\nUSER anna@${formatEndpoint(server.endpoint)}\r\nPASS secret\r\nNOOP\r\n`);
    const replies = [
      '200 Noted, it will be passed to the server',
      '331 Password, please',
      '230 Welcome',
      '200 NOOP ok',
    ];
    for (const reply of replies) expect(await client.readReply()).toBe(reply);
    expect(server.lines).toEqual(['OPTS UTF8 ON', 'USER anna', 'PASS secret', 'NOOP']);
  });

  test('may greet late', async () => {
    const server = await startScriptedServer({ greeting: null });
    const { client } = await forwardSession();
    client.say(`OPEN ${formatEndpoint(server.endpoint)}\r\n`);
    (await server.accept()).say('220-Good\r\n220 morning\r\n');
    expect(await client.readReply()).toMatch(/^220 Connected to the server 127\.0\.0\.1:\d+, which says: morning$/);
  });
});

describe('transfers', () => {
  const script = (dataPort: string): Script => ({
    answers: {
      PASV: `227 (${dataPort})`,
      PORT: '200 ok',
      RETR: (peer) => peer.say('150 Here\r\n'),
    },
  });

  test.each(['same', 'auto'] as const)('from a passive server, mode %s', async (serverMode) => {
    const data = await listenForPeers();
    const server = await startScriptedServer(script(data.hostPort));
    const { client, seen } = await forwardSession({ ...ANYTHING, serverMode });
    await logIn(client, formatEndpoint(server.endpoint));
    const ours = await connectPeer(endpointOf227(await client.ask('PASV')));
    const sender = data.accept();
    expect(await client.ask('RETR f')).toBe('150 Here');
    (await sender).socket.end('the very bytes');
    expect(await ours.over()).toBe('ended');
    expect(ours.received).toBe('the very bytes');
    (await server.accept()).say('226 Sent\r\n');
    expect(await client.readReply()).toBe('226 Sent');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'complete', bytes: 14 });
  });

  test('to an active client from a passive server: what is learnt is of that server', async () => {
    const data = await listenForPeers();
    const [old, young] = [await startScriptedServer(script(data.hostPort)), await startScriptedServer()];
    const { client, endpoint } = await forwardSession({ ...ANYTHING, serverMode: 'passive' });
    const mine = await listenForPeers();
    await logIn(client, formatEndpoint(old.endpoint));
    expect(await client.ask(`PORT ${mine.hostPort}`)).toBe('200 PORT taken');
    expect(await client.ask(`PORT ${mine.hostPort}`)).toBe('200 PORT taken');
    expect(old.lines.slice(2)).toEqual(['EPSV', 'PASV', 'PASV']);
    const other = await connectPeer(endpoint);
    await other.readReply();
    await logIn(other, formatEndpoint(young.endpoint));
    expect(await other.ask(`PORT ${mine.hostPort}`)).toMatch(/^425 /);
    expect(young.lines.slice(2)).toEqual(['EPSV', 'PASV']);
  });
});

describe('who the client is', () => {
  test('is told to the server that it named', async () => {
    const server = await startScriptedServer({ greeting: null });
    const { client } = await forwardSession({ ...ANYTHING, sendProxyProtocol: 'v1' });
    client.say(`USER anna@${formatEndpoint(server.endpoint)}\r\n`);
    const { port } = client.socket.address() as { port: number };
    expect(await server.got(/^PROXY/)).toMatch(new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 ${port} `));
  });

  test('is believed of a load balancer', async () => {
    const server = await startScriptedServer();
    const watched = await watchProxy({ ...ANYTHING, acceptProxyProtocolFrom: ['127.0.0.1'] });
    const client = await connectPeer(watched.endpoint);
    client.say('PROXY TCP4 192.0.2.1 192.0.2.2 4711 21\r\n');
    expect(await client.readReply()).toMatch(/^220 FTP proxy/);
    await logIn(client, formatEndpoint(server.endpoint));
    expect(watched.all('session-opened')).toMatchObject([
      { client: { address: '192.0.2.1' }, how: 'forward', server: null },
    ]);
  });

  test('is to be told, or there is no greeting', async () => {
    const watched = await watchProxy({ ...ANYTHING, acceptProxyProtocolFrom: ['127.0.0.1'] });
    const client = await connectPeer(watched.endpoint);
    client.say('USER anna@127.0.0.1\r\n');
    expect(await client.readReply()).toMatch(/^421 No valid PROXY header/);
    expect(await client.over()).toBe('ended');
  });
});

describe('a server that the client may not have', () => {
  test('is not connected to', async () => {
    const [mine, theirs] = [await startScriptedServer(), await startScriptedServer()];
    const { client, seen, all } = await forwardSession({ forward: { allow: [formatEndpoint(mine.endpoint)] } });
    const forbidden = formatEndpoint(theirs.endpoint);
    for (const name of [forbidden, `localhost:${mine.endpoint.port + 1}`, 'no-such-host.invalid']) {
      expect(await client.ask(`USER anna@${name}`)).toMatch(/^530 This proxy may not connect to /);
    }
    expect(await seen('violation')).toMatchObject({ code: 'server-not-allowed', side: 'client' });
    await logIn(client, formatEndpoint(mine.endpoint));
    expect(all('server-connected')).toHaveLength(1);
    expect(theirs.lines).toEqual([]);
  });

  test('because its address is in no range', async () => {
    const { client } = await forwardSession({ forward: { allow: ['10.0.0.0/8:*'] } });
    expect(await client.ask('USER anna@localhost:2121')).toBe('530 This proxy may not connect to localhost:2121');
  });

  test.each(['127.0.0.1', '127.0.0.9', 'localhost', '0.0.0.0', '[::ffff:127.0.0.1]', '0x7f000001', '[::]'])(
    'because %s is the proxy itself',
    async (name) => {
      const { client, endpoint, all, proxy } = await forwardSession();
      expect(await client.ask(`USER anna@${name}:${endpoint.port}`)).toMatch(
        /^530 (This proxy does not connect to itself|Cannot reach the server .*: host name not found)/,
      );
      expect([proxy.sessionCount, all('server-connected')]).toEqual([1, []]);
    },
  );
});

describe('a server that cannot be reached', () => {
  test('leaves the choice open', async () => {
    const gone = await listenForPeers();
    gone.close();
    const server = await startScriptedServer();
    const { client } = await forwardSession();
    expect(await client.ask('USER anna@no-such-host.invalid')).toMatch(
      /^530 Cannot reach the server no-such-host\.invalid:21: host name /,
    );
    const refused = formatEndpoint(gone.endpoint);
    expect(await client.ask(`USER anna@${refused}`)).toBe(`530 Cannot reach the server ${refused}: connection refused`);
    await logIn(client, formatEndpoint(server.endpoint));
  });

  test.skipIf(process.platform !== 'linux')('because it is deaf, is given up', async () => {
    const port = await startDeafServer();
    const server = await startScriptedServer();
    const { client } = await forwardSession({ ...ANYTHING, connectTimeoutMs: 200 });
    expect(await client.ask(`USER anna@127.0.0.1:${port}`)).toMatch(
      /^530 Cannot reach .*: no connection within 0\.2 s$/,
    );
    await logIn(client, formatEndpoint(server.endpoint));
  });

  test('and the client is gone meanwhile', async () => {
    const { client, idle } = await forwardSession();
    client.say('USER anna@no-such-host.invalid\r\n');
    client.reset();
    await idle();
  });

  test('and the proxy shuts down meanwhile', async () => {
    const { client, proxy } = await forwardSession();
    client.say('USER anna@no-such-host.invalid\r\n');
    await poll(() => proxy.sessionCount === 1, 'the session');
    await proxy.close();
    expect(await client.over()).not.toBe('open');
  });
});

describe('mistakes of whoever starts it', () => {
  const to = { address: '127.0.0.1', port: 1 };
  test.each([
    [{ forward: { allow: ['host:x'] } }, "forward.allow[0]: 'host:x' is not a pattern such as "],
    [{ ...ANYTHING, server: to }, 'server: in forward mode the client names the server; leave it out'],
    [
      { ...ANYTHING, listen: [{ address: '127.0.0.1', port: 0, to }] },
      'listen[0].to: in forward mode the client names the server',
    ],
    [
      { ...ANYTHING, tls: { passthrough: true, certificatesFor: async () => [] } },
      'tls.passthrough: forward mode has to see which server is named; give one of them',
    ],
  ])('%j', async (options, message) => {
    await expect(createProxy(options)).rejects.toThrow(message);
  });
});
