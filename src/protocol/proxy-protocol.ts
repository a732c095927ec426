// The PROXY protocol, versions 1 and 2, as HAProxy's specification has it (proxy-protocol.txt, sections 2.1 and 2.2): a header in
// front of a connection's own bytes, in which a load balancer tells whom it connects. Bytes to facts and back; knows no sockets.
import ipaddr from 'ipaddr.js';
import { addressFamily, canonicalAddress, type Endpoint } from './endpoint.js';
import { escapeForTerminal } from './wire-text.js';

export type ProxyProtocolVersion = (typeof PROXY_PROTOCOL_VERSIONS)[number];
export const PROXY_PROTOCOL_VERSIONS = ['v1', 'v2'] as const;

/** The connection that the header describes: who made it, and what it was made to. */
export interface ToldConnection {
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

export type ProxyHeader =
  /** What was read so far may become a header. */
  | { readonly kind: 'incomplete' }
  | {
      readonly kind: 'complete';
      readonly version: ProxyProtocolVersion;
      /** Bytes of the header; what follows is the connection's own. */
      readonly length: number;
      /** Null when the sender speaks for itself (LOCAL), or knows no TCP addresses (UNKNOWN, UNSPEC): the connection's own hold. */
      readonly told: ToldConnection | null;
    }
  | { readonly kind: 'malformed'; readonly reason: string };

/** CR LF included. */
const MAX_V1_BYTES = 107;
/** The length field would let a header have 64 KiB; with every extension that is known it has some hundred bytes. */
const MAX_V2_BYTES = 4096;

const V1_SIGNATURE = Buffer.from('PROXY ', 'latin1');
const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Signature, version and command, family, length. */
const V2_FIXED_BYTES = 16;
const TLV_HEAD_BYTES = 3;
const VERSION_2 = 2;
const LOCAL = 0;
const PROXY = 1;
const SHOWN_BYTES = 20;

/** Address families and transports of version 2, with the length of their addresses. */
const FAMILIES: ReadonlyMap<
  number,
  { readonly what: 'unspecified' | 4 | 6 | 'unix' | 'datagram'; readonly bytes: number }
> = new Map([
  [0x00, { what: 'unspecified', bytes: 0 }],
  [0x11, { what: 4, bytes: 12 }],
  [0x21, { what: 6, bytes: 36 }],
  [0x31, { what: 'unix', bytes: 216 }],
  [0x12, { what: 'datagram', bytes: 12 }],
  [0x22, { what: 'datagram', bytes: 36 }],
  [0x32, { what: 'datagram', bytes: 216 }],
]);

/** Whether these are the first bytes of a header, and of nothing else. */
export function startsProxyHeader(bytes: Buffer): boolean {
  return (
    /^PROXY (TCP[46]|UNKNOWN)\b/.test(bytes.toString('latin1', 0, SHOWN_BYTES)) || bytes.indexOf(V2_SIGNATURE) === 0
  );
}

/** Reads the header that a connection begins with. `bytes` is all that came from its beginning on. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (begins(bytes, V1_SIGNATURE)) return bytes.length < V1_SIGNATURE.length ? INCOMPLETE : parseV1(bytes);
  if (begins(bytes, V2_SIGNATURE)) return bytes.length < V2_FIXED_BYTES ? INCOMPLETE : parseV2(bytes);
  return malformed(`the connection begins with ${escapeForTerminal(firstWord(bytes))}`);
}

/** The header that tells of this connection. */
export function formatProxyHeader(version: ProxyProtocolVersion, told: ToldConnection): Buffer {
  return version === 'v1' ? formatV1(told) : formatV2(told);
}

const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };

function malformed(reason: string): ProxyHeader {
  return { kind: 'malformed', reason };
}

/** What is no header may be a login: no more of it is told than what kind of thing it is. */
function firstWord(bytes: Buffer): string {
  return /^(?:[!-~]+|[^!-~]+)/.exec(bytes.toString('latin1', 0, SHOWN_BYTES))?.[0] ?? '';
}

/** Whether the bytes are the signature, or may become it. */
function begins(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.subarray(0, length).equals(signature.subarray(0, length));
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, MAX_V1_BYTES).indexOf('\n');
  if (end === -1) {
    return bytes.length < MAX_V1_BYTES ? INCOMPLETE : malformed(`no line end within ${MAX_V1_BYTES} bytes`);
  }
  const line = bytes.toString('latin1', 0, end + 1);
  if (!line.endsWith('\r\n')) return malformed('its line does not end in CR LF');
  const complete = { kind: 'complete', version: 'v1', length: line.length } as const;
  const [, protocol, ...rest] = line.slice(0, -2).split(' ');
  if (protocol === 'UNKNOWN') return { ...complete, told: null };
  if (protocol !== 'TCP4' && protocol !== 'TCP6') return malformed('it names neither TCP4, TCP6 nor UNKNOWN');
  const [from = '', to = '', fromPort = '', toPort = '', ...more] = rest;
  const read = protocol === 'TCP4' ? ipv4 : ipv6;
  const source = endpointOf(read(from), fromPort);
  const destination = endpointOf(read(to), toPort);
  if (source === null || destination === null || more.length > 0) {
    return malformed(`its addresses are not those of ${protocol}: ${escapeForTerminal(rest.join(' '))}`);
  }
  return { ...complete, told: { source, destination } };
}

