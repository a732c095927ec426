// A data connection that is broken off.
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { DataLeg } from '../../src/ends/data-leg.js';

async function adopted(): Promise<{ leg: DataLeg; peer: Socket }> {
  const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
  onTestFinished(() => void listener.close());
  await once(listener, 'listening');
  const peer = createConnection((listener.address() as AddressInfo).port, '127.0.0.1');
  peer.on('error', () => {});
  const [accepted] = await once(listener, 'connection');
  return { leg: DataLeg.adopt(accepted), peer };
}

test('a leg is closed also when it is broken off while its end is on its way', { timeout: 3000 }, async () => {
  const { leg, peer } = await adopted();
  const errors: Error[] = [];
  leg.socket.on('error', (error) => errors.push(error));
  const peerClosed = once(peer.resume(), 'close');
  leg.socket.end();
  leg.reset();
  leg.reset();
  await once(leg.socket, 'close');
  await peerClosed;
  expect(errors).toEqual([]);
});

test('a leg that is broken off without an end is reset', { timeout: 3000 }, async () => {
  const { leg, peer } = await adopted();
  const broken = new Promise<NodeJS.ErrnoException>((resolve) => peer.once('error', resolve));
  peer.resume();
  leg.socket.write('half');
  leg.reset();
  expect((await broken).code).toBe('ECONNRESET');
});
