// The PROXY protocol over real sockets: who the client is taken for, where its data may come from and go to, what the server is
// told, and what becomes of connections that do not begin as they must.
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { LeafCertificates } from '../../src/net/tls/leaf-certificates.js';
import { formatProxyHeader, parseProxyHeader } from '../../src/protocol/proxy-protocol.js';
import { connectPeer, listenForPeers, type Peer, startScriptedServer } from '../support/scripted-server.js';
import { ownAuthority } from './tls/own-authority.js';
import { endpointOf227, leavesNothingOpen, scriptedSession, watchProxy } from './watched-proxy.js';

leavesNothingOpen();
const authority = ownAuthority();

/** All of these are this machine's: the client, the load balancer (127.0.0.1), and where the client thinks it connected to. */
const TOLD = { source: { address: '127.0.0.7', port: 40_007 }, destination: { address: '127.0.0.8', port: 21 } };
const V1 = formatProxyHeader('v1', TOLD);
const V2 = formatProxyHeader('v2', TOLD);
const ACCEPTING = { acceptProxyProtocolFrom: ['127.0.0.1'] };

async function brought(header: Buffer, answers = {}) {
  const session = await scriptedSession({ answers }, ACCEPTING);
  session.client.say(header);
  expect(await session.client.readReply()).toBe('220 Scripted server');
  return session;
}

