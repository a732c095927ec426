// Reads a listing line by line as its bytes go by: in which grammar it is, and what its names are like. Keeps sums of the first names, and
// no name.
import { utf8Reading } from '../protocol/wire-text.js';
import { type ListedFile, type ListingFacts, type ListingGrammar, nameSum } from './content-facts.js';

const MAX_LINE_CHARACTERS = 1024;
const MAX_FILES = 16;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

interface Entry {
  readonly name: string | null;
  readonly bytes: number | null;
  readonly modified: string | null;
}

type EntryReader = (line: string) => Entry | null;

/** The date that stands before a name: `Nov 30 14:27`, `30 Nov 2025`, `2026-11-30 14:27`. */
const UNIX_DATE =
  /\s(?:([A-Z][a-z]{2})\s{1,3}(\d{1,2})|(\d{1,2})\s{1,3}([A-Z][a-z]{2})|\d{4}-(\d\d)-(\d\d))\s{1,3}(\d\d?:\d\d|\d{4})(?::\d\d)?\s/;

const READERS: Readonly<Record<Exclude<ListingGrammar, 'names' | 'unknown'>, EntryReader>> = {
  unix: (line) => {
    if (!/^[-a-zA-Z][-rwxsStTlL?]{9}[.+@]?\s/.test(line)) return null;
    const date = UNIX_DATE.exec(line);
    if (date === null) return { name: null, bytes: null, modified: null };
    const [whole, monthFirst, dayBehind, dayFirst, monthBehind, monthNumber, dayNumber, time = ''] = date;
    const month = monthNumber ?? numberOfMonth(monthFirst ?? monthBehind ?? '');
    const day = (dayNumber ?? dayBehind ?? dayFirst ?? '').padStart(2, '0');
    const size = /(\d{1,15})$/.exec(line.slice(0, date.index))?.[1];
    const name = line.slice(date.index + whole.length);
    return {
      name: line.startsWith('l') ? (name.split(' -> ')[0] ?? name) : name,
      bytes: line.startsWith('-') && size !== undefined ? Number(size) : null,
      modified: month === null || !time.includes(':') ? null : `${month}-${day} ${time.padStart(5, '0')}`,
    };
  },
  dos: (line) => {
    const parts = /^(\d\d-\d\d)-(?:\d\d){1,2}\s+(\d\d):(\d\d)(AM|PM)?\s+(?:(\d+)|<[A-Z]+>)\s+(\S.*)$/i.exec(line);
    if (parts === null) return null;
    const [, date = '', hour = '', minute = '', half, size, name = ''] = parts;
    const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (/pm/i.test(half) ? 12 : 0);
    const modified = `${date} ${String(hours).padStart(2, '0')}:${minute}`;
    return { name, bytes: size === undefined ? null : Number(size), modified };
  },
  mlsd: (line) => {
    const parts = /^((?:[a-z0-9.-]+=[^;]*;)+) (.+)$/i.exec(line);
    if (parts === null) return null;
    const [, facts = '', name = ''] = parts;
    const size = /(?:^|;)size=(\d{1,15});/i.exec(facts)?.[1];
    const modify = /(?:^|;)modify=\d{4}(\d\d)(\d\d)(\d\d)(\d\d)/i.exec(facts);
    const [, month, day, hour, minute] = modify ?? [];
    const modified = modify === null ? null : `${month}-${day} ${hour}:${minute}`;
    // `.` and `..` are entries of their own kinds.
    return /(?:^|;)type=[cp]dir;/i.test(facts)
      ? { name: '.', bytes: null, modified: null }
      : { name, bytes: size === undefined ? null : Number(size), modified };
  },
  eplf: (line) => {
    const parts = /^\+([^\t]*)\t(.+)$/.exec(line);
    if (parts === null) return null;
    const size = /(?:^|,)s(\d{1,15}),/.exec(parts[1] ?? '')?.[1];
    return { name: parts[2] ?? null, bytes: size === undefined ? null : Number(size), modified: null };
  },
  vms: (line) => {
    const name = /^([^\s;]+);\d+(?:\s|$)/.exec(line)?.[1];
    return name === undefined ? null : { name, bytes: null, modified: null };
  },
};

type Grammar = keyof typeof READERS;
const GRAMMARS: readonly Grammar[] = ['unix', 'mlsd', 'dos', 'eplf', 'vms'];

/** In which the line is an entry, and what it says. The grammar of the line before is tried first. */
function read(line: string, before: Grammar | null): readonly [Grammar, Entry] | null {
  const same = before === null ? null : READERS[before](line);
  if (before !== null && same !== null) return [before, same];
  for (const grammar of GRAMMARS) {
    const entry = grammar === before ? null : READERS[grammar](line);
    if (entry !== null) return [grammar, entry];
  }
  return null;
}

/** Lines of names and lines of entries are counted side by side: which of them it is, the command says. */
export class ListingReader {
  private line = '';
  private grammar: Grammar | null = null;
  private readonly inGrammar = new Names();
  private readonly asNames = new Names();
  private strangeLines = 0;

  /** `verb` is that of the transfer, where it is known by now. */
  constructor(private readonly verb: string | null) {}

  take(bytes: Uint8Array): void {
    const lines = (this.line + latin1(bytes)).split('\n');
    this.line = (lines.pop() ?? '').slice(0, MAX_LINE_CHARACTERS);
    for (const line of lines) this.takeLine(line.slice(0, MAX_LINE_CHARACTERS));
  }

  /** `whole`: a last line without an end is one, too. */
  facts(verb: string, whole: boolean): ListingFacts {
    if (whole && this.line !== '') this.takeLine(this.line);
    if (whole) this.line = '';
    if (verb === 'NLST') return { grammar: 'names', strangeLines: 0, ...this.asNames.facts };
    return { grammar: this.grammar ?? 'unknown', strangeLines: this.strangeLines, ...this.inGrammar.facts };
  }

  private takeLine(raw: string): void {
    const line = raw.replace(/\r+$/, '');
    if (line === '') return;
    if (this.verb === null || this.verb === 'NLST') {
      this.asNames.add({ name: line.slice(line.lastIndexOf('/') + 1), bytes: null, modified: null });
    }
    if (this.verb === 'NLST') return;
    const found = read(line, this.grammar);
    if (found !== null) {
      this.grammar ??= found[0];
      this.inGrammar.add(found[1]);
    } else if (!/^total \d+$/i.test(line)) this.strangeLines += 1;
  }
}

class Names {
  private entries = 0;
  private dotNames = 0;
  private otherEncoding = 0;
  private decomposed = 0;
  private readonly files: ListedFile[] = [];

  get facts() {
    const { entries, dotNames, otherEncoding, decomposed, files } = this;
    return { entries, dotNames, otherEncoding, decomposed, files };
  }

  add({ name, bytes, modified }: Entry): void {
    if (name === '.' || name === '..') return;
    this.entries += 1;
    if (name === null) return;
    if (name.startsWith('.')) this.dotNames += 1;
    const readable = utf8Reading(name);
    if (readable === null && /[\x80-\xff]/.test(name)) this.otherEncoding += 1;
    if (readable !== null && readable.normalize('NFC') !== readable) this.decomposed += 1;
    if (this.files.length < MAX_FILES) this.files.push({ nameSum: nameSum(name), bytes, modified });
  }
}

function numberOfMonth(name: string): string | null {
  const index = MONTHS.indexOf(name.toLowerCase());
  return index < 0 ? null : String(index + 1).padStart(2, '0');
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
