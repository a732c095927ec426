// The two ends of a connection, as they are told and dialled. A listener for both families knows an IPv4 peer by an
// IPv4-mapped IPv6 address; nobody else would, so it is spelled as IPv4. A zone (`fe80::1%eth0`) stays: dialling needs it.
import type { Socket } from 'node:net';
import type { Endpoint } from '../protocol/endpoint.js';

export function localEnd({ localAddress, localPort }: Socket): Endpoint {
  return { address: unmapped(localAddress ?? ''), port: localPort ?? 0 };
}

export function remoteEnd({ remoteAddress, remotePort }: Socket): Endpoint {
  return { address: unmapped(remoteAddress ?? ''), port: remotePort ?? 0 };
}

function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}
