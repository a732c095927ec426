// The four forms in which FTP announces a data port: PORT's argument, EPRT's argument, the text of a 227 and of a 229.
// Each parser also says where in the line the announcement stands, so that a rewrite changes those bytes and no others.
import { addressFamily, canonicalAddress, type Endpoint, parsePort } from './endpoint.js';

/** A span of a line, and the endpoint that it announces. */
export interface Announcement {
  readonly endpoint: Endpoint;
  /** First byte of the announcement in the parsed text. */
  readonly start: number;
  /** First byte behind the announcement. */
  readonly end: number;
}

/** A 229 announces a port alone: the host is that of the control connection (RFC 2428 section 3). */
export interface PortAnnouncement {
  readonly port: number;
  readonly start: number;
  readonly end: number;
}

const SIX_NUMBERS = /(\d{1,5}) *, *(\d{1,5}) *, *(\d{1,5}) *, *(\d{1,5}) *, *(\d{1,5}) *, *(\d{1,5})/;

/** Parses the argument of PORT, `h1,h2,h3,h4,p1,p2` (RFC 959 section 4.1.2). Null when it is not six octets or names port 0. */
export function parsePortArgument(argument: string): Endpoint | null {
  const trimmed = argument.trim();
  const announcement = findSixNumbers(trimmed, 0);
  if (announcement === null) return null;
  return announcement.start === 0 && announcement.end === trimmed.length ? announcement.endpoint : null;
}

/** `h1,h2,h3,h4,p1,p2` for an IPv4 endpoint. */
export function formatPortArgument({ address, port }: Endpoint): string {
  return `${address.replaceAll('.', ',')},${port >> 8},${port & 255}`;
}

/**
 * Finds the address in a 227 reply. RFC 1123 section 4.1.2.6 leaves the text around it free: parentheses, a leading `=`,
 * spaces and a trailing dot all occur, so the first six numbers in a row count, behind the reply code.
 */
export function parse227(line: string): Announcement | null {
  return findSixNumbers(line, REPLY_CODE_LENGTH);
}

const REPLY_CODE_LENGTH = 3;

function findSixNumbers(text: string, from: number): Announcement | null {
  const match = SIX_NUMBERS.exec(text.slice(from));
  if (match === null) return null;
  const numbers = match.slice(1).map(Number);
  if (numbers.some((number) => number > 255)) return null;
  const [h1, h2, h3, h4, p1 = 0, p2 = 0] = numbers;
  const port = p1 * 256 + p2;
  if (port === 0) return null;
  const start = from + match.index;
  return { endpoint: { address: `${h1}.${h2}.${h3}.${h4}`, port }, start, end: start + match[0].length };
}

/**
 * Parses the argument of EPRT, `|family|address|port|` with any delimiter from 33 to 126 (RFC 2428 section 2).
 * Null when it is malformed; `unknownFamily` when only the family is not 1 or 2, which has a reply of its own (522).
 */
export function parseEprtArgument(argument: string): Endpoint | 'unknownFamily' | null {
  const fields = splitByOwnDelimiter(argument.trim());
  if (fields?.length !== 3) return null;
  const [family = '', address = '', portText = ''] = fields;
  if (!/^\d+$/.test(family)) return null;
  if (family !== '1' && family !== '2') return 'unknownFamily';
  const canonical = canonicalAddress(address);
  const port = parsePort(portText);
  if (canonical === null || port === null) return null;
  // An IPv4-mapped IPv6 address is written with family 2 and yet reaches an IPv4 host.
  const spelledAsIpv6 = address.includes(':');
  if (spelledAsIpv6 !== (family === '2')) return null;
  return { address: canonical, port };
}

function splitByOwnDelimiter(text: string): string[] | null {
  const delimiter = text.charAt(0);
  if (!isDelimiter(delimiter) || !text.endsWith(delimiter) || text.length < 2) return null;
  return text.slice(1, -1).split(delimiter);
}

function isDelimiter(character: string): boolean {
  const code = character.charCodeAt(0);
  return code >= 33 && code <= 126 && !/\d/.test(character);
}

/** `|1|10.0.0.1|1025|` or `|2|::1|1025|`. */
export function formatEprtArgument({ address, port }: Endpoint): string {
  return `|${addressFamily(address) ?? 1}|${address}|${port}|`;
}

/**
 * Finds the port in a 229 reply, `(|||port|)` with any delimiter (RFC 2428 section 3). Some servers fill in the family
 * and the address that must be empty; they are passed over, as the RFC demands the control connection's host.
 */
export function parse229(line: string): PortAnnouncement | null {
  for (let open = line.indexOf('(', REPLY_CODE_LENGTH); open !== -1; open = line.indexOf('(', open + 1)) {
    const found = portBehind(line, open + 1);
    if (found !== null) return found;
  }
  return null;
}

function portBehind(line: string, from: number): PortAnnouncement | null {
  const delimiter = line.charAt(from);
  if (!isDelimiter(delimiter)) return null;
  const close = line.indexOf(')', from);
  const fields = splitByOwnDelimiter(line.slice(from, close === -1 ? line.length : close).trimEnd());
  if (fields?.length !== 3) return null;
  const [family = '', address = '', portText = ''] = fields;
  const port = parsePort(portText);
  if (port === null) return null;
  const start = from + 1 + family.length + 1 + address.length + 1;
  return { port, start, end: start + portText.length };
}
