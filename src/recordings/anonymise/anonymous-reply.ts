// A line of a reply without names. Its code says whether numbers are facts in it, and its form whether it is a line of a listing.
import { withoutTelnet } from '../../protocol/reply.js';
import type { AnonymousText } from './anonymous-text.js';

/** Their texts have sizes, times and ports. */
const CODES_WITH_NUMBERS: ReadonlySet<number> = new Set([125, 150, 213, 226, 227, 228, 229, 350]);
/** Their lines between the first and the last may be listings, or names of files. */
const CODES_WITH_LISTINGS: ReadonlySet<number> = new Set([212, 213]);
/** A line of `ls -l`, or of a listing as Windows has it; or facts of a file behind which its name stands (RFC 3659 section 7.2). */
const LISTED = /^\s*(?:[-dlbcps][-rwxsStT]{9}|\d\d-\d\d-\d\d(?:\d\d)? )/;
const FACTS = /^\s*(?:[\w.-]+=[^; ]*;)+ /;
/** Numbers, types and permissions (RFC 3659 section 7.5). */
const FACT_VALUE = /^(?:[\d.]{1,20}|file|dir|cdir|pdir|[acdeflmprw]{1,12})$/i;
const FACT = /^(?:modify|create|size|perm|type|unix\.mode)=/i;

const LEAST_STROKES = 4;

export class AnonymousReplies {
  constructor(private readonly texts: AnonymousText) {}

  /** Secrets are masked already. */
  line(line: string, code: number): string {
    const bare = withoutTelnet(line);
    const front = bare.startsWith(`${code}`) ? bare.slice(0, 4) : '';
    const numbers = CODES_WITH_NUMBERS.has(code);
    const start = /^\d{3}[ -]?$/.test(front) ? front : '';
    const text = bare.slice(start.length);
    if (isDrawn(text)) return start;
    const facts = FACTS.exec(text)?.[0] ?? '';
    if (facts !== '') return start + this.facts(facts) + this.texts.name(text.slice(facts.length));
    const isListed = LISTED.test(text) || (CODES_WITH_LISTINGS.has(code) && start === '');
    return start + (isListed ? this.listed(text) : this.texts.text(text, { numbers }));
  }

  private facts(facts: string): string {
    return facts.replace(/[^;\s]+(?=;)/g, (fact) =>
      FACT.test(fact)
        ? this.texts.text(fact.slice(0, fact.indexOf('=') + 1)) + this.factValue(fact)
        : this.texts.name(fact),
    );
  }

  private factValue(fact: string): string {
    const value = fact.slice(fact.indexOf('=') + 1);
    return FACT_VALUE.test(value) ? value : this.texts.name(value);
  }

  /** The columns before the name have permissions, sizes and times: what is in front of it as a number stays. */
  private listed(text: string): string {
    const permissions = /^\s*[-dlbcps][-rwxsStT]{9}/.exec(text)?.[0] ?? '';
    const rest = text.slice(permissions.length);
    return (
      permissions +
      rest.replace(/\S+/g, (word) => (/^(?:\d{1,3}|\d\d:\d\d|<DIR>)$/.test(word) ? word : this.texts.name(word)))
    );
  }
}

/** Banners draw names in big letters made of punctuation. */
function isDrawn(text: string): boolean {
  const strokes = text.replace(/[A-Za-z0-9\s]/g, '').length;
  return strokes >= LEAST_STROKES && strokes > text.replace(/[^A-Za-z0-9]/g, '').length;
}
