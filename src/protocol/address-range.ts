// A range of IP addresses as people write it (CIDR, RFC 4632): which addresses are in it.
import ipaddr from 'ipaddr.js';
import { canonicalAddress } from './endpoint.js';

/** Addresses that begin with the same bits. */
export interface AddressRange {
  includes(address: string): boolean;
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address alone; null for anything else. */
export function parseAddressRange(text: string): AddressRange | null {
  const [first = '', bitsText, ...more] = text.split('/');
  const address = canonicalAddress(first);
  if (address === null || first.includes('%') || more.length > 0) return null;
  const network = ipaddr.parse(address);
  const most = network.kind() === 'ipv4' ? 32 : 128;
  const bits = bitsText === undefined ? most : prefixBits(bitsText, most);
  if (bits === null) return null;
  return {
    includes: (other) => {
      const canonical = canonicalAddress(other);
      if (canonical === null) return false;
      const candidate = ipaddr.parse(canonical);
      return candidate.kind() === network.kind() && candidate.match(network, bits);
    },
  };
}

function prefixBits(text: string, most: number): number | null {
  return /^\d{1,3}$/.test(text) && Number(text) <= most ? Number(text) : null;
}
