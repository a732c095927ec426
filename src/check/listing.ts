// Listings as a check reads them: entries of LIST in the usual forms (Unix, DOS, EPLF) and of MLSD (RFC 3659 section 7), and what is none.

export interface ListedEntry {
  /** One character a byte. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
  /** Null where the listing does not say. */
  readonly bytes: number | null;
  /** As the listing has it, read as if it were UTC, in milliseconds since the epoch; null where it names no time of day. */
  readonly modifiedMs: number | null;
}

type ListingForm = 'unix' | 'dos' | 'eplf' | 'mlsd';

export interface Listing {
  /** Of the first entry; null where there is none. */
  readonly form: ListingForm | null;
  readonly entries: readonly ListedEntry[];
  /** Lines that are no entries. */
  readonly strange: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Up to the time: rights, links, owners, size, then `Nov 30 14:27` or `Nov 30 2025`. */
const UNIX_LINE =
  /^([-a-zA-Z])[-rwxsStTlL?]{9}[.+@]?\s.*?\s?(\d{1,15})\s+([A-Z][a-z]{2})\s+(\d{1,2})\s+(?:(\d{1,2}):(\d\d)|(\d{4}))\s(.+)$/;
const DOS_LINE = /^(\d\d)-(\d\d)-(\d\d|\d{4})\s+(\d\d):(\d\d)(AM|PM)?\s+(?:(\d{1,15})|<[A-Z]+>)\s+(\S.*)$/i;
const MLSD_LINE = /^((?:[A-Za-z0-9.-]+=[^;]*;)+) (.+)$/;
const EPLF_LINE = /^\+([^\t]*)\t(.+)$/;
const MAX_LINE_CHARACTERS = 1024;

type EntryReader = (line: string, nowMs: number) => ListedEntry | null;

const READERS: Readonly<Record<ListingForm, EntryReader>> = {
  unix(line, nowMs) {
    const [, kind = '', size = '', month = '', day = '', hour, minute, year, name = ''] = UNIX_LINE.exec(line) ?? [];
    const monthIndex = MONTHS.indexOf(month.toLowerCase());
    if (monthIndex < 0) return null;
    const at =
      hour === undefined || minute === undefined ? null : [monthIndex, Number(day), Number(hour), Number(minute)];
    return {
      name: kind === 'l' ? (name.split(' -> ', 1)[0] ?? name) : name,
      kind: kind === '-' ? 'file' : kind === 'd' ? 'folder' : 'other',
      bytes: kind === '-' ? Number(size) : null,
      modifiedMs: at === null || year !== undefined ? null : inTheLastYear(at, nowMs),
    };
  },
  dos(line) {
    const [whole, month, day, year = '', hour, minute, half, size, name = ''] = DOS_LINE.exec(line) ?? [];
    if (whole === undefined) return null;
    const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (/pm/i.test(half) ? 12 : 0);
    const fullYear = year.length === 4 ? Number(year) : 2000 + Number(year);
    return {
      name,
      kind: size === undefined ? 'folder' : 'file',
      bytes: size === undefined ? null : Number(size),
      modifiedMs: Date.UTC(fullYear, Number(month) - 1, Number(day), hours, Number(minute)),
    };
  },
  mlsd(line) {
    const [whole, factsText = '', name = ''] = MLSD_LINE.exec(line) ?? [];
    if (whole === undefined) return null;
    const facts = new Map(
      factsText.split(';').map((fact) => {
        const [key = '', value = ''] = fact.split('=', 2);
        return [key.toLowerCase(), value];
      }),
    );
    const type = facts.get('type')?.toLowerCase();
    const size = facts.get('size');
    return {
      // The folder itself and the one above are entries as well.
      name: type === 'cdir' || type === 'pdir' ? '.' : name,
      kind: type === 'file' ? 'file' : type === 'dir' ? 'folder' : 'other',
      bytes: size === undefined || !/^\d{1,15}$/.test(size) ? null : Number(size),
      modifiedMs: parseTimeValue(facts.get('modify') ?? ''),
    };
  },
  eplf(line) {
    const [whole, facts = '', name = ''] = EPLF_LINE.exec(line) ?? [];
    if (whole === undefined) return null;
    const size = /(?:^|,)s(\d{1,15})(?:,|$)/.exec(facts)?.[1];
    const seconds = /(?:^|,)m(\d{1,12})(?:,|$)/.exec(facts)?.[1];
    return {
      name,
      kind: /(?:^|,)\/(?:,|$)/.test(facts) ? 'folder' : 'file',
      bytes: size === undefined ? null : Number(size),
      modifiedMs: seconds === undefined ? null : Number(seconds) * 1000,
    };
  },
};

/** A time of MDTM, MFMT and MLSD, `YYYYMMDDHHMMSS` (RFC 3659 section 2.3); null for anything else. */
export function parseTimeValue(text: string): number | null {
  const [whole, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?$/.exec(text.trim()) ?? [];
  if (whole === undefined) return null;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}

/** `ls` names no year within half a year of its own clock, which may be a day ahead of ours. */
function inTheLastYear([month = 0, day = 1, hour = 0, minute = 0]: readonly number[], nowMs: number): number {
  const year = new Date(nowMs).getUTCFullYear();
  const at = Date.UTC(year, month, day, hour, minute);
  return at > nowMs + 2 * DAY_MS ? Date.UTC(year - 1, month, day, hour, minute) : at;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** `isMlsd`: of MLSD, which has one form. */
export function readListing(text: string, isMlsd: boolean, nowMs: number): Listing {
  const forms: readonly ListingForm[] = isMlsd ? ['mlsd'] : ['unix', 'dos', 'eplf'];
  const entries: ListedEntry[] = [];
  const strange: string[] = [];
  let form: ListingForm | null = null;
  for (const raw of text.split('\n')) {
    const line = raw.replace(/\r$/, '').slice(0, MAX_LINE_CHARACTERS);
    if (line === '' || /^total \d+$/i.test(line)) continue;
    const found = forms.find((one) => READERS[one](line, nowMs) !== null);
    const entry = found === undefined ? null : READERS[found](line, nowMs);
    if (found === undefined || entry === null) strange.push(line);
    else if (entry.name !== '.' && entry.name !== '..') {
      form ??= found;
      entries.push(entry);
    }
  }
  return { form, entries, strange };
}
