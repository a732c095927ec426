// What a peer might read in a control line, if it is more lenient than this proxy.
//
// A line that means nothing to us may mean something to its receiver. ProFTPD drops Telnet bytes, NUL and CR wherever they
// stand, so `\rPASV`, `PASV\0` and `PA<IAC DM>SV` are PASV to it; Python's ftplib takes a bare CR for the end of a line. An address in
// such a line would go around the proxy. So there are two questions here, one for each direction, and the answer is yes in doubt.
import { DONT, IAC, LOWEST_TELNET_COMMAND, WILL } from './telnet.js';
import { verbFacts } from './verbs.js';

/** No verb is longer. */
const MAX_VERB_CHARACTERS = 8;

/** Verbs with which a client names a data port, in forms that are rewritten and in forms that are not. */
const NAMING_VERBS = ['PORT', 'EPRT', 'LPRT', 'SPOR'];
/** A whole word, then nothing or a blank: what every server reads alike. */
const CLEAN_WORD = /^([A-Za-z][A-Za-z0-9@]*)(?=[ \t]|$)/;
/** Where some peers end a line, and others see nothing. */
const BARE_LINE_ENDS = [/\r/, /\n/, /\0/, /[\r\n\0]/];
/** Without these there is one reading. */
const SPLITS_OR_HIDES = /[\r\n\0\xff]/;
const TELNET_SEQUENCES = /\xff(?:[\xfb-\xfe][\s\S]|[\xf0-\xff])/g;
/** So much of a line is looked at for an address or the letters of a verb. */
const LOOKED_AT_CHARACTERS = 512;

/** A line that is no command as it stands, as the most lenient servers read it: a verb of the table, and what is behind it. */
export interface LenientReading {
  readonly verb: string;
  readonly argument: string;
}

/**
 * Reads past what stands in front of the verb and inside it: Telnet sequences, control characters, blanks, quotes, byte order marks.
 * Null when no known verb shows.
 */
export function readLeniently(line: string): LenientReading | null {
  let at = 0;
  while (at < line.length && !isWordCharacter(line, at)) at += telnetLength(line, at);
  let verb = '';
  while (at < line.length && verb.length <= MAX_VERB_CHARACTERS) {
    if (isWordCharacter(line, at)) verb += line.charAt(at);
    else if (!isSkippedInWords(line, at)) break;
    at += telnetLength(line, at);
  }
  const upper = verb.toUpperCase();
  if (verbFacts(upper) === undefined) return null;
  return { verb: upper, argument: line.slice(at).replace(/^[ \t\v\f\r]/, '') };
}

function isWordCharacter(line: string, at: number): boolean {
  return /[A-Za-z0-9@]/.test(line.charAt(at));
}

function isSkippedInWords(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  const isBlank = code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return !isBlank && (code < 0x20 || code >= 0x7f);
}

/** `IAC WILL|WONT|DO|DONT option` is three long, another IAC sequence two, all else one. */
function telnetLength(line: string, at: number): number {
  if (line.charCodeAt(at) !== IAC) return 1;
  const second = line.charCodeAt(at + 1);
  if (second >= WILL && second <= DONT) return 3;
  return second >= LOWEST_TELNET_COMMAND ? 2 : 1;
}

/** A line as one, and in the pieces that some peers see; each with Telnet sequences and without. */
function readings(line: string): string[] {
  if (!SPLITS_OR_HIDES.test(line)) return [line];
  const texts = line.includes('\xff') ? [line, line.replace(TELNET_SEQUENCES, '')] : [line];
  const endings = BARE_LINE_ENDS.filter((end) => line.search(end) !== -1);
  return [...texts, ...texts.flatMap((text) => endings.flatMap((end) => text.split(end)))];
}

/** Whether some server might take a client's line, or a part of it, for a command that names a data port. */
export function mayNamePort(line: string): boolean {
  return readings(line).some((piece) => {
    const clean = CLEAN_WORD.exec(piece)?.[1];
    if (clean !== undefined) return NAMING_VERBS.includes(clean.toUpperCase());
    const letters = piece
      .slice(0, LOOKED_AT_CHARACTERS)
      .replace(/[^A-Za-z]/g, '')
      .toUpperCase();
    return NAMING_VERBS.some((verb) => letters.startsWith(verb));
  });
}

/** A clean line alone, whole for every server: what ends at a bare LF for one goes on in the next line for another. */
const CLEAN_PORT_COMMAND = /^(PORT|EPRT)(?: ([ -~]*))?\r\n$/i;

/**
 * Whether a PORT or EPRT holds no port, not even to a server that takes numbers for 0 where they are missing, looks up names of hosts and
 * services, reads `127.1` and `2130706433` as addresses, and has its own idea of delimiters.
 */
export function holdsNoPort(line: string): boolean {
  const [, verb, argument = ''] = CLEAN_PORT_COMMAND.exec(line) ?? [];
  if (verb === undefined) return false;
  return verb.toUpperCase() === 'PORT' ? holdsNoPortNumbers(argument) : holdsNoExtendedPort(argument);
}

/** The port is in the fifth number and the sixth. */
function holdsNoPortNumbers(argument: string): boolean {
  const isShort = /^[\d, ]*$/.test(argument) && (argument.match(/\d+/g) ?? []).length <= 4;
  return isShort || !/\d/.test(argument);
}

/** One word, without a second for the port; or no address, which has a letter, a dot or a colon, or is large, or 0. */
function holdsNoExtendedPort(argument: string): boolean {
  if (/^[^A-Za-z0-9]*[A-Za-z]*[^A-Za-z0-9]*$/.test(argument)) return true;
  const numbers = (argument.match(/\d+/g) ?? []).map(Number);
  return !/[A-Za-z.:]/.test(argument) && numbers.length <= 4 && numbers.every((one) => one > 0 && one < FIRST_ADDRESS);
}

/** 1.0.0.0 as one number. Below are the addresses of no host (RFC 1122 section 3.2.1.3), and families and ports. */
const FIRST_ADDRESS = 2 ** 24;

/** Six numbers, or a number between delimiters as in a 229. */
const ADDRESS_LIKE = /\d+(?:[ \t]*[,.;][ \t]*-?\d+){5}|([!-/:-~])(?:(?!\1).)*\1(?:(?!\1).)*\1[ \t]*\d{1,5}[ \t]*\1/s;

/** Whether some client might take a server's line, or a part of it, for a reply that announces a data port. */
export function mayAnnouncePort(line: string): boolean {
  return readings(line).some((piece) => {
    const visible = piece.slice(0, LOOKED_AT_CHARACTERS).replace(/[^ -~]/g, '');
    return /^[^A-Za-z0-9]*22[79](?!\d)/.test(visible) && ADDRESS_LIKE.test(visible);
  });
}
