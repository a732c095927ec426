// Starts a connection: from an address of our own, or, where the kernel lets us, from somebody else's. Within a time.
import { type LookupFunction, Socket } from 'node:net';
import { NoConnectionInTime } from '../protocol/connection-failure.js';
import type { Endpoint } from '../protocol/endpoint.js';

/** Makes a socket bound to an address that is not this machine's (transparent mode), and gives its file descriptor. */
export type BindForeign = (local: Endpoint) => number;

/** Where a connection goes. */
export interface DialTarget extends Endpoint {
  /** Finds the host's addresses. Default: the system. */
  readonly lookup?: LookupFunction;
}

/** Where a connection comes from. */
export interface DialFrom {
  /** Port 0 and an empty address for any; null for the system's choice of both. */
  readonly local: Endpoint | null;
  /** For an address that is not this machine's. */
  readonly bindForeign: BindForeign | null;
}

/** The system chooses address and port. */
export const FROM_ANYWHERE: DialFrom = { local: null, bindForeign: null };

/**
 * The socket tells by its events how it goes; one that is not connected in time has an error that says so. Throws when a foreign
 * address cannot be had.
 */
export function dial(to: DialTarget, from: DialFrom, timeoutMs: number, options: object = {}): Socket {
  const socket = connecting(to, from, options);
  const tooLate = () => socket.destroy(new NoConnectionInTime(`no connection within ${timeoutMs / 1000} s`));
  const timer = setTimeout(tooLate, timeoutMs);
  const settled = () => clearTimeout(timer);
  return socket.once('connect', settled).once('close', settled);
}

function connecting(to: DialTarget, { local, bindForeign }: DialFrom, options: object): Socket {
  const found = to.lookup === undefined ? {} : { lookup: to.lookup };
  if (local !== null && bindForeign !== null) {
    // Without `manualStart` Node would begin to read from what is not connected yet.
    const made = { allowHalfOpen: true, ...options, fd: bindForeign(local), manualStart: true };
    return new Socket(made satisfies object).connect({ host: to.address, port: to.port, ...found });
  }
  const localAddress = local === null || local.address === '' ? {} : { localAddress: local.address };
  const localPort = local === null || local.port === 0 ? {} : { localPort: local.port };
  return new Socket({ allowHalfOpen: true, ...options }).connect({
    host: to.address,
    port: to.port,
    ...found,
    ...localAddress,
    ...localPort,
  });
}
