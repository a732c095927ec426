// The control connection of a client of our own, with raw servers.
import { describe, expect, onTestFinished, test } from 'vitest';
import { ControlClient } from '../../src/ends/control-client.js';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import { Happenings } from '../support/happenings.js';
import { listenForPeers, type Peer, startScriptedServer } from '../support/scripted-server.js';

const OPTIONS = { timeoutMs: 4000, tls: null, localAddress: null };

async function connected(server: Endpoint, options: Partial<{ readonly localAddress: string }> = {}) {
  const told: string[] = [];
  const happenings = new Happenings();
  const tell = (what: string) => {
    told.push(what);
    happenings.happened();
  };
  const client = await ControlClient.connect(
    server,
    { ...OPTIONS, ...options },
    { reply: ({ lines }) => tell(lines.join('|')), closed: (reason) => tell(`closed: ${reason}`) },
  );
  onTestFinished(() => client.destroy());
  const until = (count: number) =>
    happenings.until(
      () => (told.length >= count ? told : undefined),
      () => `${count} events, have ${told.join(' ')}`,
    );
  return { client, told, until };
}

/** A server that says these bytes at once, and no more. */
function saying(bytes: string, then: (peer: Peer) => void = () => {}) {
  return listenForPeers('127.0.0.1', (peer) => {
    peer.say(bytes);
    then(peer);
  });
}

describe('replies', () => {
  test('are gathered, line by line', async () => {
    const { endpoint } = await saying('220-a\r\n\r\n221 b\r\n220 c\n150 d\r\n226\r\n');
    const { until } = await connected(endpoint);
    expect(await until(3)).toEqual(['220-a||221 b|220 c', '150 d', '226']);
  });

  test('answer what is sent', async () => {
    const { endpoint, lines } = await startScriptedServer();
    const { client, until } = await connected(endpoint);
    await until(1);
    client.send('NOOP', '\r\n');
    client.sendBytes(Buffer.from('USER \xfc\r\n', 'latin1'));
    expect(await until(3)).toEqual(['220 Scripted server', '200 NOOP ok', '331 Password, please']);
    expect(lines).toEqual(['NOOP', 'USER \xfc']);
  });

  test('are told from what is none, which is kept for the curious', async () => {
    const { endpoint } = await saying('welcome to this host\r\n');
    const { client } = await connected(endpoint);
    while (client.noise === null) await new Promise((resolve) => setImmediate(resolve));
    expect(client.noise).toBe('welcome to this host');
  });
});

describe('it is over', () => {
  test.each([
    ['at the end', '220 a\r\n', (peer: Peer) => void peer.socket.end(), 'the server closed the connection'],
    ['with another protocol', 'SSH-2.0-x\r\n', () => {}, 'the server speaks SSH, not FTP'],
    ['with an endless line', `220 ${'x'.repeat(70_000)}`, () => {}, 'the server sent a line that is too long'],
  ])('%s', async (_, bytes, then, reason) => {
    const { endpoint } = await saying(bytes, then);
    const { client, told } = await connected(endpoint);
    await client.gone;
    expect(told.at(-1)).toBe(`closed: ${reason}`);
  });

  test('when we say so, and then nothing is told any more', async () => {
    const { endpoint, accept } = await saying('220 a\r\n');
    const { client, told, until } = await connected(endpoint);
    const peer = await accept();
    await until(1);
    client.send('QUIT', '\r\n');
    client.end();
    expect(await peer.readLine()).toBe('QUIT');
    peer.socket.end('221 b\r\n');
    await client.gone;
    expect(told).toEqual(['220 a']);
  });

  test('at once, when there is no time', async () => {
    const { endpoint } = await saying('220 a\r\n');
    const { client } = await connected(endpoint);
    client.destroy();
    await client.gone;
  });
});

test('connects from the address that it is given', async ({ skip }) => {
  skip(process.platform !== 'linux', 'only Linux has all of 127.0.0.0/8 as loopback');
  const { endpoint, accept } = await saying('220 a\r\n');
  const { client } = await connected(endpoint, { localAddress: '127.0.0.2' });
  expect(client.local.address).toBe('127.0.0.2');
  expect((await accept()).socket.remoteAddress).toBe('127.0.0.2');
});

test('says why there is no connection', async () => {
  const { endpoint, close } = await listenForPeers();
  close();
  await expect(connected(endpoint)).rejects.toThrow('connection refused');
});

test('one that never encrypts does not begin to', async () => {
  const { endpoint } = await saying('220 a\r\n');
  const { client } = await connected(endpoint);
  await expect(client.secure()).rejects.toThrow('this client never encrypts');
});