function endpointOf(address: string | null, portText: string): Endpoint | null {
  const port = /^(?:0|[1-9]\d{0,4})$/.test(portText) ? Number(portText) : Number.NaN;
  return address !== null && port <= 65535 ? { address, port } : null;
}

/** Four numbers without leading zeros, as the specification wants them. */
function ipv4(text: string): string | null {
  const octets = text.split('.');
  const right = octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255);
  return right && octets.length === 4 ? text : null;
}

function ipv6(text: string): string | null {
  return text.includes(':') && !text.includes('%') ? canonicalAddress(text) : null;
}

function parseV2(bytes: Buffer): ProxyHeader {
  const versionAndCommand = bytes.readUInt8(V2_SIGNATURE.length);
  const family = FAMILIES.get(bytes.readUInt8(V2_SIGNATURE.length + 1));
  const length = V2_FIXED_BYTES + bytes.readUInt16BE(V2_SIGNATURE.length + 2);
  const command = versionAndCommand & 0x0f;
  if (versionAndCommand >> 4 !== VERSION_2) return malformed(`its version is ${versionAndCommand >> 4}, not 2`);
  if (command !== LOCAL && command !== PROXY) return malformed(`its command ${command} is neither LOCAL nor PROXY`);
  if (length > MAX_V2_BYTES) return malformed(`it has ${length} bytes, more than ${MAX_V2_BYTES}`);
  if (bytes.length < length) return INCOMPLETE;
  const complete = { kind: 'complete', version: 'v2', length } as const;
  // Whatever a LOCAL header holds is to be passed over.
  if (command === LOCAL) return { ...complete, told: null };
  if (family === undefined) return malformed('it is of an unknown address family or transport');
  if (family.what === 'datagram') return malformed('it is for datagrams, not for a connection');
  const body = bytes.subarray(V2_FIXED_BYTES, length);
  if (body.length < family.bytes) return malformed(`its addresses are cut off after ${body.length} bytes`);
  // What an unspecified family is followed by is not said to be extensions.
  if (family.what !== 'unspecified' && !areExtensions(body.subarray(family.bytes))) {
    return malformed('its extensions (TLV) do not fit into it');
  }
  return { ...complete, told: family.what === 4 || family.what === 6 ? addressesIn(body, family.what) : null };
}

/** A type, a length and a value, again and again, up to the end. */
function areExtensions(bytes: Buffer): boolean {
  let at = 0;
  while (at + TLV_HEAD_BYTES <= bytes.length) at += TLV_HEAD_BYTES + bytes.readUInt16BE(at + 1);
  return at === bytes.length;
}

function addressesIn(body: Buffer, family: 4 | 6): ToldConnection {
  const size = family === 4 ? 4 : 16;
  const address = (at: number) =>
    canonicalAddress(ipaddr.fromByteArray([...body.subarray(at, at + size)]).toString()) ?? '';
  return {
    source: { address: address(0), port: body.readUInt16BE(2 * size) },
    destination: { address: address(size), port: body.readUInt16BE(2 * size + 2) },
  };
}

function formatV1({ source, destination }: ToldConnection): Buffer {
  const { protocol, write } = areIpv4(source, destination)
    ? { protocol: 'TCP4', write: (address: string) => address }
    : { protocol: 'TCP6', write: asIpv6 };
  const addresses = `${write(source.address)} ${write(destination.address)} ${source.port} ${destination.port}`;
  return Buffer.from(`PROXY ${protocol} ${addresses}\r\n`, 'latin1');
}

function formatV2({ source, destination }: ToldConnection): Buffer {
  const bothIpv4 = areIpv4(source, destination);
  const octets = (address: string) => ipaddr.parse(bothIpv4 ? address : asIpv6(address)).toByteArray();
  const body = Buffer.from([...octets(source.address), ...octets(destination.address), 0, 0, 0, 0]);
  body.writeUInt16BE(source.port, body.length - 4);
  body.writeUInt16BE(destination.port, body.length - 2);
  const head = Buffer.from([(VERSION_2 << 4) | PROXY, bothIpv4 ? 0x11 : 0x21, 0, body.length]);
  return Buffer.concat([V2_SIGNATURE, head, body]);
}

function areIpv4(...endpoints: readonly Endpoint[]): boolean {
  return endpoints.every(({ address }) => addressFamily(address) === 1);
}

/** Both addresses of a header are of one family: with an IPv6 address beside it, an IPv4 address is mapped into IPv6. */
function asIpv6(address: string): string {
  const canonical = canonicalAddress(address) ?? address;
  return canonical.includes(':') ? canonical : `::ffff:${canonical}`;
}
