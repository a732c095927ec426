// The secrets of one session, known by their values: what a client once sent as a password is masked in every text of the session
// from then on, whoever repeats it, in whichever spelling. The observer passes every text through here.
//
// A short password could be a part of any word, and a number a part of any address, so these are masked only as whole words. Three kinds
// of passwords are not remembered, as nothing could be read any more: a single character, the user's own name, and what anonymous users
// give (a mail address, `guest`). They are masked in their command and in its reply.
import { MASK, maskedUrls, secretValuesInNoise, secretValuesOf } from '../protocol/command.js';
import { utf8Reading } from '../protocol/wire-text.js';

/** Passwords of so many characters are masked only where they are whole words. */
const SHORT_CHARACTERS = 3;
/** What is remembered of one session, newest first: clients may send passwords without end. */
const MAX_SPELLINGS = 32;
const MAX_WORDS = 8;
const MAX_CHARACTERS = 8 * 1024;
const ANONYMOUS = /^(?:anonymous|ftp)$/i;
const KNOWN_TO_ALL = /@|^(?:anonymous|ftp|guest|user|none)$/i;

interface Said {
  readonly verb: string;
  readonly argument: string;
}

/** A secret as it may be spelled, and what finds it. */
interface Spelling {
  readonly text: string;
  readonly pattern: RegExp;
}

export class Secrets {
  private user = '';
  private newestFirst: readonly Spelling[] = [];
  private spellings: readonly Spelling[] = [];

  learn(command: Said): void {
    if (command.verb === 'USER') this.user = command.argument.trim();
    this.remember(secretValuesOf(command));
  }

  /** Learns from a client's line that is no command. */
  learnFromNoise(line: string): void {
    this.remember(secretValuesInNoise(line));
  }

  /** A text as it may be shown. `own`: a secret that is masked in this text, remembered or not. */
  mask(text: string, own: string | null = null): string {
    const urls = maskedUrls(text);
    const known = own === null ? this.spellings : longestFirst([...this.spellings, ...spellingsOf(own)]);
    return known.reduce((masked, { pattern }) => masked.replace(pattern, MASK), urls);
  }

  /** A line of a reply: its code says how the reply is read on. */
  maskReply(line: string, own: string | null): string {
    const code = /^\d{3}[ -]/.exec(line)?.[0] ?? '';
    return code + this.mask(line.slice(code.length), own);
  }

  private remember(values: readonly string[]): void {
    const known = new Set(this.spellings.map(({ text }) => text));
    const fresh = values.filter((value) => !this.saysNothing(value)).flatMap(spellingsOf);
    const unknown = fresh.filter(({ text }) => !known.has(text));
    if (unknown.length === 0) return;
    this.newestFirst = bounded([...unknown, ...this.newestFirst]);
    this.spellings = longestFirst([...this.newestFirst]);
  }

  private saysNothing(value: string): boolean {
    const password = value.trim();
    if (password.length < 2 || password.toLowerCase() === this.user.toLowerCase()) return true;
    return ANONYMOUS.test(this.user) && KNOWN_TO_ALL.test(password);
  }
}

/** The newest, as far as there is room. */
function bounded(newestFirst: readonly Spelling[]): Spelling[] {
  let characters = 0;
  return newestFirst.slice(0, MAX_SPELLINGS).filter(({ text }) => {
    characters += text.length;
    return characters <= MAX_CHARACTERS;
  });
}

/** One may be a part of another. */
function longestFirst(spellings: Spelling[]): Spelling[] {
  return spellings.sort((one, other) => other.text.length - one.text.length);
}

/**
 * A secret without what stands around it, whole, as UTF-8, and its words: servers end a password at a blank, a NUL, a Telnet byte.
 * Words as short as any are no secrets of their own.
 */
function spellingsOf(secret: string): readonly Spelling[] {
  const trimmed = secret.replace(/^[\s\0:=,]+/, '').trimEnd();
  const utf8 = utf8Reading(trimmed);
  const words = trimmed.split(/[^!-~]+/).filter((word) => word.length > SHORT_CHARACTERS && word !== trimmed);
  return [trimmed, ...(utf8 === null ? [] : [utf8]), ...words.slice(0, MAX_WORDS)]
    .filter((text) => /[^*\s\0\xff]/.test(text))
    .map((text) => ({ text, pattern: new RegExp(wherever(text), 'g') }));
}

/** A value's pattern, with its limits. */
function wherever(value: string): string {
  const pattern = [...value.replace(/\s+/g, ' ').replace(/\xff+/g, '\xff')].map(spelled).join('');
  if (/^\d+$/.test(value)) return `(?<![\\w,|])${pattern}(?![\\w,|])`;
  return value.length > SHORT_CHARACTERS ? pattern : `(?<![A-Za-z0-9])${pattern}(?![A-Za-z0-9])`;
}

/** One character in all its spellings: quoted, in a URL, as another encoding, as our own words show it. */
function spelled(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === ' ') return '(?:\\s+|\\+|%20)';
  if (character === '"') return '(?:"+|%22)';
  if (character === '\xff') return '(?:\xff*|\xc3\xbf|\\\\xff)';
  if (code < 0x20 || code === 0x7f) return `(?:${escaped(character)}|\\\\x${hex(code)})?`;
  // Not by the flag for that, which is slow to compile: clients may send passwords without end.
  if (/[A-Za-z]/.test(character)) return `[${character.toLowerCase()}${character.toUpperCase()}]`;
  if (code < 0x80) return /\w/.test(character) ? character : `(?:${escaped(character)}|%${percent(code)})`;
  return `(?:${[...new Set([character, character.toLowerCase(), character.toUpperCase()])].flatMap(encodings).join('|')}|\\?)`;
}

/** As Latin-1, as UTF-8, and as UTF-8 that was taken for Latin-1 and encoded again. */
function encodings(character: string): string[] {
  const once = Buffer.from(character, 'utf8').toString('latin1');
  const twice = Buffer.from(once, 'utf8').toString('latin1');
  const code = character.codePointAt(0) ?? 0;
  const single = code < 0x100 ? [`\\\\x${hex(code)}`] : [];
  return [twice, once, character, ...single];
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
}

/** In either case. */
function percent(code: number): string {
  return hex(code).replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function hex(code: number): string {
  return code.toString(16).padStart(2, '0');
}
