// Listening, dialling and closing, as everything of ours does it.
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { closeGently } from '../../src/ends/closing.js';
import { dial, FROM_ANYWHERE } from '../../src/ends/dial.js';
import { listen, untilListening } from '../../src/ends/listen.js';
import { connectPeer, listenForPeers } from '../support/scripted-server.js';

const LOOPBACK = { address: '127.0.0.1', port: 0 };

describe('listening', () => {
  test('tells where, hands over paused connections, and closes with them', async () => {
    const arrived: Socket[] = [];
    const listener = await listen({ address: 'localhost', port: 0 }, {}, (socket) => arrived.push(socket));
    expect(listener.address.address).toMatch(/^(127\.0\.0\.1|::1)$/);
    const peer = await connectPeer(listener.address);
    while (arrived.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(arrived[0]?.isPaused()).toBe(true);
    const closed = listener.close();
    await expect(connectPeer(listener.address)).rejects.toThrow('ECONNREFUSED');
    arrived[0]?.destroy();
    await closed;
    expect(await peer.over()).not.toBe('open');
  });

  test('where somebody else does is the system error of that name', async () => {
    const { endpoint } = await listenForPeers();
    await expect(listen(endpoint, {}, () => {})).rejects.toMatchObject({ code: 'EADDRINUSE', port: endpoint.port });
  });

  test('rejects with what its start throws', async () => {
    const start = () => {
      throw new Error('no leave');
    };
    await expect(untilListening(createServer(), start)).rejects.toThrow('no leave');
    const foreign = listen(LOOPBACK, { bindForeign: start }, () => {});
    await expect(foreign).rejects.toThrow('no leave');
  });
});

describe('dialling', () => {
  test('does not wait for ever', async () => {
    const lookup = () => {}; // Never finds an address.
    const socket = dial({ ...LOOPBACK, address: 'never.example', port: 21, lookup }, FROM_ANYWHERE, 20);
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ message: 'no connection within 0.02 s' });
  });

  test('lets a connection that stands live longer than that', async () => {
    const { endpoint } = await listenForPeers();
    const socket = dial(endpoint, FROM_ANYWHERE, 30);
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(socket.destroyed).toBe(false);
  });
});

describe('closing', () => {
  test('sends what is to be sent and reads what still comes', async () => {
    const { endpoint, accept } = await listenForPeers();
    const socket = dial(endpoint, FROM_ANYWHERE, 4000);
    await once(socket, 'connect');
    const peer = await accept();
    peer.say('unread');
    socket.write('last words');
    closeGently(socket);
    expect(await peer.over()).toBe('ended');
    expect(peer.received).toBe('last words');
    peer.socket.end();
    await once(socket, 'close');
  });

  test('does not wait for ever for the peer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const socket = new Socket({ allowHalfOpen: true });
    const finish = vi.fn();
    closeGently(socket, finish);
    expect(finish).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(4_999);
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
  });

  test('gives up what is still being dialled', () => {
    const socket = dial({ address: 'never.example', port: 21, lookup: () => {} }, FROM_ANYWHERE, 4000);
    closeGently(socket, () => expect.fail());
    expect(socket.destroyed).toBe(true);
  });
});
