// Data connections that the proxy dials: to ports that refuse, to clients that are gone, and across address families.
import { describe, expect, test } from 'vitest';
import { ScriptedClient } from '../../src/demo/scripted-client.js';
import { families, startServer } from '../demo/sample-session.js';
import { connectPeer, listenForPeers, type Peer, startScriptedServer } from '../support/scripted-server.js';
import {
  endpointOf227,
  greetedSession,
  leavesNothingOpen,
  openTcp,
  poll,
  portOf229,
  watchProxy,
} from './watched-proxy.js';

leavesNothingOpen();

async function closedPort(): Promise<string> {
  const listener = await listenForPeers();
  listener.close();
  return listener.hostPort;
}

function listeners(): number {
  return openTcp().filter((resource) => resource === 'TCPServerWrap').length;
}

/** What the proxy says of a port of the server's that refuses. */
function refusedAt(hostPort: string): string {
  const { address, port } = endpointOf227(hostPort);
  return `425 Cannot open a data connection: cannot connect to the server at ${address}:${port}: connection refused`;
}

describe('the server announces a port that refuses', () => {
  test('in its 227: the client hears so in its place, and its transfer is answered', async () => {
    const hostPort = await closedPort();
    const { client, server, seen } = await greetedSession({ answers: { PASV: `227 (${hostPort})` } });
    expect(await client.ask('PASV')).toBe(refusedAt(hostPort));
    expect(await client.ask('RETR f')).toBe(refusedAt(hostPort));
    expect(await seen('link-closed')).toMatchObject({
      outcome: 'failed',
      cause: 'server-unreachable',
      failure: 'refused',
    });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    expect(server.lines).toEqual(['PASV', 'NOOP']);
  });

  test('and the transfer is under way: it is answered, and the server says what it likes', async () => {
    const hostPort = await closedPort();
    const answers = { PASV: `227 (${hostPort})`, LIST: '150 Here\r\n226 Done', ABOR: '225 Nothing to abort' };
    const { client, server } = await greetedSession({ answers });
    client.say('PASV\r\nLIST\r\n');
    expect(await client.readReply()).toBe(refusedAt(hostPort));
    const replies = [await client.readReply()];
    if (replies[0] === '150 Here') replies.push(await client.readReply());
    expect(replies.at(-1)).toMatch(/^42[56] /);
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
    expect(server.lines.slice(0, 2)).toEqual(['PASV', 'LIST']);
  });

  test('in its 229: the proxy asks for another port in the same command, where it chooses the mode', async () => {
    const listener = await listenForPeers();
    const refusing = endpointOf227(await closedPort()).port;
    const answers = { EPSV: `229 (|||${refusing}|)`, PASV: `227 (${listener.hostPort})` };
    const { client, server } = await greetedSession({ answers }, { serverMode: 'auto' });
    expect(await client.ask('EPSV')).toMatch(/^229 /);
    await listener.accept();
    expect(server.lines).toEqual(['EPSV', 'PASV']);
  });
});

test('a host that cannot be reached at all, named by the server and followed', async () => {
  const answers = { PASV: '227 (240,0,0,1,195,80)' };
  const { client } = await greetedSession({ answers }, { pasvAddress: 'follow' });
  expect(await client.ask('PASV')).toMatch(/^425 .* 240\.0\.0\.1:50000: /);
});

