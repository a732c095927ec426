// Endpoints as the kernel writes them: struct sockaddr_in and sockaddr_in6, in bytes. Pure.
import ipaddr from 'ipaddr.js';
import type { Endpoint } from '../../protocol/endpoint.js';

/** Of Linux, on every machine. */
export const AF_INET = 2;
export const AF_INET6 = 10;

export const SOCKADDR_IN_BYTES = 16;
export const SOCKADDR_IN6_BYTES = 28;
const PORT_AT = 2;
const IPV4_AT = 4;
const IPV6_AT = 8;

/** Throws for what is no IP address. */
export function toSocketAddress({ address, port }: Endpoint): Buffer {
  const parsed = ipaddr.parse(address);
  const ipv4 = parsed.kind() === 'ipv4';
  const bytes = Buffer.alloc(ipv4 ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES);
  writeNative(bytes, ipv4 ? AF_INET : AF_INET6);
  bytes.writeUInt16BE(port, PORT_AT);
  Buffer.from(parsed.toByteArray()).copy(bytes, ipv4 ? IPV4_AT : IPV6_AT);
  return bytes;
}

/** Null for any other family, and for what is too short to be what it says. */
export function fromSocketAddress(bytes: Buffer): Endpoint | null {
  if (bytes.length < SOCKADDR_IN_BYTES) return null;
  const family = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + PORT_AT))[0];
  const port = bytes.readUInt16BE(PORT_AT);
  if (family === AF_INET) return { address: readAddress(bytes.subarray(IPV4_AT, IPV4_AT + 4)), port };
  if (family !== AF_INET6 || bytes.length < SOCKADDR_IN6_BYTES) return null;
  return { address: readAddress(bytes.subarray(IPV6_AT, IPV6_AT + 16)), port };
}

const readAddress = (bytes: Buffer) => ipaddr.fromByteArray([...bytes]).toString();

/** The family stands in the machine's own byte order. */
function writeNative(bytes: Buffer, family: number): void {
  new Uint8Array(new Uint16Array([family]).buffer).forEach((byte, index) => {
    bytes[index] = byte;
  });
}
