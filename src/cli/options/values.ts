// Texts of the command line as values: times, sizes, endpoints, port ranges, upstream addresses. Pure, and knows no
// option by name. Every parser throws a UsageError that says what would be right; who calls it adds the option and the
// text.
import type { PortRange } from '../../ends/data-port.js';
import { parseAddressRange } from '../../protocol/address-range.js';
import { canonicalAddress, type Endpoint, parsePort } from '../../protocol/endpoint.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import { FTP_PORT, IMPLICIT_FTPS_PORT, isHost, parseHostPort } from '../../protocol/server-name.js';
import { UsageError } from '../program/errors.js';

const LOOPBACK = '127.0.0.1';

const MS_BY_UNIT: ReadonlyMap<string, number> = new Map([
  ['', 1000],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
]);

/** What a timer of Node can hold is a little more than 24 days; beyond that it fires at once. */
const MAX_DURATION_MS = 24 * 24 * 3_600_000;

/** `500ms`, `30s`, `5m`, `2h`; a number alone is in seconds. Returns milliseconds. */
export function parseDuration(text: string): number {
  const ms = parseQuantity(text, MS_BY_UNIT);
  if (ms === null || ms < 1 || ms > MAX_DURATION_MS) {
    throw new UsageError('Give a time such as 500ms, 30s, 5m or 2h, more than 0 and up to 576h.');
  }
  return Math.round(ms);
}

const BYTES_BY_UNIT: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['k', 1024],
  ['kib', 1024],
  ['kb', 1000],
  ['m', 1024 ** 2],
  ['mib', 1024 ** 2],
  ['mb', 1000 ** 2],
]);

/** The shortest line that FTP cannot do without is a 227 with some text around it. */
const MIN_LINE_BYTES = 128;
const MAX_LINE_BYTES = 16 * 1024 ** 2;

/** `512`, `16K`, `16KiB`, `1M`: a size for control lines, in bytes. */
export function parseLineSize(text: string): number {
  const bytes = parseQuantity(text, BYTES_BY_UNIT);
  if (bytes === null || !Number.isInteger(bytes) || bytes < MIN_LINE_BYTES || bytes > MAX_LINE_BYTES) {
    throw new UsageError('Give a size such as 512, 16KiB or 1MiB, from 128 bytes to 16 MiB.');
  }
  return bytes;
}

function parseQuantity(text: string, units: ReadonlyMap<string, number>): number | null {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]*)$/.exec(text.trim());
  const unit = units.get(match?.[2]?.toLowerCase() ?? '');
  return match === null || unit === undefined ? null : Number(match[1]) * unit;
}

const MAX_COUNT = 1_000_000;

/** A whole number from 1. */
export function parseCount(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MAX_COUNT) throw new UsageError(`Give a whole number from 1 to ${MAX_COUNT}.`);
  return count;
}

/**
 * `HOST:PORT`, `[V6]:PORT`; `:PORT` and `PORT` alone listen on the loopback address. Port 0 takes any free port. With `ftps://`
 * in front, TLS is spoken there from the first byte.
 */
