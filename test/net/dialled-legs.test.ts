// Data connections that the proxy dials: to ports that refuse, to clients that are gone, and across address families.
import { describe, expect, test } from 'vitest';
import { ScriptedClient } from '../../src/demo/scripted-client.js';
import { families, startServer } from '../demo/sample-session.js';
import { connectPeer, listenForPeers, type Peer, startScriptedServer } from '../support/scripted-server.js';
import { endpointOf227, greetedSession, leavesNothingOpen, portOf229, watchProxy } from './watched-proxy.js';

leavesNothingOpen();

async function closedPort(): Promise<string> {
  const listener = await listenForPeers();
  listener.close();
  return listener.hostPort;
}

describe('the server announces a port that refuses', () => {
  test('and says 425 itself', async () => {
    const PASV = `227 (${await closedPort()})`;
    const { client, server, seen } = await greetedSession({ answers: { PASV, RETR: '150 Here' } });
    const control = await server.accept();
    const data = await connectPeer(endpointOf227(await client.ask('PASV')));
    expect(await client.ask('RETR f')).toBe('150 Here');
    expect(await data.over()).not.toBe('open');
    control.say('425 Nobody came\r\n');
    expect(await client.readReply()).toBe('425 Nobody came');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', bytes: 0 });
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });

  test('and claims success: the client hears none', async () => {
    const hostPort = await closedPort();
    const answers = { PASV: `227 (${hostPort})`, LIST: '150 Here\r\n226 Done\r\n' };
    const { client, seen } = await greetedSession({ answers });
    await connectPeer(endpointOf227(await client.ask('PASV')));
    expect(await client.ask('LIST')).toBe('150 Here');
    expect(await client.readReply()).toMatch(/^42[56] /);
    const { address, port } = endpointOf227(`227 (${hostPort})`);
    const reason = `cannot connect to the server at ${address}:${port}: connection refused`;
    expect((await seen('link-closed')).reason).toBe(reason);
    expect(await client.ask('NOOP')).toBe('200 NOOP ok');
  });
});

describe('the client announces a port', () => {
  test('that refuses: the server is told, and the session goes on', async () => {
    const answers = { PORT: '200 ok', RETR: '150 Here' };
    const { client, server, seen } = await greetedSession({ answers });
    const control = await server.accept();
    expect(await client.ask(`PORT ${await closedPort()}`)).toBe('200 ok');
    const leg = await connectPeer(endpointOf227(await server.got(/^PORT /)));
    expect(await client.ask('RETR f')).toBe('150 Here');
    expect(await leg.over()).not.toBe('open');
    control.say('426 Broken\r\n');
    expect(await client.readReply()).toBe('426 Broken');
    expect(await seen('link-closed')).toMatchObject({ outcome: 'failed', bytes: 0 });
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
    const data = await own.accept();
    expect(await data.over()).not.toBe('open');
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
