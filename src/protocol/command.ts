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

const NOTHING = Buffer.alloc(0);

/** Parses one line as the splitter cut it. Never fails: what is no command comes back as null, with its bytes. */
export function parseCommandLine(raw: Buffer, end: LineEnd): ParsedCommandLine {
  const prefix = telnetPrefixLength(raw, raw.length - end.length);
  const telnet = prefix === 0 ? NOTHING : raw.subarray(0, prefix);
  const bytes = prefix === 0 ? raw : raw.subarray(prefix);
  const line = bytes.toString('latin1', 0, bytes.length - end.length);
  const clean = VERB.exec(line)?.[0];
  const read =
    clean === undefined ? readLeniently(line) : { verb: clean.toUpperCase(), argument: line.slice(clean.length + 1) };
  const command = read && { verb: read.verb, argument: read.argument, line, end, raw: bytes };
  return { command, disguised: command !== null && clean === undefined, telnet, raw: bytes };
}

/** The same command with another argument, as a line that ends as it should. */
export function withArgument({ verb }: Command, argument: string): Command {
  const line = `${verb} ${argument}`;
  return { verb, argument, line, end: '\r\n', raw: Buffer.from(`${line}\r\n`, 'latin1') };
}

/** What stands in place of a secret. Its length says nothing of the secret's. */
export const MASK = '****';

/** Verbs that name passwords, whether a server has them or a person only tried. */
const SECRET_VERBS = 'X?(?:PASS?|PASSWO?R?D|PASSPHRASE|PSWD?)';
const SECRET_VERB = new RegExp(`^${SECRET_VERBS}$`, 'i');
/** A line that lost its end ran into the next one: `QUITPASS sesame`. */
const RAN_INTO_SECRET_VERB = new RegExp(`(?:${SECRET_VERBS}|ACCT|ADAT)$`, 'i');

/** Commands in an envelope (RFC 2228 section 4): no two are alike. */
const ENVELOPES = new Set(['MIC', 'CONF', 'ENC']);

/** SITE commands that set passwords, on servers that have them; those of the second kind name a user first. */
const SITE_PASSWORD_VERBS = '\\w*(?:PASS(?!IV)|PSWD)\\w*|(?:C|CH|SET|NEW)PWD?|IDENTIFY';
const SITE_USER_VERBS = '\\w*ADDUSER|USERADD|LOGIN';
const SECRET_SITE_COMMAND = new RegExp(`^(\\s*(?:${SITE_PASSWORD_VERBS}|(${SITE_USER_VERBS}))\\b\\s*)(.+)$`, 'is');

/** A password in a line that is no command (a NUL or a space in front of PASS, or a NUL behind it, say). */
const SECRET_IN_NOISE = new RegExp(
  `(?<![A-Z])((?:${SECRET_VERBS}|ACCT|ADAT|SITE\\s+(?:${SITE_PASSWORD_VERBS}|${SITE_USER_VERBS}))[^A-Z0-9][\\s\\0]*)(.+)$`,
  'is',
);

/** A login within the name of a user or of a server: `anna:sesame@host`, `ftp://anna:sesame@host`. */
const SECRET_IN_NAME = /^((?:\s*[a-z]+:\/\/)?[^:]*:)(.+)@[^@]*$/is;
/** The same without a server behind it: `anna:sesame`. */
const SECRET_BEHIND_NAME = /^([^:@]*:(?!\/\/))([^:@]+)$/s;
/** The third word of OPEN, behind a host and a user; what follows the name of a mechanism in AUTH. */
const SECRET_IN_OPEN = /^(\s*\S+\s+\S+\s+)(\S.*)$/s;
const SECRET_IN_AUTH = /^(\s*\S+\s+)(\S.*)$/s;
/**
 * A URL wherever it stands (RFC 1738 section 3.1); a user's name and password have no slash. Schemes are short: without a bound, a line of
 * letters would be read again from each of them.
 */
const SECRET_IN_URL = /((?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@]*:)([^\s/]+)(?=@)/i;

/** Looked for first, as that is quick. */
const IN_EVERY_URL = '://';
const EVERY_SECRET_IN_URL = new RegExp(SECRET_IN_URL, 'gi');

