// Listens: where it is asked to, or, for connections that were meant for others, where the kernel lets us. What connects comes
// paused and half-open.
import { createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../protocol/endpoint.js';
import type { BindForeign } from './dial.js';

export interface Listener {
  /** Where it really listens. */
  readonly address: Endpoint;
  /** Listens no more; resolves when every connection that it took is closed, too. */
  close(): Promise<void>;
}

interface ListenOptions {
  /** For an address that is not this machine's. */
  readonly bindForeign?: BindForeign | null;
  /** Connections that the kernel keeps until they are taken. */
  readonly backlog?: number;
}

/** Rejects with the system's error. */
export async function listen(
  { address, port }: Endpoint,
  { bindForeign = null, ...options }: ListenOptions,
  connected: (socket: Socket) => void,
): Promise<Listener> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, connected);
  await untilListening(server, () => {
    if (bindForeign === null) server.listen({ host: address, port, exclusive: true, ...options });
    else server.listen({ fd: bindForeign({ address, port }) });
  });
  const bound = server.address();
  const real = typeof bound === 'object' && bound !== null ? { address: bound.address, port: bound.port } : null;
  return { address: real ?? { address, port }, close: () => untilClosed(server) };
}

/** `start` makes the server listen. Resolves once it does; rejects with the system's error. */
export function untilListening(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      // Errors of accept pass: what is connected goes on. Of open files that run out nobody hears, libuv closes the connection.
      server.on('error', () => {});
      resolve();
    });
    start();
  });
}

export function untilClosed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
