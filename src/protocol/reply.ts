// A server's lines as FTP replies (RFC 959 section 4.2). Says of each line what it is to its reply, as it comes: a listing
// sent as a reply (STAT) may be long, so nothing here waits for a reply's end.
import { LOWEST_TELNET_COMMAND, telnetPrefixLength } from './telnet.js';

/** What one line of a server is. */
export type ReplyLine =
  /** The only line, or the last of several: the reply is complete. */
  | { readonly kind: 'last'; readonly code: number; readonly first: boolean }
  /** The first of several lines, or one between the first and the last. */
  | { readonly kind: 'more'; readonly code: number; readonly first: boolean }
  /** Begins with no reply code, and no reply is open. */
  | { readonly kind: 'noise' };

/**
 * The first digit runs from 1 to 5, or 6 for protected replies (RFC 2228 section 4). Behind the code stands a space or `-`;
 * servers that leave it out (`230_ok`) exist, and clients take their word for a reply all the same.
 */
const REPLY_START = /^([1-6]\d\d)(?!\d)(.?)/s;

/**
 * A multi-line reply opens with `code-` and ends only at the same code before a space, or at the three digits alone;
 * in between anything goes: `code-` again, other digits, blank lines, lines without a leading space, the code and a letter.
 */
export class ReplyReader {
  private openCode: string | null = null;

  /** Whether a multi-line reply has begun and not ended. */
  get open(): boolean {
    return this.openCode !== null;
  }

  /** Takes one line, without its line end, one character a byte. */
  read(line: string): ReplyLine {
    const match = REPLY_START.exec(withoutTelnet(line));
    const code = match?.[1];
    if (this.openCode !== null) return this.readInside(this.openCode, code, match?.[2]);
    if (code === undefined) return { kind: 'noise' };
    if (match?.[2] === '-') {
      this.openCode = code;
      return { kind: 'more', code: Number(code), first: true };
    }
    return { kind: 'last', code: Number(code), first: true };
  }

  private readInside(openCode: string, code: string | undefined, separator: string | undefined): ReplyLine {
    const ends = code === openCode && (separator === ' ' || separator === '');
    if (!ends) return { kind: 'more', code: Number(openCode), first: false };
    this.openCode = null;
    return { kind: 'last', code: Number(openCode), first: false };
  }
}

/** Servers answer Telnet's negotiation (`IAC DONT option`) in front of their next reply. Any other line comes back as it is. */
export function withoutTelnet(line: string): string {
  if (!(line.charCodeAt(0) >= LOWEST_TELNET_COMMAND)) return line;
  const behind = line.slice(telnetPrefixLength(Buffer.from(line, 'latin1')));
  return REPLY_START.test(behind) ? behind : line;
}

/** A preliminary reply (1yz) is followed by another for the same command. */
export function isPreliminary(code: number): boolean {
  return code >= 100 && code < 200;
}

/** A completion reply (2yz): the requested action has been done. */
export function isCompletion(code: number): boolean {
  return code >= 200 && code < 300;
}

/** An intermediate reply (3yz): nothing was done, and more is wanted first. */
export function isIntermediate(code: number): boolean {
  return code >= 300 && code < 400;
}

/** A negative reply (4yz or 5yz): the requested action was not done. */
export function isNegative(code: number): boolean {
  return code >= 400 && code < 600;
}
