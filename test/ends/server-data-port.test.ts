// The data port of a server of our own, with raw clients.
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ServerDataOptions, ServerDataPort } from '../../src/ends/server-data-port.js';
import { connectPeer, listenForPeers } from '../support/scripted-server.js';

const CLIENT = { address: '127.0.0.1', port: 40_000 };
const LOCAL = { address: '127.0.0.1', port: 21 };
const USUAL = { connectMs: 4000, stallMs: 4000, range: null, allowForeignPort: false };

function dataPort(options: Partial<ServerDataOptions> = {}, local = LOCAL, client = CLIENT): ServerDataPort {
  const port = new ServerDataPort(local, client, { ...USUAL, ...options });
  onTestFinished(() => port.close());
  return port;
}

const at = (port: number, address = '127.0.0.1') => ({ address, port });

describe('opened for the client', () => {
  test('hands over whoever comes, early or late', async () => {
    const port = dataPort();
    for (const isEarly of [true, false]) {
      const number = await port.listen();
      expect(port.isSet).toBe(true);
      const early = isEarly ? await connectPeer(at(number)) : null;
      const connection = port.connection();
      expect(port.isSet).toBe(false);
      const peer = early ?? (await connectPeer(at(number)));
      await (await connection).send([Buffer.from('content')]);
      expect(await peer.over()).toBe('ended');
      expect(peer.received).toBe('content');
    }
  });

  test('turns strangers away and waits on', async ({ skip }) => {
    skip(process.platform !== 'linux', 'only Linux has all of 127.0.0.0/8 as loopback');
    const port = dataPort();
    const number = await port.listen();
    const stranger = await connectPeer(at(number), { localAddress: '127.0.0.2' });
    expect(await stranger.over()).not.toBe('open');
    await connectPeer(at(number));
    expect((await port.connection()).remote.address).toBe('127.0.0.1');
  });

  test('takes one connection only', async () => {
    const port = dataPort();
    const number = await port.listen();
    await connectPeer(at(number));
    await port.connection();
    await expect(connectPeer(at(number))).rejects.toThrow('ECONNREFUSED');
    await expect(port.connection()).rejects.toThrow('no data port was announced');
  });

  test('waits for so long, and as long as it is open', async () => {
    const port = dataPort({ connectMs: 20 });
    await port.listen();
    await expect(port.connection()).rejects.toThrow('no one connected to the data port');
    const patient = dataPort();
    await patient.listen();
    const connection = patient.connection();
    patient.close();
    await expect(connection).rejects.toThrow('given up');
  });

  test('sends away who came and was not asked for', async () => {
    const port = dataPort();
    const peer = await connectPeer(at(await port.listen()));
    // The next port closes the one before; the peer may still be on its way in.
    const next = await port.listen();
    expect(await peer.over()).toBe('broken');
    await connectPeer(at(next));
    await port.connection();
  });

  test('in a range that is all taken says so', async () => {
    const { endpoint } = await listenForPeers();
    const port = dataPort({ range: { from: endpoint.port, to: endpoint.port } });
    await expect(port.listen()).rejects.toThrow(`every port from ${endpoint.port} to ${endpoint.port} is in use`);
  });
});

describe('named by the client', () => {
  test.each([
    ['PORT', '127,0,0,1,195,80', 'set'],
    ['PORT', '0,0,0,0,195,80', 'set'],
    ['EPRT', '|1|127.0.0.1|50000|', 'set'],
    ['PORT', '127,0,0,1,195', 'malformed'],
    ['EPRT', '|1|127.0.0.1|0|', 'malformed'],
    ['EPRT', '|3|x|50000|', 'unknown-family'],
    ['EPRT', '|2|::1|50000|', 'other-family'],
    ['PORT', '10,0,0,7,195,80', 'foreign-address'],
    ['PORT', '127,0,0,1,0,25', 'privileged-port'],
  ] as const)('%s %s: %s', (verb, argument, outcome) => {
    const port = dataPort();
    expect(port.name(verb, argument)).toBe(outcome);
    expect(port.isSet).toBe(outcome === 'set');
  });

  test('may be anybody else, where that is wanted', () => {
    expect(dataPort({ allowForeignPort: true }).name('PORT', '10,0,0,7,195,80')).toBe('set');
  });

  test('is dialled from the address that the client knows', async ({ skip }) => {
    skip(process.platform !== 'linux', 'only Linux has all of 127.0.0.0/8 as loopback');
    const listener = await listenForPeers();
    const port = dataPort({}, { address: '127.0.0.3', port: 21 });
    expect(port.name('PORT', listener.hostPort)).toBe('set');
    await port.connection();
    expect((await listener.accept()).socket.remoteAddress).toBe('127.0.0.3');
  });

  test('that refuses is told in words', async () => {
    const listener = await listenForPeers();
    listener.close();
    const port = dataPort();
    port.name('PORT', listener.hostPort);
    await expect(port.connection()).rejects.toThrow('connection refused');
  });

  test('takes the place of what was open, and gives it up', async () => {
    const listener = await listenForPeers();
    const port = dataPort();
    const open = await port.listen();
    port.name('PORT', listener.hostPort);
    await expect(connectPeer(at(open))).rejects.toThrow('ECONNREFUSED');
    const connection = port.connection();
    port.close();
    await expect(connection).rejects.toThrow('given up');
  });
});
