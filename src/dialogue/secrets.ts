// The secrets of one session, known by their values: what a client once sent as a password is masked in every text of the session
// from then on, on either side, in every spelling. The observer passes every text through here.
//
// A short password could be a part of any word, and a number a part of any address, so these are masked only as whole words. Three kinds
// of passwords are not remembered, as nothing could be read any more: a single character, the user's own name, and what anonymous users
// give (a mail address, `guest`). They are masked in their command and in its reply.
import { MASK, maskedUrls, secretValuesInNoise, secretValuesOf } from '../protocol/command.js';
import { type FoldedText, folded, mayHold } from './folded-text.js';

/** Passwords of so many characters are masked only where they are whole words. */
const SHORT_CHARACTERS = 3;
/** What is remembered of one session, newest first: clients may send passwords without end. */
const MAX_VALUES = 32;
const MAX_WORDS = 8;
const MAX_CHARACTERS = 8 * 1024;
const ANONYMOUS = /^(?:anonymous|ftp)$/i;
const KNOWN_TO_ALL = /@|^(?:anonymous|ftp|guest|user|none)$/i;

interface Said {
  readonly verb: string;
  readonly argument: string;
}

export class Secrets {
  private user = '';
  /** Folded. */
  private newestFirst: readonly string[] = [];
  private longestFirst: readonly string[] = [];

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
    return masked(text, this.knownWith(own));
  }

  /** The lines of a reply. */
  maskReply(lines: readonly string[], own: string | null): readonly string[] {
    const known = this.knownWith(own);
    return lines.map((line) => maskedReplyLine(line, known));
  }

  private knownWith(own: string | null): readonly string[] {
    return own === null ? this.longestFirst : longestFirst([...this.longestFirst, ...valuesOf(own)]);
  }

  private remember(secrets: readonly string[]): void {
    const values = secrets.filter((secret) => !this.saysNothing(secret)).flatMap(valuesOf);
    const unknown = values.filter((value) => !this.newestFirst.includes(value));
    if (unknown.length === 0) return;
    this.newestFirst = bounded([...unknown, ...this.newestFirst]);
    this.longestFirst = longestFirst([...this.newestFirst]);
  }

  private saysNothing(value: string): boolean {
    const password = value.trim();
    if (password.length < 2 || password.toLowerCase() === this.user.toLowerCase()) return true;
    return ANONYMOUS.test(this.user) && KNOWN_TO_ALL.test(password);
  }
}

/** The newest, as far as there is room. */
function bounded(newestFirst: readonly string[]): string[] {
  let characters = 0;
  return newestFirst.slice(0, MAX_VALUES).filter((value) => {
    characters += value.length;
    return characters <= MAX_CHARACTERS;
  });
}

/** One may be a part of another. */
function longestFirst(values: string[]): string[] {
  return values.sort((one, other) => other.length - one.length);
}

/**
 * A secret without what stands around it, folded: whole, and its words, as servers end a password at a blank, a NUL, a Telnet byte.
 * Words as short as any are no secrets of their own.
 */
function valuesOf(secret: string): readonly string[] {
  const trimmed = secret.replace(/^[\s\0:=,]+/, '').trimEnd();
  const words = trimmed.split(/[^!-~]+/).filter((word) => word.length > SHORT_CHARACTERS && word !== trimmed);
  return [trimmed, ...words.slice(0, MAX_WORDS)]
    .map((value) => folded(value).text)
    .filter((value) => /[^*? ]/.test(value));
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Its code stays, and says how the reply is read on. */
function maskedReplyLine(line: string, values: readonly string[]): string {
  const shown = masked(line, values);
  if (shown === line) return line;
  const code = /^\d{3}[ -]/.exec(line)?.[0] ?? '';
  return code + masked(line.slice(code.length), values);
}

function masked(original: string, values: readonly string[]): string {
  const text = maskedUrls(original);
  if (values.length === 0 || !mayHold(text, values)) return text;
  const spans = spansOf(folded(text), values);
  if (spans.length === 0) return text;
  let shown = '';
  let at = 0;
  for (const { from, to } of spans) {
    shown += text.slice(at, from) + MASK;
    at = to;
  }
  return shown + text.slice(at);
}

/** Where values stand in the original, in its order, none within another. */
function spansOf(text: FoldedText, values: readonly string[]): Span[] {
  const spans: Span[] = [];
  const isTaken = new Set<number>();
  for (const value of values) {
    for (let at = text.text.indexOf(value); at !== -1; at = text.text.indexOf(value, at + 1)) {
      const end = at + value.length;
      if (isTaken.has(at) || isTaken.has(end - 1) || !standsFree(text.text, at, value)) continue;
      for (let index = at; index < end; index += 1) isTaken.add(index);
      spans.push({ from: text.from(at), to: text.to(end - 1) });
    }
  }
  return spans.sort((one, other) => one.from - other.from);
}

/** A short value has to be a word, and a number none of an address. */
function standsFree(text: string, at: number, value: string): boolean {
  const around = (text[at - 1] ?? '') + (text[at + value.length] ?? '');
  if (/^\d+$/.test(value)) return !/[\w,|]/.test(around);
  return value.length > SHORT_CHARACTERS || !/[a-z0-9]/.test(around);
}
