// Addresses that the proxy listens on, as clients see them.
import type { Endpoint } from '../../protocol/endpoint.js';

/** An address of the proxy that a client on this machine can connect to. */
export function reachableHere({ address, port }: Endpoint): Endpoint {
  if (address === '0.0.0.0') return { address: '127.0.0.1', port };
  return address === '::' ? { address: '::1', port } : { address, port };
}
