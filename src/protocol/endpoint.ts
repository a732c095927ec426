// An address and a port, written and compared the way FTP needs it. Knows nothing of sockets.
import ipaddr from 'ipaddr.js';

/** One end of a TCP connection. `address` is an IP literal, or a host name where a user gave one. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Address families as RFC 2428 numbers them: 1 is IPv4, 2 is IPv6. */
export type AddressFamily = 1 | 2;

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
/** In the one spelling that has no other reading. */
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** `10.0.0.1:21`, `[::1]:21`, `ftp.example.com:21`. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The one spelling of an IP address (lower case, compressed, no IPv4-mapped IPv6, no zone), or null for anything else. */
export function canonicalAddress(text: string): string | null {
  if (IPV4.test(text)) return text;
  const bare = text.split('%', 1)[0] ?? '';
  if (!ipaddr.IPv6.isValid(bare)) return null;
  const parsed = ipaddr.IPv6.parse(bare);
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.toString();
}

/** Whether two IP literals name the same host, however they are spelled. */
export function sameAddress(left: string, right: string): boolean {
  const canonical = canonicalAddress(left);
  return canonical !== null && canonical === canonicalAddress(right);
}

/** Whether two ends are the same, however their addresses are spelled. */
export function sameEndpoint(left: Endpoint, right: Endpoint): boolean {
  return left.port === right.port && sameAddress(left.address, right.address);
}

/** The family of an IP literal, or null for a host name. */
export function addressFamily(address: string): AddressFamily | null {
  const canonical = canonicalAddress(address);
  if (canonical === null) return null;
  return canonical.includes(':') ? 2 : 1;
}

/** Parses a decimal port from 1 to 65535; null for anything else. Port 0 names no listener (RFC 959 gives it no meaning). */
export function parsePort(text: string): number | null {
  if (!/^\d{1,5}$/.test(text)) return null;
  const port = Number(text);
  return port >= 1 && port <= 65535 ? port : null;
}
