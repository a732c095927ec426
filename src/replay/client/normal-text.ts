// Texts of servers without what differs from one run to the next, whatever the server: times, sizes of transfers, ports,
// addresses, numbers of sessions and processes, dates in listings. Pure. What a client asked for by name stays: a file's size
// in a SIZE reply is no accident of the run.

const MONTH = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*';
const DAY_OF_WEEK = '(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*';
const CLOCK = '\\d{1,2}:\\d{2}(?::\\d{2})?(?:\\.\\d+)?(?: ?[ap]m\\b)?';

/** In this order: what is more special comes before what would take a part of it. */
const ACCIDENTS: readonly (readonly [pattern: RegExp, inPlace: string])[] = [
  // 227 and 229: where the server listens.
  [/\(?\b\d{1,3}(?:, ?\d{1,3}){5}\)?\.?/g, '<address>'],
  [/\(([!-/:-~])\1\1\d+\1\)/g, '(|||<port>|)'],
  // Addresses. A time of day has colons, too: `::` or four of them make sure that it is IPv6.
  [/\[?(?=[0-9a-f:]{0,39}(?:::|(?:[0-9a-f]{1,4}:){4}))[0-9a-f:]{2,39}(?:(?:\.\d{1,3}){3})?\]?/gi, '<address>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, '<address>'],
  [/\bport:? ?\d{1,5}\b/gi, 'port <port>'],
  // Times.
  [/\b\d{14}(?:\.\d+)?\b/g, '<time>'],
  [/\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?)?Z?\b/g, '<time>'],
  [
    new RegExp(`\\b(?:${DAY_OF_WEEK},? )?${MONTH} {1,2}\\d{1,2},?(?: ${CLOCK})?(?: [A-Z]{3,4})?(?: \\d{4})?\\b`, 'gi'),
    '<time>',
  ],
  [new RegExp(`\\b(?:${DAY_OF_WEEK},? )?\\d{1,2} ${MONTH} \\d{4}(?: ${CLOCK})?\\b`, 'gi'), '<time>'],
  [new RegExp(`\\b${CLOCK}`, 'gi'), '<time>'],
  [/\b\d+(?:[.,]\d+)? ?(?:ms|msec|milliseconds?|s|secs?|seconds?|mins?|minutes?|hours?)\b/gi, '<time>'],
  // Sizes and rates.
  [/\b\d+(?:[.,]\d+)? ?(?:[kmgt]i?)?(?:b|bytes?)(?: ?(?:\/s|per second))?(?![a-z])/gi, '<size>'],
  // Whose session it is, and the how manieth.
  [/\b(pid|process|session|connection|user|id)([ :#=]*(?:number |id |no\.? )?)\d+\b/gi, '$1$2<number>'],
  [/\[\d+\]/g, '[<number>]'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi, '<number>'],
];

/** A line of a reply as it is compared. */
export function normalReplyLine(line: string): string {
  const text = ACCIDENTS.reduce((sofar, [pattern, inPlace]) => sofar.replace(pattern, inPlace), withoutCode(line));
  return codeOf(line) + text.replace(/\s+/g, ' ').trimEnd();
}

/** The three digits and what follows them are no number among others. */
function codeOf(line: string): string {
  return /^\d{3}(?:[ -]|$)/.exec(line)?.[0] ?? '';
}

function withoutCode(line: string): string {
  return line.slice(codeOf(line).length);
}

/** `drwxr-xr-x 2 ftp ftp 4096 Nov 22 11:04 name`, with any blanks. */
const UNIX_LINE =
  /^([-dlbcps][-rwxsStT]{9}[+.@]?)\s+(\d+)\s+(\S+)\s+(\S+)\s+(\d+)\s+([A-Z][a-z]{2}\s+\d{1,2}\s+[\d:]{4,5}|\d{4}-\d{2}-\d{2}\s+\d{2}:\d{2})\s(.*)$/s;
/** `11-22-26  11:04AM       <DIR>          name`. */
const DOS_LINE = /^\d{2}-\d{2}-\d{2,4}\s+\d{2}:\d{2}(?:[AP]M)?\s+(<DIR>|\d+)\s+(.*)$/s;
/** Facts and a name (RFC 3659 section 7). */
const FACTS_LINE = /^\s?((?:[^=;\s]+=[^;]*;)+) (.*)$/s;
/** What a file system gives by chance, or a clock. A folder's size is the file system's. */
const ACCIDENTAL_FACTS = /^(?:modify|create|unique|unix\.c?inode|unix\.ctime|sizd)=/i;

/** A line of a listing as it is compared: without times, and without what a folder weighs. Null for what is no entry. */
function normalListingLine(line: string): string | null {
  if (line === '' || /^total \d+$/i.test(line)) return null;
  const unix = UNIX_LINE.exec(line);
  if (unix !== null) {
    const [, rights = '', , owner, group, size, , name] = unix;
    return `${rights.slice(0, 10)} ${owner} ${group} ${rights.startsWith('d') ? '<size>' : size} <time> ${name}`;
  }
  const dos = DOS_LINE.exec(line);
  if (dos !== null) return `<time> ${dos[1]} ${dos[2]}`;
  const facts = FACTS_LINE.exec(line);
  if (facts !== null) return `${normalFacts(facts[1] ?? '')} ${facts[2]}`;
  return line;
}

function normalFacts(facts: string): string {
  const each = facts.split(';').filter((fact) => fact !== '' && !ACCIDENTAL_FACTS.test(fact));
  const isFolder = each.some((fact) => /^type=(?:dir|cdir|pdir)$/i.test(fact));
  const kept = isFolder ? each.filter((fact) => !/^size=/i.test(fact)) : each;
  return `${kept.map(lowerName).sort().join(';')};`;
}

/** Names of facts are the same in either case (RFC 3659 section 7.2). */
function lowerName(fact: string): string {
  const at = fact.indexOf('=');
  return fact.slice(0, at).toLowerCase() + fact.slice(at);
}

/** A listing's entries as they are compared, in an order of their own: servers promise none. */
export function normalListing(text: string): string[] {
  return text
    .split(/\r?\n/)
    .flatMap((line) => normalListingLine(line) ?? [])
    .sort();
}
