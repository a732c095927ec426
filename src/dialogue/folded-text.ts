// A text as it is compared with a secret: every spelling of a character made one.
//
// Peers repeat a password in other cases, with other blanks, quoted, in a URL, in another encoding, as our own words show it. Both sides of
// a comparison are folded in the same way:
//
//   %41, \x41                          the character
//   UTF-8, also encoded twice          the character
//   letters                            lower case
//   blanks and `+`, one or several     one blank
//   `""`                               `"`
//   control characters and \xff        nothing: servers drop them
//   everything beyond ASCII            `?`, which servers print for what they cannot
//
// Each folded character remembers where it stands in the original, so that what is found can be masked there. The work is linear in the
// text, however many secrets are looked for: these are strings, and no patterns.

export interface FoldedText {
  readonly text: string;
  /** Where a folded character begins in the original, and where it ends; what was dropped beside it belongs to it. */
  from(index: number): number;
  to(index: number): number;
}

interface Character {
  readonly code: number;
  readonly from: number;
  readonly to: number;
}

/** Nothing in it is spelled in more than one way, but for its case. */
const PLAIN = /^(?:[!#-$&-*,-[\]-~]| (?! ))*$/;
/** Neither escaped nor encoded: what it is folded to is known at once, and where the characters stand only when that is asked. */
const UNESCAPED = /^(?:[ -$&-[\]-~]|\\(?!x))*$/;
const IAC = 0xff;

export function folded(original: string): FoldedText {
  if (PLAIN.test(original)) return { text: original.toLowerCase(), from: (index) => index, to: (index) => index + 1 };
  let known: readonly Character[] | null = null;
  const characters = () => {
    known ??= canonical(decoded(decoded(unescaped(original))));
    return known;
  };
  return {
    text: UNESCAPED.test(original) ? foldedUnescaped(original) : characters().map(characterOf).join(''),
    from: (index) => characters()[index - 1]?.to ?? 0,
    to: (index) => characters()[index + 1]?.from ?? original.length,
  };
}

/**
 * False when none of these values, which are folded, can be in the text: nearly always, and then it need not be folded. What is folded in a text
 * without escapes beside its case are blanks and quotes alone, so the rest of a value stands in it as it is.
 */
export function mayHold(original: string, values: readonly string[]): boolean {
  if (!UNESCAPED.test(original)) return true;
  const text = original.toLowerCase();
  return values.some((value) => text.includes(firstWord(value)));
}

/** Up to its first blank or quote. */
function firstWord(value: string): string {
  const end = value.search(/[ "]/);
  return end === -1 ? value : value.slice(0, end);
}

function foldedUnescaped(original: string): string {
  return original.toLowerCase().replace(/[ +]+/g, ' ').replace(/"+/g, '"');
}

function characterOf({ code }: Character): string {
  return String.fromCharCode(code);
}

function unescaped(original: string): Character[] {
  const characters: Character[] = [];
  for (let at = 0; at < original.length; ) {
    const marks = original[at] === '%' ? 1 : original.startsWith('\\x', at) ? 2 : 0;
    const hex = marks === 0 ? '' : original.slice(at + marks, at + marks + 2);
    const isEscaped = /^[0-9a-f]{2}$/i.test(hex);
    const to = isEscaped ? at + marks + 2 : at + 1;
    characters.push({ code: isEscaped ? Number.parseInt(hex, 16) : original.charCodeAt(at), from: at, to });
    at = to;
  }
  return characters;
}

/** What reads as UTF-8, read so. */
function decoded(bytes: readonly Character[]): Character[] {
  const characters: Character[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at];
    if (first === undefined) break;
    const length = sequenceLength(first.code);
    const rest = bytes.slice(at + 1, at + length);
    const last = rest.at(-1);
    const isSequence = last !== undefined && rest.length === length - 1 && rest.every(({ code }) => code >> 6 === 0b10);
    if (isSequence) {
      const lead = first.code & (0xff >> (length + 1));
      const code = rest.reduce((sum, one) => (sum << 6) | (one.code & 0x3f), lead);
      characters.push({ code, from: first.from, to: last.to });
    } else characters.push(first);
    at += isSequence ? length : 1;
  }
  return characters;
}

/** Of the UTF-8 sequence that such a byte begins. */
function sequenceLength(byte: number): number {
  if (byte >= 0xc2 && byte <= 0xdf) return 2;
  if (byte >= 0xe0 && byte <= 0xef) return 3;
  return byte >= 0xf0 && byte <= 0xf4 ? 4 : 1;
}

function canonical(characters: readonly Character[]): Character[] {
  const folded: Character[] = [];
  for (const character of characters) {
    const code = canonicalCode(character.code);
    if (code === null) continue;
    const before = folded.at(-1);
    const repeats = before?.code === code && (code === BLANK || code === QUOTE);
    if (repeats) folded[folded.length - 1] = { ...before, to: character.to };
    else folded.push({ ...character, code });
  }
  return folded;
}

const BLANK = 0x20;
const QUOTE = 0x22;
const UNPRINTABLE = 0x3f;

/** Null for what servers drop. */
function canonicalCode(code: number): number | null {
  const character = String.fromCharCode(code);
  if (character === '+' || /\s/.test(character)) return BLANK;
  if (code < BLANK || code === 0x7f || code === IAC) return null;
  return code > 0x7f ? UNPRINTABLE : character.toLowerCase().charCodeAt(0);
}
