// Whether a connection that has ended was ended, or reset. When a reset arrives while bytes are still unread, Node delivers the
// bytes and then `end`, and no error: an upload that was broken off looks whole. The kernel knows better.
import type { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';

/**
 * Ask at `end`, and for the socket beneath TLS. After a reset the kernel has no peer for the connection any more (ENOTCONN,
 * -107 on Linux); after a FIN it still has one. That holds only while our own end has not been sent: once both ends have gone,
 * an ordinary connection has no peer either. So false means "not known to be reset": also when we have ended first, or where
 * this Node keeps its handles elsewhere.
 */
export function wasReset(socket: Socket): boolean {
  if (socket.writableEnded || !('_handle' in socket) || !tellsPeerName(socket._handle)) return false;
  const status = socket._handle.getpeername({});
  return status < 0 && getSystemErrorName(status) === 'ENOTCONN';
}

function tellsPeerName(handle: unknown): handle is { getpeername(name: object): number } {
  return (
    typeof handle === 'object' && handle !== null && 'getpeername' in handle && typeof handle.getpeername === 'function'
  );
}