describe('from a load balancer that is trusted', () => {
  test.each([
    ['v1', V1],
    ['v2', V2],
  ])('%s tells who the client is', async (_version, header) => {
    const { seen, client, endpoint } = await brought(header);
    expect(await seen('session-opened')).toMatchObject({
      client: TOLD.source,
      listener: endpoint,
      via: { address: '127.0.0.1', port: client.socket.localPort },
    });
  });

  test('what comes with the header, and piece by piece, is taken in order', async () => {
    const { client, server, observations } = await scriptedSession({}, ACCEPTING);
    for (const byte of V2) {
      client.say(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    client.say('USER anna\r\n');
    expect([await client.readReply(), await client.readReply()]).toEqual([
      '220 Scripted server',
      '331 Password, please',
    ]);
    const second = await connectPeer({ address: '127.0.0.1', port: client.socket.remotePort ?? 0 });
    second.say(Buffer.concat([V1, Buffer.from('USER bert\r\nQUIT\r\n')]));
    expect(await second.over()).toBe('ended');
    expect(server.lines).toEqual(['USER anna', 'USER bert', 'QUIT']);
    expect(observations.filter(({ kind }) => kind === 'violation')).toEqual([]);
  });

  test('goes before TLS on a listener that is implicit', async () => {
    const server = await startScriptedServer();
    const leaves = new LeafCertificates(authority().authority);
    const { endpoint, seen } = await watchProxy({
      server: server.endpoint,
      listen: [{ address: '127.0.0.1', port: 0, implicitTls: true }],
      tls: { server: 'off', certificatesFor: async (names) => [await leaves.issue({ names })] },
      ...ACCEPTING,
    });
    const client = await connectPeer(endpoint);
    client.socket.removeAllListeners('data');
    client.say(V2);
    const secure = connectTls({ socket: client.socket, rejectUnauthorized: false });
    const [greeting] = await new Promise<string[]>((resolve) =>
      secure.once('data', (bytes) => resolve([String(bytes)])),
    );
    expect(greeting).toBe('220 Scripted server\r\n');
    expect(secure.getPeerX509Certificate()?.subjectAltName).toContain('127.0.0.8');
    expect((await seen('session-opened')).client).toEqual(TOLD.source);
    secure.destroy();
  });
});

describe('data of a client that was brought', () => {
  test.each(['127.0.0.1', '127.0.0.7'])('may come from %s', async (localAddress) => {
    const data = await listenForPeers();
    const { client } = await brought(V2, { PASV: `227 (${data.hostPort})`, LIST: '150 Here' });
    const leg = await connectPeer(endpointOf227(await client.ask('PASV')), { localAddress });
    await client.ask('LIST');
    (await data.accept()).say('x');
    await leg.readBytes(1);
  });

  test('may not come from anywhere else', async () => {
    const data = await listenForPeers();
    const { client, seen } = await brought(V1, { PASV: `227 (${data.hostPort})` });
    const given = endpointOf227(await client.ask('PASV'));
    const stranger = await connectPeer(given, { localAddress: '127.0.0.9' });
    expect(await stranger.over()).not.toBe('open');
    expect(await seen('violation')).toMatchObject({ code: 'foreign-data-peer' });
  });

  test.each(['127.0.0.1', '127.0.0.7'])('may go to %s', async (host) => {
    const own = await listenForPeers(host);
    const { client, server } = await brought(V2, { PORT: '200 ok', LIST: '150 Here' });
    expect(await client.ask(`PORT ${own.hostPort}`)).toBe('200 ok');
    await client.ask('LIST');
    const leg = await connectPeer(endpointOf227(await server.got(/^PORT /)));
    leg.say('x');
    leg.socket.end();
    expect(await (await own.accept()).over()).toBe('ended');
  });

  test('may not go anywhere else', async () => {
    const { client } = await brought(V2);
    expect(await client.ask('PORT 127,0,0,9,200,1')).toBe(
      '500 Data connections go to 127.0.0.7 only, not to 127.0.0.9',
    );
  });
});

describe('a connection that must begin with a header and does not', () => {
  async function refused(act: (client: Peer) => void, options = {}) {
    const { client, seen, all, endpoint, server } = await scriptedSession({}, { ...ACCEPTING, ...options });
    act(client);
    const { detail } = await seen('violation', ({ code }) => code === 'bad-proxy-header');
    await seen('session-closed');
    expect(all('session-opened')).toHaveLength(1);
    const next = await connectPeer(endpoint);
    next.say(V1);
    expect(await next.readReply()).toBe('220 Scripted server');
    await server.accept();
    return { client, detail };
  }

  test('missing: the client is told, and the next one is served', async () => {
    const { client, detail } = await refused((peer) => peer.say('USER anna\r\n'));
    expect(detail).toBe('no valid PROXY header: the connection begins with USER');
    expect(await client.readReply()).toBe('421 No valid PROXY header: the connection begins with USER');
    expect(await client.over()).toBe('ended');
  });

  test('malformed', async () => {
    const { detail } = await refused((peer) => peer.say('PROXY TCP4 127.0.0.7\r\n'));
    expect(detail).toBe('no valid PROXY header: its addresses are not those of TCP4: 127.0.0.7');
  });

  test('not complete in time', async () => {
    const { client, detail } = await refused((peer) => peer.say(V1.subarray(0, 10)), { connectTimeoutMs: 150 });
    expect(detail).toBe('no valid PROXY header: only 10 bytes of it within 0.15 s');
    expect(await client.over()).toBe('ended');
  });

  test('ended before', async () => {
    const { detail } = await refused((peer) => peer.socket.end());
    expect(detail).toBe('no valid PROXY header: the connection ended after 0 bytes');
  });

  test('broken before', async () => {
    const { detail } = await refused((peer) => {
      peer.say('PROXY');
      peer.reset();
    });
    expect(detail).toMatch(/^no valid PROXY header: (connection reset by peer|the connection ended) after [05] bytes$/);
  });

  test('waiting when the proxy closes: it is let go', async () => {
    const { client, proxy, all } = await scriptedSession({}, ACCEPTING);
    client.say('PROXY');
    await new Promise(setImmediate);
    await proxy.close();
    expect(await client.over()).not.toBe('open');
    expect(all('session-opened')).toEqual([]);
  });

  test('waiting ones count as sessions', async () => {
    const { endpoint, client } = await scriptedSession({}, { ...ACCEPTING, maxSessions: 1 });
    client.say('PROXY');
    expect(await (await connectPeer(endpoint)).readReply()).toMatch(/^421 Too many sessions: the limit is 1 /);
  });
});

test.each([
  ['v1', V1],
  ['v2', V2],
])('nobody else is asked for a header, and who sends one is let go: %s', async (_version, header) => {
  const { client, seen, server } = await scriptedSession({}, { acceptProxyProtocolFrom: ['127.0.0.2', '10.0.0.0/8'] });
  expect(await client.readReply()).toBe('220 Scripted server');
  client.say(Buffer.concat([header, Buffer.from('USER anna\r\n')]));
  expect(await client.readReply()).toMatch(/^421 .* the PROXY protocol, which is not accepted from its address$/);
  expect(await client.over()).toBe('ended');
  expect((await seen('session-opened')).client.address).toBe('127.0.0.1');
  expect(await seen('violation')).toMatchObject({ side: 'client', code: 'not-ftp' });
  expect(server.lines).toEqual([]);
});

test('a range that is none keeps the proxy from starting', async () => {
  const wrong = watchProxy({ server: TOLD.destination, acceptProxyProtocolFrom: ['10.0.0.0/33'] });
  await expect(wrong).rejects.toThrow(
    "acceptProxyProtocolFrom[0]: '10.0.0.0/33' is not an IP address or a range of them (CIDR)",
  );
});

describe('towards the server', () => {
  test.each(['v1', 'v2'] as const)(
    '%s is the first thing that it hears, on the control connection alone',
    async (sent) => {
      const data = await listenForPeers();
      const server = await listenForPeers('127.0.0.1');
      const { endpoint } = await watchProxy({ server: server.endpoint, sendProxyProtocol: sent });
      const client = await connectPeer(endpoint, { localAddress: '127.0.0.3' });
      const peer = await server.accept();
      const header = formatProxyHeader(sent, {
        source: { address: '127.0.0.3', port: client.socket.localPort ?? 0 },
        destination: endpoint,
      });
      await peer.readBytes(header.length);
      expect(peer.received).toBe(header.toString('latin1'));
      peer.say('220 Hello\r\n');
      await client.readReply();
      client.say('PASV\r\n');
      await peer.readBytes(header.length + 6);
      peer.say(`227 (${data.hostPort})\r\n`);
      const leg = await connectPeer(endpointOf227(await client.readReply()), { localAddress: '127.0.0.3' });
      client.say('STOR f\r\n');
      await peer.readBytes(header.length + 14);
      peer.say('150 Go\r\n');
      leg.say('payload');
      const upload = await data.accept();
      await upload.readBytes(7);
      expect(upload.received).toBe('payload');
      expect(peer.received.slice(header.length)).toBe('PASV\r\nSTOR f\r\n');
    },
  );

  test('it goes before implicit TLS, and tells what was told here', async () => {
    const server = await listenForPeers();
    const upstream = { ...server.endpoint, implicitTls: true };
    const tls = { certificatesFor: () => Promise.reject(new Error('none')) };
    const { endpoint } = await watchProxy({ server: upstream, tls, sendProxyProtocol: 'v2', ...ACCEPTING });
    const client = await connectPeer(endpoint);
    client.say(V1);
    const peer = await server.accept();
    await peer.readBytes(V2.length + 3);
    const received = Buffer.from(peer.received, 'latin1');
    expect(parseProxyHeader(received)).toEqual({ kind: 'complete', version: 'v2', length: V2.length, told: TOLD });
    expect(received.subarray(V2.length, V2.length + 2)).toEqual(Buffer.from([0x16, 0x03]));
    peer.socket.destroy();
    expect(await client.readReply()).toMatch(/^421 /);
  });
});
