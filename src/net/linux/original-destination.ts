// Where a redirected connection was meant to go: nftables' `redirect` changes the address of a connection that comes in, and the
// kernel's connection tracking keeps the one that it had.
import type { Socket } from 'node:net';
import { localEnd } from '../../ends/socket-ends.js';
import { addressFamily, type Endpoint } from '../../protocol/endpoint.js';
import { fileDescriptor } from './file-descriptor.js';
import type { Kernel } from './kernel.js';
import { fromSocketAddress, SOCKADDR_IN_BYTES, SOCKADDR_IN6_BYTES } from './socket-address.js';

const SOL_IP = 0;
const SOL_IPV6 = 41;
/** SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST. */
const SO_ORIGINAL_DST = 80;

/** Null for a connection that the kernel knows nothing of: nobody has redirected it. */
export function originalDestination(kernel: Kernel, socket: Socket): Endpoint | null {
  const fd = fileDescriptor(socket);
  if (fd === null) return null;
  const ipv4 = addressFamily(localEnd(socket).address) === 1;
  const [level, bytes] = ipv4 ? [SOL_IP, SOCKADDR_IN_BYTES] : [SOL_IPV6, SOCKADDR_IN6_BYTES];
  try {
    return fromSocketAddress(kernel.getOption(fd, level, SO_ORIGINAL_DST, bytes));
  } catch {
    return null;
  }
}
