// A client's line as an FTP command. Keeps the bytes: whoever relays sends `raw`, not what was parsed.
import { readLeniently } from './lenient-reading.js';
import type { LineEnd } from './line-splitter.js';
import { telnetPrefixLength } from './telnet.js';
import { verbFacts } from './verbs.js';

export interface Command {
  /** In upper case, as FTP compares it (RFC 959 section 5.3). */
  readonly verb: string;
  /** Everything behind the verb and one blank, one character a byte. */
  readonly argument: string;
  /** Verb, space and argument, without Telnet bytes and line end. */
  readonly line: string;
  readonly end: LineEnd;
  /** As it came, less Telnet bytes in front. */
  readonly raw: Buffer;
}

export interface ParsedCommandLine {
  /** Null when the line is no command, not even to the most lenient server. */
  readonly command: Command | null;
  /** It is a command to some servers alone: bytes that do not belong there stand before its verb or inside it. */
  readonly disguised: boolean;
  /** Telnet bytes that stood in front of the line. */
  readonly telnet: Buffer;
  /** The line's bytes behind them, line end included. */
  readonly raw: Buffer;
}

/**
 * `@` for `P@SW`, the spelling of PASV that vsftpd and Pure-FTPd take too. The verb ends where some server says it does: at
 * any blank (ProFTPD), or at CRs in front of the line's end (vsftpd). A PASV unseen would be a data port unseen.
 */
const VERB = /^[A-Za-z][A-Za-z0-9@]*(?=[ \t\v\f\r]|$)/;

/** Parses one line as the splitter cut it. Never fails: what is no command comes back as null, with its bytes. */
export function parseCommandLine(raw: Buffer, end: LineEnd): ParsedCommandLine {
  const prefix = telnetPrefixLength(raw.subarray(0, raw.length - end.length));
  const telnet = raw.subarray(0, prefix);
  const bytes = raw.subarray(prefix);
  const line = bytes.toString('latin1', 0, bytes.length - end.length);
  const clean = VERB.exec(line)?.[0];
  const read =
    clean === undefined ? readLeniently(line) : { verb: clean.toUpperCase(), argument: line.slice(clean.length + 1) };
  const command = read && { ...read, line, end, raw: bytes };
  return { command, disguised: command !== null && clean === undefined, telnet, raw: bytes };
}

/** The same command with another argument, as a line that ends as it should. */
export function withArgument({ verb }: Command, argument: string): Command {
  const line = `${verb} ${argument}`;
  return { verb, argument, line, end: '\r\n', raw: Buffer.from(`${line}\r\n`, 'latin1') };
}

/** What stands in place of a secret. Its length says nothing of the secret's. */
export const MASK = '****';

/** SITE commands that set passwords, on servers that have them. */
const SECRET_SITE_VERBS = 'PSWD|PASSWD|CHPASS|CHPASSWD|CPWD|GPASS|IDENTIFY|ADDUSER|GADDUSER';
const SECRET_SITE_COMMAND = new RegExp(`^(\\s*(?:${SECRET_SITE_VERBS})\\b\\s*)(.+)$`, 'is');

/** A password in a line that is no command (a NUL or a space in front of PASS, or a NUL behind it, say). */
const SECRET_IN_NOISE = new RegExp(
  `(?<![A-Z])((?:PASS|ACCT|ADAT|SITE\\s+(?:${SECRET_SITE_VERBS}))[^A-Z0-9][\\s\\0]*)(.+)$`,
  'is',
);

/** A login within the name of a user or of a server: `anna:sesame@host`, `ftp://anna:sesame@host`. */
const SECRET_IN_NAME = /^(\s*(?:[a-z]+:\/\/)?[^:]*:)(.+)@[^@]*$/is;

/** Whether it names a user or a server; SITE has many other uses, with more than a name and a port in them. */
function mayName(verb: string, argument: string): boolean {
  if (verb === 'SITE') return /^\s*\S+(?:\s+\d+)?\s*$/.test(argument);
  return verb === 'USER' || verb === 'OPEN';
}

/** The part of a command's argument that must not be shown, and what stands before it; null where there is none. */
function findSecret({
  verb,
  argument,
}: Pick<Command, 'verb' | 'argument'>): { readonly before: string; readonly secret: string } | null {
  if (argument === '') return null;
  if (verbFacts(verb)?.secretArgument) return { before: '', secret: argument };
  const inSite = verb === 'SITE' ? SECRET_SITE_COMMAND.exec(argument) : null;
  const [, before, secret] = inSite ?? (mayName(verb, argument) ? SECRET_IN_NAME.exec(argument) : null) ?? [];
  return before === undefined || secret === undefined ? null : { before, secret };
}

/** The part of a command's argument that must not be shown, or null. */
export function secretOf(command: Pick<Command, 'verb' | 'argument'>): string | null {
  return findSecret(command)?.secret ?? null;
}

/** A command's argument with its secret masked. */
export function maskedArgument(command: Pick<Command, 'verb' | 'argument'>): string {
  const found = findSecret(command);
  if (found === null) return command.argument;
  const { before, secret } = found;
  return before + MASK + command.argument.slice(before.length + secret.length);
}

/** A command's line with its secret masked. */
export function maskedLine(command: Pick<Command, 'verb' | 'argument' | 'line'>): string {
  return command.line.slice(0, command.line.length - command.argument.length) + maskedArgument(command);
}

/** A line that is no command, with what looks like a password masked. */
export function maskedNoise(line: string): string {
  return line.replace(SECRET_IN_NOISE, (_all, verb: string) => verb + MASK);
}