describe('connections with the server that no transfer uses', () => {
  async function passive() {
    const data = await listenForPeers();
    return { data, ...(await greetedSession({ answers: { PASV: `227 (${data.hostPort})`, REIN: '220 Again' } })) };
  }

  test.each([
    ['another PASV', 'PASV'],
    ['a PORT', 'PORT 127,0,0,1,195,80'],
    ['REIN', 'REIN'],
    ['QUIT', 'QUIT'],
  ])('are closed in order by %s', async (_what, line) => {
    const { client, data, seen } = await passive();
    await client.ask('PASV');
    const early = await data.accept();
    client.say(`${line}\r\n`);
    expect(await early.over()).toBe('ended');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'unused', bytes: 0 });
  });

  test('and what the server says over them early is kept', async () => {
    const content = 'early '.repeat(200_000);
    const data = await listenForPeers('127.0.0.1', (peer) => {
      peer.say(content);
      peer.socket.end();
    });
    const answers = { PASV: `227 (${data.hostPort})`, RETR: '150 Here\r\n226 Done' };
    const { client, seen } = await greetedSession({ answers });
    const given = endpointOf227(await client.ask('PASV'));
    await data.accept();
    const leg = await connectPeer(given);
    expect(await client.ask('RETR f')).toBe('150 Here');
    expect(await client.readReply()).toBe('226 Done');
    await leg.over();
    expect(leg.received).toBe(content);
    expect(await seen('link-closed')).toMatchObject({ outcome: 'complete', bytes: content.length });
  });

  test('nor are ports kept: a thousand PASV in a row hold one', async () => {
    const { client, all } = await passive();
    for (let round = 0; round < 100; round += 1) expect(await client.ask('PASV')).toMatch(/^227 /);
    await poll(() => all('link-closed').length === 99, 'the ports before the last to be closed');
    // Of the proxy and of the scripted server, for control and for data.
    expect(listeners()).toBe(4);
  });
});

describe('the client announces a port', () => {
  test('that refuses: the transfer is answered at once, and the server cut off', async () => {
    const answers = { PORT: '200 ok', RETR: '150 Here' };
    const { client, server, seen } = await greetedSession({ answers });
    const control = await server.accept();
    expect(await client.ask(`PORT ${await closedPort()}`)).toBe('200 ok');
    client.say('RETR f\r\n');
    await server.got(/^RETR /);
    const leg = await connectPeer(endpointOf227(await server.got(/^PORT /)));
    expect(await leg.over()).not.toBe('open');
    expect((await client.readReply()).replace('150 Here', '')).toBe('');
    expect(await client.readReply()).toMatch(/^425 Cannot open a data connection: cannot connect to the client at /);
    control.say('426 Broken\r\n');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', cause: 'client-unreachable', bytes: 0 });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('that refuses, for an upload: the server does not see an empty file', async () => {
    const { client, server } = await greetedSession({ answers: { PORT: '200 ok', STOR: '150 Send' } });
    await client.ask(`PORT ${await closedPort()}`);
    const leg = await connectPeer(endpointOf227(await server.got(/^PORT /)));
    await client.ask('STOR f');
    expect(await leg.over()).toBe('broken');
  });

  test('the server never comes: given up after the data timeout', async () => {
    const own = await listenForPeers();
    const answers = { PORT: '200 ok', RETR: '150 Here' };
    const { client, server, seen } = await greetedSession({ answers }, { dataTimeoutMs: 200 });
    const control = await server.accept();
    await client.ask(`PORT ${own.hostPort}`);
    expect(await client.ask('RETR f')).toBe('150 Here');
    await poll(() => listeners() === 3, 'the data port to be closed');
    control.say('425 Could not\r\n');
    expect(await client.readReply()).toBe('425 Could not');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed' });
  });

  test('refused by the server: nobody is dialled', async () => {
    const own = await listenForPeers();
    const { client, seen } = await greetedSession({ answers: { PORT: '500 No active mode', RETR: '425 First PORT' } });
    expect(await client.ask(`PORT ${own.hostPort}`)).toBe('500 No active mode');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'refused' });
    expect(await client.ask('RETR f')).toBe('425 First PORT');
  });
});

