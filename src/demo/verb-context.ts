// The words the sample server's parts share: a reply, what one control connection remembers, what a verb handler is given.
// Types and small pure functions only.
import type { ServerDataPort } from '../ends/server-data-port.js';
import type { Endpoint } from '../protocol/endpoint.js';
import type { FileTree } from './file-tree.js';
import { type FactName, factNames } from './listing.js';
import type { RunningTransfer } from './server-transfer.js';

export interface Reply {
  readonly code: number;
  readonly lines: readonly string[];
  /** The control connection ends after this reply (221, 421). */
  readonly closes: boolean;
}

export interface SampleUser {
  /** `null` takes any password. */
  readonly password: string | null;
  /** Asked for with 332 after the password. */
  readonly account?: string;
}

/** What all sessions of one server share. */
export interface Service {
  readonly files: FileTree;
  readonly users: ReadonlyMap<string, SampleUser>;
  readonly banner: readonly string[];
  /** The address 227 names instead of the real one: what a server behind a NAT gets wrong. */
  readonly passiveHost: string | null;
  readonly allowForeignPort: boolean;
  readonly dataTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxLineBytes: number;
  readonly maxKeptUploadBytes: number;
  /** Verbs answered while a transfer runs; all others wait for its end. */
  readonly atOnceVerbs: ReadonlySet<string>;
  readonly nowMs: () => number;
}

type Login = { readonly stage: 'none' } | { readonly stage: 'password' | 'account' | 'done'; readonly user: string };

export interface VerbState {
  login: Login;
  directory: string;
  type: 'A' | 'I';
  restartOffset: number;
  renameFrom: string | null;
  extendedPassiveOnly: boolean;
  facts: readonly FactName[];
  transfer: RunningTransfer | null;
}

export interface VerbContext {
  readonly service: Service;
  readonly state: VerbState;
  readonly dataPort: ServerDataPort;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** A reply before the handler's own one: 1xx. */
  say(reply: Reply): void;
  /** Resolves once the running transfer's final reply is sent; at once when none runs. */
  transferAnswered(): Promise<void>;
}

export type VerbHandler = (context: VerbContext, argument: string) => Reply | Promise<Reply>;

export interface Verb {
  readonly run: VerbHandler;
  readonly argument: 'none' | 'optional' | 'required';
  /** How HELP writes it. */
  readonly syntax: string;
  readonly beforeLogin: boolean;
}

export type VerbTable = Readonly<Record<string, Verb>>;

/** What a new connection, and REIN, begin with (RFC 959 section 5.1: TYPE ASCII, MODE Stream, STRU File). */
export function freshState(): VerbState {
  return {
    login: { stage: 'none' },
    directory: '/',
    type: 'A',
    restartOffset: 0,
    renameFrom: null,
    extendedPassiveOnly: false,
    facts: factNames,
    transfer: null,
  };
}

export function reply(code: number, ...lines: string[]): Reply {
  return { code, lines, closes: false };
}

export function closingReply(code: number, ...lines: string[]): Reply {
  return { code, lines, closes: true };
}

/**
 * A reply as it is sent. Lines between the first and the last start with a space, which FEAT and MLST require (RFC 2389
 * section 3.2, RFC 3659 section 7.2) and which keeps digits in them from looking like a code (RFC 959 section 4.2).
 * The control connection is Telnet: 0xFF is doubled (RFC 854).
 */
export function sentLines({ code, lines }: Reply): string[] {
  const last = lines.length - 1;
  return lines.map((line, index) => {
    const text = line.replaceAll('\xff', '\xff\xff');
    if (index === last) return `${code} ${text}`;
    return index === 0 ? `${code}-${text}` : ` ${text}`;
  });
}

/** A path as 257 shows it: quotes doubled (RFC 959 appendix II). */
export function quotedPath(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}

export function beforeLogin(argument: Verb['argument'], syntax: string, run: VerbHandler): Verb {
  return { run, argument, syntax, beforeLogin: true };
}

export function afterLogin(argument: Verb['argument'], syntax: string, run: VerbHandler): Verb {
  return { run, argument, syntax, beforeLogin: false };
}
