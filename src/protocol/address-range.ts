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

/** Whether an IP address is one that not everyone can reach (RFC 1918, RFC 6598, loopback, link-local, ...). */
export function isPrivateAddress(address: string): boolean {
  const canonical = canonicalAddress(address);
  return canonical !== null && ipaddr.parse(canonical).range() !== 'unicast';
}

function prefixBits(text: string, most: number): number | null {
  return /^\d{1,3}$/.test(text) && Number(text) <= most ? Number(text) : null;
}

/** Bits of an IPv6 address that its user cannot choose (RFC 4291 section 2.5.4). */
const IPV6_NETWORK_BYTES = 8;

/** What tells one host from another: an IPv4 address, or the /64 of an IPv6 address, as any host there has all the others. */
export function hostOf(address: string): string {
  const canonical = canonicalAddress(address);
  if (canonical === null) return address;
  const parsed = ipaddr.parse(canonical);
  return parsed.kind() === 'ipv4' ? canonical : `${parsed.toByteArray().slice(0, IPV6_NETWORK_BYTES).join('.')}/64`;
}
