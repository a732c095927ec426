// The data port of a client of our own, with raw servers.
import { describe, expect, onTestFinished, test } from 'vitest';
import { ClientDataPort } from '../../src/ends/client-data-port.js';
import { connectPeer, listenForPeers } from '../support/scripted-server.js';

const LOOPBACK = { address: '127.0.0.1', port: 0 };

function dataPort(timeoutMs = 4000): ClientDataPort {
  const port = new ClientDataPort({ connectMs: timeoutMs, stallMs: timeoutMs });
  onTestFinished(() => port.reset());
  return port;
}

describe('of the server', () => {
  test('is dialled once it is announced, and once only', async () => {
    const listener = await listenForPeers();
    const port = dataPort();
    const connection = port.connection();
    port.announced(listener.endpoint);
    expect(await port.connection()).toBe(await connection);
    const peer = await listener.accept();
    peer.say('content');
    peer.socket.end();
    const came: string[] = [];
    await (await connection).receive((chunk) => void came.push(chunk.toString()));
    expect(came.join('')).toBe('content');
    port.close();
    expect(await peer.over()).toBe('ended');
  });

  test('that is none, that refuses, and that is given up', async () => {
    const silent = dataPort();
    silent.announced(null);
    await expect(silent.connection()).rejects.toThrow('the server announced no data port');
    const listener = await listenForPeers();
    listener.close();
    const refused = dataPort();
    refused.announced(listener.endpoint);
    await expect(refused.connection()).rejects.toThrow('connection refused');
    const closed = dataPort();
    const connection = closed.connection();
    closed.close();
    expect(closed.isClosed).toBe(true);
    await expect(connection).rejects.toThrow('the server announced no data port');
  });
});

describe('of its own', () => {
  test('waits for the server', async () => {
    const port = dataPort();
    const own = await port.listen(LOOPBACK, LOOPBACK);
    expect(own.address).toBe(LOOPBACK.address);
    const peer = await connectPeer(own);
    await (await port.connection()).send([Buffer.from('con'), Buffer.from('tent')]);
    expect(await peer.over()).toBe('ended');
    expect(peer.received).toBe('content');
  });

  test('does not wait for ever', async () => {
    const port = dataPort(20);
    await port.listen(LOOPBACK, LOOPBACK);
    await expect(port.connection()).rejects.toThrow('no one connected to the data port');
  });

  test('is closed with whoever came there', async () => {
    const port = dataPort();
    const peer = await connectPeer(await port.listen(LOOPBACK, LOOPBACK));
    await port.connection();
    port.reset();
    expect(await peer.over()).toBe('broken');
  });

  test('that was closed before it was open does not stay open', async () => {
    const port = dataPort();
    const opening = port.listen(LOOPBACK, LOOPBACK);
    port.close();
    await expect(connectPeer(await opening)).rejects.toThrow('ECONNREFUSED');
  });
});
