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

/** Numbers with commas between them, a run as long as it goes. A minus is read behind a comma only. */
const NUMBERS_IN_A_ROW = /\d+(?: *, *-?\d+)*/g;

/** Parses the argument of PORT, `h1,h2,h3,h4,p1,p2` (RFC 959 section 4.1.2). Null when it is not six octets or names port 0. */
export function parsePortArgument(argument: string): Endpoint | null {
  const trimmed = argument.trim();
  const found = trimmed.includes('-') ? null : findSixNumbers(trimmed, 0);
  return found !== null && found.end - found.start === trimmed.length ? found.endpoint : null;
}

/** `h1,h2,h3,h4,p1,p2` for an IPv4 endpoint. */
export function formatPortArgument({ address, port }: Endpoint): string {
  return `${(canonicalAddress(address) ?? address).replaceAll('.', ',')},${port >> 8},${port & 255}`;
}

/**
 * Finds the address in a 227 reply. RFC 1123 section 4.1.2.6 leaves the text around it free: parentheses, a leading `=`,
 * spaces, a trailing dot and other numbers all occur, so the first six numbers in a row count, behind the reply code.
 */
export function parse227(line: string): Announcement | null {
  return findSixNumbers(line, REPLY_CODE.test(line) ? 3 : 0);
}

/** A line between the first and the last of a reply has no code to be passed over, and may begin with the numbers. */
const REPLY_CODE = /^\d{3}(?![\d,])/;

function findSixNumbers(text: string, from: number): Announcement | null {
  for (const match of text.slice(from).matchAll(NUMBERS_IN_A_ROW)) {
    const row = match[0];
    const numbers = row.split(',').map(Number);
    if (numbers.length !== 6) continue;
    const endpoint = endpointOf(numbers);
    const start = from + match.index;
    return endpoint && { endpoint, start, end: start + row.length };
  }
  return null;
}

/** A line with another endpoint in the place of everything in it that a client could take for a 227's address, valid or not. */
export function withOtherPort227(line: string, endpoint: Endpoint): string {
  const from = REPLY_CODE.test(line) ? 3 : 0;
  const isAddress = (row: string) => row.split(',').length >= 6;
  return (
    line.slice(0, from) +
    line.slice(from).replace(NUMBERS_IN_A_ROW, (row) => (isAddress(row) ? formatPortArgument(endpoint) : row))
  );
}

function endpointOf(numbers: readonly number[]): Endpoint | null {
  const host = numbers.slice(0, 4);
  const ports = numbers.slice(4).map(unsignedOctet);
  if (![...host, ...ports].every(isOctet)) return null;
  const [high = 0, low = 0] = ports;
  const port = high * 256 + low;
  return port === 0 ? null : { address: host.join('.'), port };
}

/** Servers that print their port's bytes as signed numbers exist: -61 is 195. */
function unsignedOctet(number: number): number {
  return number < 0 && number >= -128 ? number + 256 : number;
}

function isOctet(number: number): boolean {
  return number >= 0 && number <= 255;
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
  if (!/^[!-/:-~]$/.test(delimiter) || !text.endsWith(delimiter) || text.length < 2) return null;
  return text.slice(1, -1).split(delimiter);
}

/** An EPRT of a family that RFC 2428 does not have, or that is not its address's, with what that and the port look like all the same. */
export interface OddEprt {
  readonly family: string;
  readonly endpoint: Endpoint;
}

/** Null for other EPRTs, and where no address and port can be read. */
export function parseOddEprtArgument(argument: string): OddEprt | null {
  const fields = splitByOwnDelimiter(argument.trim());
  const [family = '', address = '', portText = ''] = fields ?? [];
  if (fields?.length !== 3 || !/^\d+$/.test(family) || isEndpoint(parseEprtArgument(argument))) return null;
  const canonical = canonicalAddress(address);
  const port = parsePort(portText);
  return canonical === null || port === null ? null : { family, endpoint: { address: canonical, port } };
}

function isEndpoint(parsed: Endpoint | 'unknownFamily' | null): parsed is Endpoint {
  return parsed !== null && parsed !== 'unknownFamily';
}

/** `|1|10.0.0.1|1025|` or `|2|::1|1025|`. A zone means nothing to a peer, and an IPv4-mapped address is IPv4. */
export function formatEprtArgument({ address, port }: Endpoint, family = `${addressFamily(address) ?? 1}`): string {
  return `|${family}|${canonicalAddress(address) ?? address}|${port}|`;
}

/** A parenthesis, three delimiters with what must be empty between them, the port, the delimiter. */
const PORT_IN_PARENTHESES = /(\(([!-/:-~])(?:(?!\2)[^)])*\2(?:(?!\2)[^)])*\2)(\d+)\2 *(?:\)|$)/;

/**
 * Finds the port in a 229 reply, `(|||port|)` with any delimiter (RFC 2428 section 3). Some servers fill in the family
 * and the address that must be empty; they are passed over, as the RFC demands the control connection's host.
 */
export function parse229(line: string): PortAnnouncement | null {
  const match = PORT_IN_PARENTHESES.exec(line);
  if (match === null) return null;
  const [, before = '', , digits = ''] = match;
  const port = parsePort(digits);
  const start = match.index + before.length;
  return port === null ? null : { port, start, end: start + digits.length };
}

/** A line with another port in the place of a 229's, and nothing where a server filled in what RFC 2428 leaves empty. */
export function withOtherPort229(line: string, port: number): string {
  const all = new RegExp(PORT_IN_PARENTHESES, 'g');
  return line.replace(all, (match, before: string, delimiter: string, digits: string) => {
    return `(${delimiter.repeat(3)}${port}${match.slice(before.length + digits.length)}`;
  });
}
