// Data connections of our own ends: whole transfers, and every way in which one is not.
import { describe, expect, onTestFinished, test } from 'vitest';
import { BrokenConnection, DataConnection } from '../../src/ends/data-connection.js';
import { FROM_ANYWHERE } from '../../src/ends/dial.js';
import { listenForPeers, type Peer } from '../support/scripted-server.js';

const CHUNK = Buffer.alloc(256 * 1024, 'x');

async function connected(stallMs = 4000): Promise<{ readonly connection: DataConnection; readonly peer: Peer }> {
  const listener = await listenForPeers();
  const { signal } = new AbortController();
  const timeouts = { connectMs: 4000, stallMs };
  const [connection, peer] = await Promise.all([
    DataConnection.dial(listener.endpoint, FROM_ANYWHERE, timeouts, signal),
    listener.accept(),
  ]);
  onTestFinished(() => connection.reset());
  return { connection, peer };
}

function* chunks(count: number, made: { count: number }): Generator<Buffer> {
  for (made.count = 0; made.count < count; made.count += 1) yield CHUNK;
}

describe('sending', () => {
  test('asks for no more than the receiver takes, and tells of each chunk', async () => {
    const { connection, peer } = await connected();
    peer.socket.pause();
    const made = { count: 0 };
    let taken = 0;
    const sent = connection.send(chunks(200, made), (chunk) => {
      taken += chunk.length;
    });
    for (let before = -1; before !== made.count; await new Promise((resolve) => setTimeout(resolve, 50))) {
      before = made.count;
    }
    expect(made.count).toBeLessThan(100);
    peer.onBytes = () => {
      peer.received = '';
    };
    peer.socket.resume();
    await sent;
    expect(taken).toBe(200 * CHUNK.length);
    expect(await peer.over()).toBe('ended');
  });

  test('is over when the receiver breaks off', async () => {
    const { connection, peer } = await connected();
    peer.socket.pause();
    const sent = connection.send(chunks(200, { count: 0 }));
    peer.reset();
    const failure = await sent.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BrokenConnection);
  });

  test('is over when nothing moves', async () => {
    const { connection, peer } = await connected(50);
    peer.socket.pause();
    await expect(connection.send(chunks(200, { count: 0 }))).rejects.toThrow('nothing moved for 0.05 s');
  });

  test('passes on what its chunks fail with', async () => {
    const { connection } = await connected();
    function* failing(): Generator<Buffer> {
      yield CHUNK.subarray(0, 10);
      throw new Error('disk on fire');
    }
    await expect(connection.send(failing())).rejects.toThrow('disk on fire');
  });
});

describe('receiving', () => {
  test('waits for whoever takes the bytes', async () => {
    const { connection, peer } = await connected();
    peer.say(Buffer.alloc(1_000_000, 'y'));
    peer.socket.end();
    let bytes = 0;
    let isBusy = false;
    await connection.receive(async (chunk) => {
      expect(isBusy).toBe(false);
      isBusy = true;
      await new Promise((resolve) => setImmediate(resolve));
      isBusy = false;
      bytes += chunk.length;
    });
    expect(bytes).toBe(1_000_000);
  });

  test('passes on what the taker fails with', async () => {
    const { connection, peer } = await connected();
    peer.say('content');
    const failing = async () => Promise.reject(new Error('no space'));
    await expect(connection.receive(failing)).rejects.toThrow('no space');
  });

  test('is over when the sender breaks off, when nothing comes, and when we break off', async () => {
    const broken = await connected();
    const received = broken.connection.receive(() => {});
    broken.peer.reset();
    await expect(received).rejects.toThrow('connection reset by peer');
    const still = await connected(30);
    await expect(still.connection.receive(() => {})).rejects.toThrow('nothing moved for 0.03 s');
    const given = await connected();
    const ours = given.connection.receive(() => {});
    given.connection.reset();
    await expect(ours).rejects.toThrow('closed before its end');
    expect(await given.peer.over()).toBe('broken');
  });
});

test('what was given up before it was dialled is not dialled', async () => {
  const listener = await listenForPeers();
  const timeouts = { connectMs: 4000, stallMs: 4000 };
  const dialled = DataConnection.dial(listener.endpoint, FROM_ANYWHERE, timeouts, AbortSignal.abort());
  await expect(dialled).rejects.toThrow('given up');
});

test('a connection that waits for its transfer may be silent', async () => {
  const { connection, peer } = await connected(20);
  await new Promise((resolve) => setTimeout(resolve, 60));
  peer.say('late');
  peer.socket.end();
  let text = '';
  await connection.receive((chunk) => {
    text += chunk.toString();
  });
  expect(text).toBe('late');
});
