// Texts of the command line as values: times, sizes, endpoints, port ranges, server addresses. Pure, and knows no
// option by name. Every parser throws a UsageError that says what would be right; who calls it adds the option and the
// text.
import type { PortRange } from '../../ends/port-ranges.js';
import {
  ADVERTISED_ADDRESS,
  COUNT,
  IP_ADDRESS,
  LINE_BYTES,
  LISTEN_PORT,
  MILLISECONDS,
  PORT,
  PORT_RANGE,
} from '../../net/options/ftp-values.js';
import { isOfKind, type ValueKind } from '../../net/options/value-kinds.js';
import { canonicalAddress, type Endpoint } from '../../protocol/endpoint.js';
import { FTP_PORT, type FtpEndpoint, IMPLICIT_FTPS_PORT, isHost, parseHostPort } from '../../protocol/server-name.js';
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

/** `500ms`, `30s`, `5m`, `2h`; a number alone is in seconds. Returns milliseconds. */
export function parseDuration(text: string): number {
  const ms = Math.round(parseQuantity(text, MS_BY_UNIT));
  if (isOfKind(MILLISECONDS, ms)) return ms;
  const [shortest, longest] = [durationText(MILLISECONDS.min), durationText(MILLISECONDS.max)];
  throw new UsageError(`Give a time such as 500ms, 30s, 5m or 2h, from ${shortest} to ${longest}.`);
}

/** `30s`, `15m`: as `parseDuration` reads it. */
export function durationText(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
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

/** `512`, `16K`, `16KiB`, `1M`: a size for control lines, in bytes. */
export function parseLineSize(text: string): number {
  const bytes = parseQuantity(text, BYTES_BY_UNIT);
  if (isOfKind(LINE_BYTES, bytes)) return bytes;
  const [least, most] = [sizeText(LINE_BYTES.min), sizeText(LINE_BYTES.max)];
  throw new UsageError(`Give a size such as 512, 16KiB or 1MiB, from ${least} to ${most}.`);
}

/** `128B`, `16KiB`: as `parseLineSize` reads it. */
export function sizeText(bytes: number): string {
  if (bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2}MiB`;
  return bytes % 1024 === 0 ? `${bytes / 1024}KiB` : `${bytes}B`;
}

/** NaN for what is no quantity. */
function parseQuantity(text: string, units: ReadonlyMap<string, number>): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]*)$/.exec(text.trim());
  const unit = units.get(match?.[2]?.toLowerCase() ?? '');
  return match === null || unit === undefined ? Number.NaN : Number(match[1]) * unit;
}

/** A parser of whole numbers. */
function numberOf(kind: ValueKind<number>): (text: string) => number {
  return (text) => {
    const number = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
    if (isOfKind(kind, number)) return number;
    throw new UsageError(`Give ${kind.words}.`);
  };
}

export const parseCount = numberOf(COUNT);

/** A port to connect from. */
export const parseSourcePort = numberOf(PORT);

/** A parser of texts that are values as they are. */
export function optionText(kind: ValueKind<string>): (text: string) => string {
  return (text) => {
    if (isOfKind(kind, text)) return text;
    throw new UsageError(`Give ${kind.words}.`);
  };
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
  if (!isOfKind(LISTEN_PORT, port) || !isHost(address, match?.[1] !== undefined)) {
    throw new UsageError(
      `Give HOST:PORT such as 127.0.0.1:2121, [::1]:2121 or 0.0.0.0:2121, with ${LISTEN_PORT.words}.`,
    );
  }
  return implicitTls ? { address, port, implicitTls } : { address, port };
}

/** `FROM-TO`, or one port alone. */
export function parsePortRange(text: string): PortRange {
  const [, from = '', to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const range = { from: Number(from), to: Number(to) };
  if (isOfKind(PORT_RANGE, range)) return range;
  throw new UsageError(`Give FROM-TO such as 50000-50100, from ${PORT.min} to ${PORT.max}, the lower one first.`);
}

/** A parser of texts that may be addresses: those get their one spelling. */
function addressOf(kind: ValueKind<string>): (text: string) => string {
  const parse = optionText(kind);
  return (text) => canonicalAddress(parse(text)) ?? text;
}

/** An IPv4 or IPv6 address. */
export const parseAddress = addressOf(IP_ADDRESS);

/** An IP address, a host name, or `@FILE`: looked up when it is needed, as PORT and 227 carry addresses alone. */
export const parseAdvertised = addressOf(ADVERTISED_ADDRESS);

/** `1`, `10`, `0.5`, `max`: how many times as fast. */
export function parseSpeed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const factor = /^\d{1,9}(?:\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (factor <= 0) throw new UsageError('Give a number above 0, such as 1, 10 or 0.5, or max.');
  return factor;
}

/** A file or folder to write. */
export function parsePath(text: string): string {
  if (text === '' || text.includes('\0')) throw new UsageError('Give the name of a file or folder.');
  if (text === '-') throw new UsageError('It takes a file; for observations on stdout use --json.');
  return text;
}

/** `ftp://HOST[:PORT]`, `ftps://HOST[:PORT]` (implicit TLS, port 990). The errors name the text themselves, as it belongs to no option. */
export function parseServer(text: string, use: ServerUse = RELAYED_TO): FtpEndpoint {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s.exec(text);
  const scheme = (match?.[1] ?? '').toLowerCase();
  const problem = match === null ? missingScheme(text) : problemOfScheme(scheme, use);
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
  /** How TLS by AUTH is asked for. */
  readonly explicitTls: string;
}

const WITH_SERVER_TLS = 'write ftp:// and --server-tls require';

const RELAYED_TO: ServerUse = {
  what: 'relay to',
  login: 'the client sends its own',
  path: 'the client chooses it',
  explicitTls: WITH_SERVER_TLS,
};

const REPLAYED_TO: ServerUse = {
  what: 'replay to',
  login: 'say them with --user and --password',
  path: 'the recording has its own',
  explicitTls: WITH_SERVER_TLS,
};

/** `parseServer` for `replay --to`. */
export function parseReplayServer(text: string): FtpEndpoint {
  return parseServer(text, REPLAYED_TO);
}

const CHECKED: ServerUse = {
  what: 'check',
  login: 'say the user with --user',
  path: 'its files are found by the check itself',
  explicitTls: 'write ftp://, it is used wherever the server has it',
};

/** `parseServer` for `check`. */
export function parseCheckedServer(text: string): FtpEndpoint {
  return parseServer(text, CHECKED);
}

/** The text may hold a password, which is not to be repeated. */
function notAServer(text: string, problem: string, { what }: ServerUse): UsageError {
  return new UsageError(`cannot ${what} '${text.replace(/\/\/[^/]*@/, '//...@')}': ${problem}`);
}

function missingScheme(text: string): string {
  const looksLikeHost = /^[A-Za-z0-9.-]+(:\d+)?$/.test(text);
  return looksLikeHost ? `write it as ftp://${text}` : 'give the server as ftp://HOST or ftp://HOST:PORT';
}

function problemOfScheme(scheme: string, { explicitTls }: ServerUse): string | null {
  switch (scheme) {
    case 'ftp':
    case 'ftps':
      return null;
    case 'ftpes':
      return `for TLS by AUTH ${explicitTls}; ftps:// is TLS from the first byte`;
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