/** Part of a command's argument that must not be shown. */
interface Secret {
  readonly before: string;
  readonly secret: string;
  /** What of it is a secret wherever it stands; nothing where it is good for one exchange alone. */
  readonly values: readonly string[];
}

type Said = Pick<Command, 'verb' | 'argument'>;

function findSecret({ verb, argument }: Said): Secret | null {
  if (argument === '') return null;
  if (verbFacts(verb)?.secretArgument || SECRET_VERB.test(verb)) {
    return { before: '', secret: argument, values: ENVELOPES.has(verb) ? [] : [argument] };
  }
  if (verbFacts(verb) === undefined) return inUnknown(verb, argument);
  return inSite(verb, argument) ?? inName(verb, argument) ?? found(inUrl(argument));
}

function inUnknown(verb: string, argument: string): Secret | null {
  if (RAN_INTO_SECRET_VERB.test(verb)) return { before: '', secret: argument, values: [argument] };
  return inName(verb, argument) ?? found(SECRET_IN_NOISE.exec(argument) ?? inUrl(argument));
}

function inSite(verb: string, argument: string): Secret | null {
  const [, before, namesUser, secret] = (verb === 'SITE' && SECRET_SITE_COMMAND.exec(argument)) || [];
  if (before === undefined || secret === undefined) return null;
  const words = secret.trim().split(/\s+/);
  return { before, secret, values: namesUser !== undefined && words.length > 1 ? words.slice(1) : words };
}

/** SITE has many other uses, with more than a name and a port in them. */
function inName(verb: string, argument: string): Secret | null {
  if (verb === 'AUTH') return found(SECRET_IN_AUTH.exec(argument));
  if (verb === 'SITE') return /^\s*\S+(?:\s+\d+)?\s*$/.test(argument) ? found(SECRET_IN_NAME.exec(argument)) : null;
  if (verb !== 'USER' && verb !== 'OPEN') return null;
  const name = found(SECRET_IN_NAME.exec(argument) ?? SECRET_BEHIND_NAME.exec(argument));
  return name ?? (verb === 'OPEN' ? found(SECRET_IN_OPEN.exec(argument)) : null);
}

function inUrl(text: string): RegExpExecArray | null {
  return text.includes(IN_EVERY_URL) ? SECRET_IN_URL.exec(text) : null;
}

function found(match: RegExpExecArray | null): Secret | null {
  const [, front, secret] = match ?? [];
  if (match === null || front === undefined || secret === undefined) return null;
  return { before: match.input.slice(0, match.index) + front, secret, values: [secret] };
}

/** The part of a command's argument that must not be shown, or null. */
export function secretOf(command: Said): string | null {
  return findSecret(command)?.secret ?? null;
}

/** What of a command's argument is secret wherever else it stands, too. */
export function secretValuesOf(command: Said): readonly string[] {
  return findSecret(command)?.values ?? [];
}

/** The same in a client's line that is no command. */
export function secretValuesInNoise(line: string): readonly string[] {
  const secret = SECRET_IN_NOISE.exec(line)?.[2] ?? inUrl(line)?.[2];
  return secret === undefined ? [] : [secret];
}

/** A command's argument with its secret masked. */
export function maskedArgument(command: Said): string {
  const secret = findSecret(command);
  if (secret === null) return command.argument;
  const { before } = secret;
  return before + MASK + command.argument.slice(before.length + secret.secret.length);
}

/** A command's line with its secret masked. */
export function maskedLine(command: Pick<Command, 'verb' | 'argument' | 'line'>): string {
  return command.line.slice(0, command.line.length - command.argument.length) + maskedArgument(command);
}

/** A line that is no command, with what looks like a password masked. */
export function maskedNoise(line: string): string {
  return maskedUrls(line.replace(SECRET_IN_NOISE, (_all, verb: string) => verb + MASK));
}

/** Any text, with the passwords of its URLs masked. */
export function maskedUrls(text: string): string {
  return text.includes(IN_EVERY_URL)
    ? text.replaceAll(EVERY_SECRET_IN_URL, (_all, front: string) => front + MASK)
    : text;
}