export function parseListen(given: string): FtpEndpoint {
  const implicitTls = /^ftps:\/\//i.test(given);
  const text = implicitTls ? given.slice('ftps://'.length).replace(/\/$/, '') : given;
  const match = /^(?:(?:\[([^\]]*)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  const address = match?.[1] ?? (match?.[2] || LOOPBACK);
  if (!(port <= 65535) || !isHost(address, match?.[1] !== undefined)) {
    throw new UsageError(
      'Give HOST:PORT such as 127.0.0.1:2121, [::1]:2121 or 0.0.0.0:2121, with a port from 0 to 65535.',
    );
  }
  return implicitTls ? { address, port, implicitTls } : { address, port };
}

/** `FROM-TO`, or one port alone. */
export function parsePortRange(text: string): PortRange {
  const [fromText = '', toText = fromText, ...rest] = text.split('-');
  const from = parsePort(fromText);
  const to = parsePort(toText);
  if (from === null || to === null || rest.length > 0 || from > to) {
    throw new UsageError('Give FROM-TO such as 50000-50100, from 1 to 65535, the lower one first.');
  }
  return { from, to };
}

/** An IPv4 or IPv6 address. */
export function parseAddress(text: string): string {
  const address = canonicalAddress(text);
  if (address === null || text.includes('%')) throw new UsageError('Give an IP address such as 203.0.113.5.');
  return address;
}

/** An address, or a range of them such as `10.0.0.0/8`; given back as it was written. */
export function parseAddressRangeText(text: string): string {
  if (parseAddressRange(text) === null) {
    throw new UsageError('Give an IP address or a range of them (CIDR), such as 10.0.0.0/8 or 2001:db8::/32.');
  }
  return text;
}

/** An IP address, a host name, or `@FILE`: looked up when it is needed, as PORT and 227 carry addresses alone. */
export function parseAdvertised(text: string): string {
  if (/^@./s.test(text) || isHost(text, false)) return text;
  const address = canonicalAddress(text);
  if (address === null || text.includes('%')) {
    throw new UsageError('Give an IP address such as 203.0.113.5, a host name, or @FILE that holds one.');
  }
  return address;
}

/** `1`, `10`, `0.5`, `max`: how many times as fast. */
export function parseSpeed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const factor = /^\d{1,9}(?:\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (factor <= 0) throw new UsageError('Give a number above 0, such as 1, 10 or 0.5, or max.');
  return factor;
}

/** A port to connect from. */
export function parseSourcePort(text: string): number {
  const port = parsePort(text);
  if (port === null) throw new UsageError('Give a port from 1 to 65535, such as 20.');
  return port;
}

/** A file or folder to write. */
export function parsePath(text: string): string {
  if (text === '' || text.includes('\0')) throw new UsageError('Give the name of a file or folder.');
  if (text === '-') throw new UsageError('It takes a file; for observations on stdout use --json.');
  return text;
}

/** `ftp://HOST[:PORT]`, `ftps://HOST[:PORT]` (implicit TLS, port 990). The errors name the text themselves, as it belongs to no option. */
export function parseUpstream(text: string, use: ServerUse = RELAYED_TO): FtpEndpoint {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s.exec(text);
  const scheme = (match?.[1] ?? '').toLowerCase();
  const problem = match === null ? missingScheme(text) : problemOfScheme(scheme);
  if (problem !== null) throw notAServer(text, problem, use);
  const implicitTls = scheme === 'ftps';
  const authority = parseAuthority(match?.[2] ?? '', implicitTls ? IMPLICIT_FTPS_PORT : FTP_PORT, use);
  if (typeof authority === 'string') throw notAServer(text, authority, use);
  return implicitTls ? { ...authority, implicitTls } : authority;
}

/** What a server is named for, in the words of what is wrong with its name. */
interface ServerUse {
  readonly what: string;
  /** Where user and password come from. */
  readonly login: string;
  readonly path: string;
}

const RELAYED_TO: ServerUse = { what: 'relay', login: 'the client sends its own', path: 'the client chooses it' };

const REPLAYED_TO: ServerUse = {
  what: 'replay',
  login: 'say them with --user and --password',
  path: 'the recording has its own',
};

/** `parseUpstream` for `replay --to`. */
export function parseReplayServer(text: string): FtpEndpoint {
  return parseUpstream(text, REPLAYED_TO);
}

/** The text may hold a password, which is not to be repeated. */
function notAServer(text: string, problem: string, { what }: ServerUse): UsageError {
  return new UsageError(`cannot ${what} to '${text.replace(/\/\/[^/]*@/, '//...@')}': ${problem}`);
}

function missingScheme(text: string): string {
  const looksLikeHost = /^[A-Za-z0-9.-]+(:\d+)?$/.test(text);
  return looksLikeHost ? `write it as ftp://${text}` : 'give the server as ftp://HOST or ftp://HOST:PORT';
}

function problemOfScheme(scheme: string): string | null {
  switch (scheme) {
    case 'ftp':
    case 'ftps':
      return null;
    case 'ftpes':
      return 'for TLS by AUTH write ftp:// and --server-tls require; ftps:// is TLS from the first byte';
    case 'sftp':
      return 'SFTP is a part of SSH and another protocol; only ftp:// and ftps:// are understood';
    default:
      return 'only ftp:// and ftps:// are understood: ftp://HOST or ftp://HOST:PORT';
  }
}

/** What follows `ftp://`; a text says what is wrong with it. */
function parseAuthority(rest: string, defaultPort: number, use: ServerUse): Endpoint | string {
  const [authority = ''] = rest.split(/[/?#]/, 1);
  if (authority.includes('@')) return `leave out user and password, ${use.login}`;
  const path = rest.slice(authority.length);
  if (path !== '' && path !== '/') return `leave out the path ${path}, ${use.path}`;
  const server = parseHostPort(authority, defaultPort);
  if (server === 'no-host') return 'it names no host; give ftp://HOST or ftp://HOST:PORT, an IPv6 address in brackets';
  return server === 'no-port' ? 'the port must be a number from 1 to 65535' : server;
}
