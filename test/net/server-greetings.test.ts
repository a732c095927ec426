// Upstreams that are not there, not FTP, silent, or strange in how they greet. The client always gets a clear line.
import { describe, expect, test } from 'vitest';
import {
  connectPeer,
  listenForPeers,
  type Peer,
  type Script,
  startScriptedServer,
} from '../support/scripted-server.js';
import { startDeafServer } from './byte-mill.js';
import { leavesNothingOpen, scriptedSession, watchProxy } from './watched-proxy.js';

leavesNothingOpen();

/** What a client that says nothing gets, to the end. */
async function everythingFor(client: Peer): Promise<string> {
  expect(await client.over()).toBe('ended');
  return client.received;
}

describe('an upstream that cannot be reached', () => {
  test('an unknown host', async () => {
    const watched = await watchProxy({ server: { address: 'no-such-host.invalid', port: 21 } });
    const client = await connectPeer(watched.endpoint);
    expect(await everythingFor(client)).toMatch(/^421 Cannot reach .*no-such-host\.invalid:21: host name [a-z ]+\r\n$/);
    const closed = await watched.seen('session-closed');
    expect(closed.by).toBe('server');
    expect(closed.reason).toMatch(/^cannot reach .*no-such-host\.invalid:21: host name/);
  });

  test('a refused port', async () => {
    const gone = await listenForPeers();
    gone.close();
    const watched = await watchProxy({ server: gone.endpoint });
    const client = await connectPeer(watched.endpoint);
    expect(await everythingFor(client)).toMatch(
      new RegExp(`^421 Cannot reach .*127\\.0\\.0\\.1:${gone.endpoint.port}: connection refused\r\n$`),
    );
    expect(await watched.seen('session-closed')).toMatchObject({ by: 'server', failure: 'refused', commands: 0 });
  });

  test('from an address that is not ours', async () => {
    const { client } = await scriptedSession({}, { serverSourceAddress: '192.0.2.77' });
    expect(await everythingFor(client)).toMatch(/: address not available \(connecting from 192\.0\.2\.77\)\r\n$/);
  });

  test('a client that spoke and left before it was known', async () => {
    const gone = await listenForPeers();
    gone.close();
    const watched = await watchProxy({ server: gone.endpoint });
    const client = await connectPeer(watched.endpoint);
    client.say('USER anna\r\n');
    client.reset();
    await watched.seen('session-closed');
    await watched.idle();
  });
});

