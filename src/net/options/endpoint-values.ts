// The kinds of values that name an end of a connection, and those that may differ between the two sides of the proxy.
import type { Side } from '../../dialogue/observation.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import { HOST, LISTEN_PORT, PORT } from './ftp-values.js';
import { type GivenOptions, optional, optionsOf, required } from './option-table.js';
import { isObject, SWITCH, type ValueKind } from './value-kinds.js';

/** What may differ between the clients' side and the server's. */
export interface PerSide<T> {
  readonly client?: T | undefined;
  readonly server?: T | undefined;
}

/** One value for both sides, or one for each. */
export function onSides<T>(one: ValueKind<T>): ValueKind<T | PerSide<T>> {
  const words = `${one.words}, or { client, server } with one for each side`;
  const each: ValueKind<PerSide<T>> = optionsOf(words, { client: optional(one), server: optional(one) });
  return { words, read: (value, where) => (isPerSide(value) ? each : one).read(value, where) };
}

/** What holds for one side. */
export function valueFor<T>(side: Side, value: T | PerSide<T> | undefined): T | undefined {
  return isPerSide(value) ? value[side] : value;
}

function isPerSide<T>(value: T | PerSide<T> | undefined): value is PerSide<T> {
  return isObject(value) && Object.keys(value).every((name) => name === 'client' || name === 'server');
}

/** Node's `server.address()` has it as well; the address itself says the family. */
const ADDRESS_NAMES = { ignored: ['family'] };

const SERVER_OPTIONS = {
  /** An IP address or a host name. */
  address: required(HOST),
  port: required(PORT),
  /** TLS from the first byte (implicit FTPS). Default: false. */
  implicitTls: optional(SWITCH),
} as const;

export const SERVER: ValueKind<FtpEndpoint> = optionsOf('an object { address, port }', SERVER_OPTIONS, ADDRESS_NAMES);

const LISTENER_OPTIONS = {
  /** An address of this machine. */
  address: required(HOST),
  /** 0 takes any free port. */
  port: required(LISTEN_PORT),
  /** TLS from the first byte (implicit FTPS). Default: false. */
  implicitTls: optional(SWITCH),
  /** The server of this listener's clients. Default: the proxy's `server`. */
  to: optional(SERVER),
} as const;

/** Where clients connect, and to which server they are relayed. */
export interface FtpListener extends GivenOptions<typeof LISTENER_OPTIONS> {}

export const LISTENER: ValueKind<FtpListener> = optionsOf(
  'an object { address, port }',
  LISTENER_OPTIONS,
  ADDRESS_NAMES,
);
