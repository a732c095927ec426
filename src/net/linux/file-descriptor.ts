// The file descriptor of a connection, for system calls that Node does not offer.
import type { Socket } from 'node:net';

/** Node tells it to nobody, and has it in the same place since its beginnings. Null where it is closed, or kept elsewhere. */
export function fileDescriptor(socket: Socket): number | null {
  if (!('_handle' in socket) || typeof socket._handle !== 'object' || socket._handle === null) return null;
  const { _handle: handle } = socket;
  return 'fd' in handle && typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : null;
}