describe('an upstream that is silent', () => {
  test.skipIf(process.platform !== 'linux')(
    'and does not even accept is given up after the connect timeout',
    async () => {
      const port = await startDeafServer();
      const watched = await watchProxy({ server: { address: '127.0.0.1', port }, connectTimeoutMs: 200 });
      const client = await connectPeer(watched.endpoint);
      client.say('USER anna\r\n');
      expect(await everythingFor(client)).toMatch(/^421 Cannot reach .*: no connection within 0\.2 s\r\n$/);
      expect(await watched.seen('session-closed')).toMatchObject({ by: 'server' });
    },
  );

  test('is given up after the connect timeout', async () => {
    const { client, seen } = await scriptedSession({ greeting: null }, { connectTimeoutMs: 200 });
    expect(await everythingFor(client)).toMatch(/^421 .*127\.0\.0\.1:\d+ is silent: no greeting within 0\.2 s .*\r\n$/);
    expect(await seen('session-closed')).toMatchObject({ by: 'server' });
  });

  test('greets late: what the client said meanwhile is not lost', async () => {
    const patient = () => {};
    const { client, server, all } = await scriptedSession({
      greeting: null,
      answers: { USER: patient, PASS: patient },
    });
    client.say('USER anna\r\nPASS secret\r\n');
    const control = await server.accept();
    await server.got('PASS secret');
    control.say('220 At last\r\n331 Password\r\n230 Welcome\r\n');
    const replies = [await client.readReply(), await client.readReply(), await client.readReply()];
    expect(replies).toEqual(['220 At last', '331 Password', '230 Welcome']);
    expect(all('reply').map(({ answers }) => answers)).toEqual([null, 1, 2]);
  });

  test('a greeting that comes byte by byte', async () => {
    const { client, server, seen } = await scriptedSession({ greeting: null });
    const control = await server.accept();
    for (const byte of '220 Slow\r\n') {
      control.say(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.readReply()).toBe('220 Slow');
    expect(await seen('reply')).toMatchObject({ code: 220, lines: ['220 Slow'], answers: null });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('a preliminary 120 before the greeting', async () => {
    const { client } = await scriptedSession({ greeting: '120 Ready in a minute\r\n220 Ready' });
    expect(await client.readReply()).toBe('120 Ready in a minute');
    expect(await client.readReply()).toBe('220 Ready');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });
});

test.each([
  ['a legal notice', '*************\r\nAuthorised use only\r\n'],
  ['garbage', '\x00\x9c\x01\xfe\x80gar\xffbage\x02\n'],
])('%s before the greeting is relayed and shown', async (_, notice) => {
  const { client, all } = await scriptedSession({ greeting: Buffer.from(`${notice}220 Ready\r\n`, 'latin1') });
  await client.readBytes(notice.length);
  client.say('NOOP\r\n');
  await client.readBytes(`${notice}220 Ready\r\n200 NOOP ok\r\n`.length);
  expect(client.received).toBe(`${notice}220 Ready\r\n200 NOOP ok\r\n`);
  expect(all('noise').map(({ line }) => line)).toEqual(notice.trimEnd().split('\r\n'));
  expect(all('violation')).toEqual([]);
});

test('a greeting of many lines comes through as it is', async () => {
  const greeting = '220-Hello\r\n 230 not the end\r\n\r\n220-still not\r\n1234 nor this\r\n220 Ready\r\n';
  const { client, seen } = await scriptedSession({ greeting });
  expect(await client.ask('NOOP')).toContain('220 Ready');
  expect(await client.readReply()).toBe('200 NOOP ok');
  expect(client.received).toBe(`${greeting}200 NOOP ok\r\n`);
  expect((await seen('reply')).lines).toHaveLength(6);
});

describe('an upstream that is not FTP is named', () => {
  const strangers: readonly (readonly [string, string | Buffer, string])[] = [
    ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n', 'it speaks SSH'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n', 'it speaks HTTP'],
    ['a TLS alert', Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]), 'it speaks TLS'],
    ['a TLS handshake', Buffer.from([0x16, 0x03, 0x03, 0x00, 0x7a, 0x02]), 'it speaks TLS'],
    ['POP3', '+OK ready\r\n', 'it speaks POP3'],
    ['IMAP', '* OK ready\r\n', 'it speaks IMAP'],
  ];

  test.each(strangers)('%s', async (_name, greeting, how) => {
    const { client, seen, server } = await scriptedSession({ greeting });
    const control = await server.accept();
    const text = await everythingFor(client);
    expect(text).toMatch(/^421 .*127\.0\.0\.1:\d+ does not speak FTP: [^\r\n]*\r\n$/);
    expect(text).toContain(how);
    expect(await seen('violation')).toMatchObject({ side: 'server', code: 'not-ftp' });
    expect(await control.over()).not.toBe('open');
  });

  test('garbage without any line end, and no more', async () => {
    const { client } = await scriptedSession(
      { greeting: Buffer.from([0x80, 0x81, 0x00, 0x90]) },
      { connectTimeoutMs: 200 },
    );
    expect(await everythingFor(client)).toMatch(/^421 .*127\.0\.0\.1:\d+ /);
  });
});

describe('an upstream that does not want us', () => {
  test('closes at once', async () => {
    const { client, seen } = await scriptedSession({ greeting: (peer) => peer.socket.end() });
    expect(await everythingFor(client)).toBe('421 The server closed the connection without a greeting\r\n');
    expect(await seen('session-closed')).toMatchObject({ by: 'server' });
  });

  test('resets at once', async () => {
    const { client, seen } = await scriptedSession({ greeting: (peer) => peer.reset() });
    expect(await everythingFor(client)).toMatch(/^421 .*\r\n$/);
    expect(await seen('session-closed')).toMatchObject({ by: 'server' });
  });

  test('greets with 421 and closes', async () => {
    const greeting: Script['greeting'] = (peer) => {
      peer.say('421 Too many users\r\n');
      peer.socket.end();
    };
    const { client, all, seen } = await scriptedSession({ greeting });
    expect(await everythingFor(client)).toBe('421 Too many users\r\n');
    expect(await seen('session-closed')).toMatchObject({ by: 'server', reason: 'the server closed the connection' });
    expect(all('reply').map(({ by }) => by)).toEqual(['server']);
  });

  test('greets with 530 and stays', async () => {
    const { client } = await scriptedSession({ greeting: '530 Not you' });
    expect(await client.readReply()).toBe('530 Not you');
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });
});

test('one dead upstream is one session: another proxy session is not touched', async () => {
  let first = true;
  const server = await startScriptedServer({
    greeting: (peer) => {
      if (first) peer.say('SSH-2.0-x\r\n');
      else peer.say('220 Scripted server\r\n');
      first = false;
    },
  });
  const { endpoint } = await watchProxy({ server: server.endpoint });
  const bad = await connectPeer(endpoint);
  expect(await bad.readReply()).toMatch(/^421/);
  const good = await connectPeer(endpoint);
  expect(await good.readReply()).toBe('220 Scripted server');
  expect(await good.ask('NOOP')).toBe('200 NOOP ok');
});
