// Transparent mode: how connections that clients meant for servers come to the proxy. Two ways, both of Linux: `redirect`, where
// they come to an address of the proxy's, and `tproxy`, where they keep theirs and the proxy speaks from foreign addresses.
import type { Socket } from 'node:net';
import type { BindForeign } from '../ends/dial.js';
import { localEnd } from '../ends/socket-ends.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import { openKernel } from './linux/kernel.js';
import { originalDestination } from './linux/original-destination.js';
import { boundSocket } from './linux/transparent-sockets.js';
import { isThisMachine } from './own-addresses.js';

export type InterceptionMethod = (typeof INTERCEPTION_METHODS)[number];
export const INTERCEPTION_METHODS = ['redirect', 'tproxy'] as const;

export interface Interception {
  /** Where a connection was meant to go; null when nobody has redirected it. */
  destination(socket: Socket): Endpoint | null;
  /** Null where the proxy speaks from its own addresses. */
  readonly bindForeign: BindForeign | null;
}

/** Rejects with an InterceptionError where it cannot be done. */
export async function openInterception(method: InterceptionMethod): Promise<Interception> {
  const kernel = await openKernel();
  if (method === 'redirect') {
    return { destination: (socket) => originalDestination(kernel, socket), bindForeign: null };
  }
  return { destination: localEnd, bindForeign: (local) => boundSocket(kernel, local) };
}

/**
 * Why a destination cannot be served: without this, a client that connects to the proxy itself would make it connect to itself
 * without end. Null when it can.
 */
export function loopReason(destination: Endpoint | null, listeners: readonly Endpoint[]): string | null {
  if (destination === null) return 'this connection was not redirected to the proxy, so it names no server';
  const toUs = listeners.some(({ port }) => port === destination.port) && isThisMachine(destination.address);
  return toUs
    ? `${formatEndpoint(destination)} is this proxy itself, which takes connections that are redirected to it`
    : null;
}
