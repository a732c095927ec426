// Texts of a session without what may name somebody or something. What is not known to be harmless is replaced, word by word: a word is
// a run of letters and digits, so that `alice` becomes the same in `USER alice`, `/home/alice/` and `alice@example.com`.
//
// Two rules. In names (paths, users, hosts) every word is replaced. In texts of replies and of ours the words of FTP stay; but what looks like
// a name there (in quotes, with a slash, a dot or an @ inside) is one, and so is each word that the session has used as a name before. Such a
// word of FTP is masked: with its pseudonym in its place, `No such p3f2a91c0` would say what the pseudonym stands for, everywhere.
import { announcedPort, announcingAnother } from '../../dialogue/announced-port.js';
import { MASK } from '../../protocol/command.js';
import { verbFacts } from '../../protocol/verbs.js';
import { isPlainWord, KEPT_EXTENSIONS, KEPT_NAMES } from './ftp-vocabulary.js';
import type { Pseudonyms } from './pseudonyms.js';

/** Numbers of so few digits name nobody; longer ones stay only where they are sizes, times and ports. */
const SMALL_NUMBER = /^\d{1,3}$/;
const NUMBER = /^\d+$/;
/** `12ms`, `100k`. */
const QUANTITY = /^\d{1,3}(?:ms|s|m|h|[kmgt]?i?b|[kmgt]|am|pm)$/i;
/** Shorter names are left to be words: `of` is a part of every text. */
const SHORTEST_NAME = 3;
const MAX_NAMES = 10_000;