describe('in one breath', () => {
  async function answering() {
    const listener = await listenForPeers('127.0.0.1', (peer) => {
      peer.say('content');
      peer.socket.end();
    });
    const PASV = `227 (${listener.hostPort})`;
    return greetedSession({ answers: { PASV, RETR: '150 Here\r\n226 Done\r\n' } });
  }

  async function expectContent(client: Peer): Promise<void> {
    const data = await connectPeer(endpointOf227(await client.readReply()));
    expect(await client.readReply()).toBe('150 Here');
    await data.over();
    expect(data.received).toBe('content');
    expect(await client.readReply()).toBe('226 Done');
  }

  test('PASV and RETR', async () => {
    const { client, all } = await answering();
    client.say('PASV\r\nRETR one\r\n');
    await expectContent(client);
    expect(all('link-closed').map(({ path, outcome }) => `${path} ${outcome}`)).toEqual(['one complete']);
  });

  test('two transfers and a NOOP', async () => {
    const { client, all } = await answering();
    client.say('PASV\r\nRETR one\r\nPASV\r\nRETR two\r\nNOOP\r\n');
    await expectContent(client);
    await expectContent(client);
    expect(await client.readReply()).toBe('200 NOOP ok');
    expect(all('link-closed').map(({ path, outcome }) => `${path} ${outcome}`)).toEqual([
      'one complete',
      'two complete',
    ]);
  });

  test('PORT and RETR', async () => {
    const own = await listenForPeers();
    const { client, server } = await greetedSession({ answers: { PORT: '200 ok', RETR: '150 Here' } });
    const control = await server.accept();
    client.say(`PORT ${own.hostPort}\r\nRETR f\r\n`);
    const leg = await connectPeer(endpointOf227(await server.got(/^PORT /)));
    leg.say('content');
    leg.socket.end();
    expect([await client.readReply(), await client.readReply()]).toEqual(['200 ok', '150 Here']);
    const data = await own.accept();
    await data.over();
    expect(data.received).toBe('content');
    control.say('226 Done\r\n');
    expect(await client.readReply()).toBe('226 Done');
  });
});

describe.skipIf(!families[1].available)('a client on IPv6, a server on IPv4', () => {
  async function across() {
    const server = await startServer({ files: { '/f': Buffer.from('across') }, users: { demo: { password: 'demo' } } });
    const upstream = server.address;
    const watched = await watchProxy({ server: upstream, listen: [{ address: '::1', port: 0 }] });
    const client = await ScriptedClient.connect({ address: '::1', port: watched.endpoint.port });
    await client.login('demo', 'demo');
    return { client, ...watched };
  }

  test.each(['extended-passive', 'extended-active'] as const)('%s', async (mode) => {
    const { client } = await across();
    expect((await client.download('f', { mode })).bytes.toString()).toBe('across');
    expect((await client.quit()).code).toBe(221);
  });

  test('EPSV 2 means the client’s family, and the server is asked for its own', async () => {
    const { client, seen } = await across();
    expect((await client.command('EPSV 2')).code).toBe(229);
    expect((await seen('command', ({ verb }) => verb === 'EPSV')).argument).toBe('2');
    await client.close();
  });

  test('PASV cannot be given to it', async () => {
    const { client } = await across();
    expect((await client.command('PASV')).lines[0]).toMatch(/^425 .*EPSV/);
    expect((await client.command('NOOP')).code).toBe(200);
    await client.close();
  });
});

test.skipIf(!families[1].available)('a client on IPv4, a server on IPv6: PORT becomes EPRT', async () => {
  const data = await listenForPeers('::1');
  const server = await startScriptedServer({
    address: '::1',
    answers: { EPRT: '200 EPRT ok', EPSV: `229 (|||${data.endpoint.port}|)`, RETR: '150 Here' },
  });
  const { endpoint, seen } = await watchProxy({ server: server.endpoint });
  const client = await connectPeer(endpoint);
  await client.readReply();
  const own = await listenForPeers();
  expect(await client.ask(`PORT ${own.hostPort}`)).toMatch(/^200 /);
  const eprt = await server.got(/^EPRT \|2\|::1\|\d+\|$/);
  expect(await client.ask('RETR f')).toBe('150 Here');
  const leg = await connectPeer({ address: '::1', port: Number(eprt.split('|')[3]) });
  leg.say('four to six');
  leg.socket.end();
  const received = await own.accept();
  await received.over();
  expect(received.received).toBe('four to six');
  expect(await seen('rewrite')).toMatchObject({ what: 'EPRT', announced: own.endpoint });
  expect(portOf229(await client.ask('EPSV'))).toBeGreaterThan(0);
});
