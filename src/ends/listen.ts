// A listener's socket: bound where it was asked for, or, for connections that were meant for others, by the kernel's leave.

import type { Server } from 'node:net';
import type { Endpoint } from '../protocol/endpoint.js';
import type { BindForeign } from './dial.js';

/** Resolves with the real address and port; rejects with the system's error. */
export function listenOn(
  server: Server,
  { address, port }: Endpoint,
  bindForeign: BindForeign | null,
): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const place = bindForeign === null ? { host: address, port } : { fd: bindForeign({ address, port }) };
    server.listen(place, () => {
      server.off('error', reject);
      // Errors of accept: the sessions that run go on. Of open files that run out nobody hears, libuv closes the connection.
      server.on('error', () => {});
      const bound = server.address();
      const real = typeof bound === 'object' && bound !== null ? { address: bound.address, port: bound.port } : null;
      resolve(real ?? { address, port });
    });
  });
}