/** The numbers of a PORT or 227, and shorter rows that may be a part of an address. */
const ROW = /(?<!\d)\d+(?: *, *-?\d+){3,}/g;
/** Numbers too small to say anything alone, and a telephone number together. */
const NUMBERS_IN_A_ROW = /(?<!\d)\+?\d{1,4}(?:[ ()/-]+\d{1,4}){2,}/g;
const LEAST_DIGITS_IN_A_ROW = 6;
/** Letters that stand apart, and are a word together: `A C M E`. */
const SPACED_LETTERS = /(?<!\S)(?:[A-Za-z0-9] +){3,}[A-Za-z0-9](?!\S)/g;
const QUOTED_WORD = /^["']([A-Z]{3,4})["']$/;
/** A quote that nobody closes goes on to the end. */
const QUOTED = /("[^"]*(?:"|$)|(?<![A-Za-z0-9])'[^']*(?:'(?![A-Za-z0-9])|$))/;
const NAME_INSIDE = /[/\\@~]|[A-Za-z\x80-\uffff]\.[A-Za-z0-9\x80-\uffff]|[0-9]\.[A-Za-z\x80-\uffff]/;
const BYTES = /^ (?:more |fewer )?bytes?\b/;
const BYTES_CHARACTERS = 16;
const NO_NAME =
  /^[([]*(?:(?:\d{1,5}(?:\.\d{1,3})?)?[kmg]?i?b(?:ytes)?\/s(?:ec(?:ond)?)?|i\/o|ssl\/tls|tls\/ssl)[)\].,:;]*$/i;

/** Addresses (an IPv6 address may be none: a time looks like one), rows of numbers that may be a part of one, the port of a 229, words. */
const ATOM = new RegExp(
  [
    '(?<colons>(?<![A-Za-z0-9:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|\\d+(?:\\.\\d+){3})?(?:%[A-Za-z0-9]+)?(?![A-Za-z0-9:]))',
    '(?<dots>(?<![A-Za-z0-9.])\\d{1,3}(?:\\.\\d{1,3}){3}(?![A-Za-z0-9]|\\.\\d))',
    '(?<port>(?<=\\d[.]\\d{1,3}:|\\]:)\\d{1,5}(?![A-Za-z0-9])|(?<=\\(\\k<bar>\\k<bar>(?<bar>[!-/:-~]))\\d{1,5})',
    '(?<part>(?:\\d{2,3}(?:\\.\\d{1,3}){2,}|(?:[0-9A-Fa-f]{1,4}[-:.]){3,}[0-9A-Fa-f]{1,4})(?![A-Za-z0-9]))',
    '(?<word>[A-Za-z0-9\\x80-\\uffff]+)',
  ].join('|'),
  'g',
);

type Atom = Readonly<Record<string, string | undefined>>;

export interface TextKind {
  /** Long numbers are sizes, times or ports. */
  readonly numbers?: boolean;
}

export class AnonymousText {
  /** Words of FTP, and numbers, that were names in this session. */
  private readonly names = new Set<string>();

  constructor(private readonly pseudonyms: Pseudonyms) {}

  /** From now on each word of it is a name. */
  learn(names: string): void {
    for (const [word] of names.matchAll(/[A-Za-z0-9]+/g)) {
      if (word.length < SHORTEST_NAME || KEPT_NAMES.has(word)) continue;
      if (isPlainWord(word) || QUANTITY.test(word) || (NUMBER.test(word) && !this.isFull)) this.names.add(word);
    }
  }

  /** Numbers are remembered no more: from now on any may be a name. */
  private get isFull(): boolean {
    return this.names.size >= MAX_NAMES;
  }

  /** A path, a user, a host, or anything that is nothing but names. */
  name(text: string): string {
    return this.atoms(text, (word) => this.pseudonyms.word(word));
  }

  text(text: string, { numbers = false }: TextKind = {}): string {
    const joined = numbers ? text : this.withoutDisguise(text);
    let at = 0;
    let safe = '';
    for (const row of joined.matchAll(ROW)) {
      safe += this.withoutRows(joined.slice(at, row.index), numbers) + this.row(row[0]);
      at = row.index + row[0].length;
    }
    return safe + this.withoutRows(joined.slice(at), numbers);
  }

  private withoutDisguise(text: string): string {
    const isLong = (row: string) => row.replace(/\D/g, '').length >= LEAST_DIGITS_IN_A_ROW;
    return text
      .replace(NUMBERS_IN_A_ROW, (row) => (isLong(row) ? this.pseudonyms.word(row) : row))
      .replace(SPACED_LETTERS, (letters) => this.pseudonyms.word(letters));
  }

  /** An announced address, or what may be a part of one. */
  private row(row: string): string {
    const numbers = row.replaceAll(' ', '');
    const found = announcedPort({ code: 227, lines: [numbers] }, '227', '');
    const address = found === null ? null : this.pseudonyms.address(found.announced.address);
    if (found === null || address === null) return numbers.replace(/\d+/g, '0');
    return announcingAnother([numbers], { address, port: found.announced.port }).join('');
  }

  private withoutRows(text: string, numbers: boolean): string {
    // The separators, which are quoted, stand at the odd places.
    const parts = text
      .split(QUOTED)
      .map((part, index) => (index % 2 === 1 ? this.quoted(part) : this.unquoted(part, numbers)));
    return parts.join('');
  }

  /** A server that does not know a verb quotes it. */
  private quoted(text: string): string {
    const word = QUOTED_WORD.exec(text)?.[1];
    const isVerb = word !== undefined && verbFacts(word) !== undefined && !this.names.has(word);
    return isVerb ? text : this.name(text);
  }

  private unquoted(text: string, numbers: boolean): string {
    return text.replace(/\S+/g, (chunk, at: number) => {
      if (NO_NAME.test(chunk)) return chunk;
      if (NAME_INSIDE.test(chunk)) return this.name(chunk);
      const isSize =
        NUMBER.test(chunk) && BYTES.test(text.slice(at + chunk.length, at + chunk.length + BYTES_CHARACTERS));
      return this.atoms(chunk, (word) => this.wordOfText(word, numbers || isSize));
    });
  }

  private wordOfText(word: string, numbers: boolean): string {
    const isName = this.names.has(word) || (this.isFull && NUMBER.test(word) && word.length >= SHORTEST_NAME);
    if (isPlainWord(word)) return isName ? MASK : word;
    const isHarmless = NUMBER.test(word) ? numbers || SMALL_NUMBER.test(word) : QUANTITY.test(word);
    return isHarmless && !isName ? word : this.pseudonyms.word(word);
  }

  /** `word` says what stands in place of each word. */
  private atoms(text: string, word: (word: string) => string): string {
    let at = 0;
    let safe = '';
    for (const { 0: atom, index, groups = {} } of text.matchAll(ATOM)) {
      safe += text.slice(at, index) + this.atom(atom, groups, text[index - 1] === '.', word);
      at = index + atom.length;
    }
    return safe + text.slice(at);
  }

  private atom(atom: string, groups: Atom, isBehindDot: boolean, word: (word: string) => string): string {
    if (groups['port'] !== undefined) return atom;
    if (groups['word'] !== undefined) {
      const isKept = KEPT_NAMES.has(atom) || (isBehindDot && KEPT_EXTENSIONS.has(atom.toLowerCase()));
      return isKept ? atom : word(atom);
    }
    const address = this.pseudonyms.address(atom);
    if (address !== null) return address;
    return groups['colons'] === undefined ? this.pseudonyms.word(atom) : atom.replace(/[A-Za-z0-9]+/g, word);
  }
}
