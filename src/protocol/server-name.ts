// A server as people name it: HOST, HOST:PORT, [V6]:PORT, with ftp:// or ftps:// in front. Looks nothing up.
import { domainToASCII } from 'node:url';
import { addressFamily, type Endpoint, parsePort } from './endpoint.js';
import { utf8Reading } from './wire-text.js';

export const FTP_PORT = 21;
/** Where servers speak TLS from the first byte (IANA's `ftps`). */
export const IMPLICIT_FTPS_PORT = 990;

/** A server or a listener whose connections may be TLS from their first byte (implicit FTPS). */
export interface FtpEndpoint extends Endpoint {
  readonly implicitTls?: boolean | undefined;
}

/**
 * Parses what a client calls a server, one character a byte. TLS from the first byte is what `ftps://` means, and port 990
 * without a word. A text says what is wrong.
 */
export function parseServerName(named: string): FtpEndpoint | string {
  const text = (utf8Reading(named) ?? named).trim();
  const [, scheme = '', place = ''] = /^(?:(ftps?):\/\/)?(.*?)\/?$/is.exec(text) ?? [];
  const defaultPort = scheme.toLowerCase() === 'ftps' ? IMPLICIT_FTPS_PORT : FTP_PORT;
  const server = parseHostPort(withBrackets(place), defaultPort);
  if (server === 'no-host') return 'it names no host';
  if (server === 'no-port')
    return 'the port must be a number from 1 to 65535, and an IPv6 address before it in brackets';
  const implicitTls = scheme === '' ? server.port === IMPLICIT_FTPS_PORT : scheme.toLowerCase() === 'ftps';
  return implicitTls ? { ...server, implicitTls } : server;
}

/** Clients leave out the brackets around IPv6 (lftp does). What can be an address is one; only then a number behind it is a port. */
function withBrackets(place: string): string {
  if (place.startsWith('[')) return place;
  if (addressFamily(place) === 2) return `[${place}]`;
  const [, address = '', port = ''] = /^(.+):(\d+)$/.exec(place) ?? [];
  return addressFamily(address) === 2 ? `[${address}]:${port}` : place;
}

/** Parses `HOST`, `HOST:PORT` and the like; for anything else says what is missing in it. */
export function parseHostPort(text: string, defaultPort: number): Endpoint | 'no-host' | 'no-port' {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text);
  const host = match?.[1] ?? asciiHost(match?.[2] ?? '');
  if (!isHost(host, match?.[1] !== undefined)) return 'no-host';
  const port = match?.[3] === undefined ? defaultPort : parsePort(match[3]);
  return port === null ? 'no-port' : { address: host, port };
}

/** Whether a text can name a host: an IP address (IPv6 alone in brackets), or a host name by its characters. */
export function isHost(text: string, bracketed: boolean): boolean {
  if (bracketed) return text.includes(':') && addressFamily(text) !== null;
  if (/^[\d.]+$/.test(text)) return addressFamily(text) === 1;
  return text.length <= 253 && /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?$/.test(text);
}

/** International names as DNS has them. ASCII stays as it is: `domainToASCII` would make an address of `1.2.3`. */
export function asciiHost(name: string): string {
  return /^[\x20-\x7e]*$/.test(name) ? name : domainToASCII(name);
}
