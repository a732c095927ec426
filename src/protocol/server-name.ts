// A server as people name it: HOST, HOST:PORT, [V6]:PORT. Looks nothing up.
import { domainToASCII } from 'node:url';
import { addressFamily, type Endpoint, parsePort } from './endpoint.js';

export const FTP_PORT = 21;
/** Where servers speak TLS from the first byte (IANA's `ftps`). */
export const IMPLICIT_FTPS_PORT = 990;

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
function asciiHost(name: string): string {
  return /^[\x20-\x7e]*$/.test(name) ? name : domainToASCII(name);
}
