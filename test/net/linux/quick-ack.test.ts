// Acknowledging at once: asked of the kernel for the connection beneath a client's data handshake, where there is such a kernel.
import { expect, test } from 'vitest';
import { InterceptionError, type Kernel } from '../../../src/net/linux/kernel.js';
import { openQuickAck } from '../../../src/net/linux/quick-ack.js';
import { connectPeer, listenForPeers } from '../../support/scripted-server.js';

const unused = () => expect.fail('no other call is expected');

function kernelThat(setOption: Kernel['setOption']): () => Promise<Kernel> {
  return async () => ({ setOption, socket: unused, getOption: unused, bind: unused, close: unused });
}

async function connected() {
  const listener = await listenForPeers();
  return (await connectPeer(listener.endpoint)).socket;
}

test('sets TCP_QUICKACK on the connection', async () => {
  const calls: (readonly number[])[] = [];
  const acknowledge = await openQuickAck(kernelThat((...call) => void calls.push(call)));
  acknowledge(await connected());
  expect(calls).toEqual([[expect.any(Number), 6, 12, 1]]);
});

test('a connection that is closed, or closes meanwhile, is none to acknowledge', async () => {
  const refuse = () => {
    throw new Error('setsockopt EBADF');
  };
  const acknowledge = await openQuickAck(kernelThat(refuse));
  const socket = await connected();
  acknowledge(socket);
  socket.destroy();
  acknowledge(socket);
});

test('without such a kernel nothing is done', async () => {
  const acknowledge = await openQuickAck(() => Promise.reject(new InterceptionError('works on Linux only')));
  acknowledge(await connected());
});
