// Which addresses are this machine's own: who connects there may reach the proxy itself.
import { networkInterfaces } from 'node:os';
import { parseAddressRange } from '../protocol/address-range.js';
import { sameAddress } from '../protocol/endpoint.js';

/** All of them lead back here, whether an interface bears them or not: loopback, and the addresses that stand for none. */
const ALWAYS_OURS = ['127.0.0.0/8', '::1', '0.0.0.0/8', '::'].map(parseAddressRange);

export function isThisMachine(address: string): boolean {
  if (ALWAYS_OURS.some((range) => range?.includes(address))) return true;
  const ours = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  return ours.some((one) => sameAddress(one.address, address));
}
