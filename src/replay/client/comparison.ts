// A recorded session beside the one that was made of it: codes, texts, payloads, times. Pure: payload texts of listings come in
// with the sessions. A difference says what it is between and whether it matters.
import { maskedLine } from '../../protocol/command.js';
import { isNegative } from '../../protocol/reply.js';
import { verbFacts } from '../../protocol/verbs.js';
import { formatCount } from '../../words/quantities.js';
import {
  finalReply,
  type RecordedExchange,
  type RecordedReply,
  type RecordedSession,
  type RecordedTransfer,
} from '../session/recorded-session.js';
import { normalListing, normalReplyLine } from './normal-text.js';

export type Aspect = 'codes' | 'texts' | 'payloads' | 'timing';

export const ASPECTS: readonly Aspect[] = ['codes', 'texts', 'payloads', 'timing'];

/** How long an answer took says more of the network than of the server. */
export const ASPECTS_THAT_MATTER: readonly Aspect[] = ['codes', 'texts', 'payloads'];

export interface Difference {
  readonly aspect: Aspect;
  readonly matters: boolean;
  /** Number of the command; null for the greeting. */
  readonly exchange: number | null;
  /** The command's line as recorded. */
  readonly command: string | null;
  /** What differs, in lines of text; secrets masked. */
  readonly recorded: readonly string[];
  readonly replayed: readonly string[];
}

/** One side of a comparison: the session, and the listings' texts by their commands' numbers. */
export interface ComparedSession {
  readonly session: RecordedSession;
  readonly listings: ReadonlyMap<number, string>;
}

/** What of the replayed session was meant to differ. */
export interface Liberties {
  /** Commands asked in another form: what counts is whether they succeed. */
  readonly translated: ReadonlySet<number>;
  /** Commands whose payload was bound to differ. */
  readonly unlike: ReadonlySet<number>;
}

const NO_LIBERTIES: Liberties = { translated: new Set(), unlike: new Set() };

export interface ComparisonResult {
  readonly differences: readonly Difference[];
  /** Commands whose replies were compared. */
  readonly exchanges: number;
  /** Transfers whose payloads were compared. */
  readonly payloads: number;
}

/** An answer that takes this much longer, both times over, is told of as slower. */
const SLOWER_BY_FACTOR = 3;
const SLOWER_BY_MS = 200;

/** Compares command by command, by their numbers; what either lacks is not compared. */
export function compareSessions(
  recorded: ComparedSession,
  replayed: ComparedSession,
  matters: readonly Aspect[] = ASPECTS_THAT_MATTER,
  liberties: Liberties = NO_LIBERTIES,
): ComparisonResult {
  const differences: Difference[] = [];
  const add = (exchange: RecordedExchange | null, found: Found) => {
    const { aspect } = found;
    const of = { exchange: exchange?.number ?? null, command: exchange === null ? null : maskedLine(exchange) };
    differences.push({ ...found, ...of, matters: matters.includes(aspect) });
  };
  for (const found of greetingDifferences(recorded.session, replayed.session)) add(null, found);
  const others = new Map(replayed.session.exchanges.map((exchange) => [exchange.number, exchange]));
  const pairs = recorded.session.exchanges.flatMap((one) => {
    const other = others.get(one.number);
    return other === undefined ? [] : [{ one, other }];
  });
  let payloads = 0;
  for (const { one, other } of pairs) {
    for (const found of replyDifferences(one, other, liberties.translated.has(one.number))) add(one, found);
    const payload = liberties.unlike.has(one.number) ? null : comparePayloads(one, other, recorded, replayed);
    if (payload === null) continue;
    payloads += 1;
    if (payload !== 'same') add(one, payload);
  }
  return { differences, exchanges: pairs.length, payloads };
}

type Found = Pick<Difference, 'aspect' | 'recorded' | 'replayed'>;

function greetingDifferences({ greeting: one }: RecordedSession, { greeting: other }: RecordedSession): Found[] {
  return one === null || other === null ? [] : differencesOf([one], [other]);
}

function replyDifferences(one: RecordedExchange, other: RecordedExchange, translated: boolean): Found[] {
  const final = finalReply(one);
  if (one.replies.length === 0) return [];
  if (translated) return translatedDifferences(one, other);
  // What the recording has lost of the replies is nobody's difference.
  const others = final === null ? other.replies.slice(0, one.replies.length) : other.replies;
  return [...differencesOf(one.replies, others), ...timingDifferences(final, finalReply(other))];
}

function translatedDifferences(one: RecordedExchange, other: RecordedExchange): Found[] {
  const [before, after] = [finalReply(one), finalReply(other)];
  if (before === null || (after !== null && isNegative(before.code) === isNegative(after.code))) return [];
  return [{ aspect: 'codes', recorded: before.lines, replayed: after?.lines ?? [] }];
}

function differencesOf(one: readonly RecordedReply[], other: readonly RecordedReply[]): Found[] {
  // What the proxy said in the recording, no server can be expected to say.
  if (one.some(byProxy)) return [];
  const codes = (replies: readonly RecordedReply[]) => replies.map(({ code }) => meaningOf(code)).join();
  const lines = (replies: readonly RecordedReply[]) => replies.flatMap((reply) => reply.lines);
  if (codes(one) !== codes(other)) return [{ aspect: 'codes', recorded: lines(one), replayed: lines(other) }];
  if (other.some(byProxy)) return [];
  const sameCode = (replies: readonly RecordedReply[], others: readonly RecordedReply[]) =>
    replies.filter(({ code }, index) => code === others[index]?.code);
  return textDifferences(lines(sameCode(one, other)), lines(sameCode(other, one)));
}

/** 125 or 150: that depends on whether the data connection or the command was faster. */
function meaningOf(code: number): number {
  return code === 125 ? 150 : code;
}

function byProxy(reply: RecordedReply): boolean {
  return reply.byProxy;
}

function textDifferences(one: readonly string[], other: readonly string[]): Found[] {
  const [before, after] = [one.map(normalLine), other.map(normalLine)];
  if (before.length === after.length && before.every((line, index) => line === after[index])) return [];
  if (before.length !== after.length) {
    // Of a long reply, such as FEAT, what only one of them has.
    const [onlyBefore, onlyAfter] = [linesWithout(one, after), linesWithout(other, before)];
    if (onlyBefore.length + onlyAfter.length > 0) {
      return [{ aspect: 'texts', recorded: onlyBefore, replayed: onlyAfter }];
    }
  }
  const differs = (line: string, index: number, against: readonly string[]) => normalLine(line) !== against[index];
  return [
    {
      aspect: 'texts',
      recorded: one.filter((line, index) => differs(line, index, after)),
      replayed: other.filter((line, index) => differs(line, index, before)),
    },
  ];
}

function linesWithout(lines: readonly string[], known: readonly string[]): string[] {
  const set = new Set(known);
  return lines.filter((line) => !set.has(normalLine(line)));
}

/** A reply may hold a listing (STAT, MLST): its lines are entries. */
function normalLine(line: string): string {
  return normalReplyLine(line.startsWith(' ') || /^[-dl]/.test(line) ? normalListing(line).join('') : line);
}

function timingDifferences(one: RecordedReply | null, other: RecordedReply | null): Found[] {
  const [before, after] = [one?.latencyMs ?? null, other?.latencyMs ?? null];
  if (before === null || after === null || after <= before * SLOWER_BY_FACTOR + SLOWER_BY_MS) return [];
  return [{ aspect: 'timing', recorded: [inMs(before)], replayed: [inMs(after)] }];
}

function inMs(ms: number): string {
  return `${Math.round(ms)} ms`;
}

/** Null when there is nothing to compare. */
function comparePayloads(
  one: RecordedExchange,
  other: RecordedExchange,
  recorded: ComparedSession,
  replayed: ComparedSession,
): Found | 'same' | null {
  const [before, after] = [one.transfer, other.transfer];
  if (before?.outcome !== 'complete' || before.missingBytes > 0 || after === null) return null;
  if (after.outcome !== 'complete') {
    return { aspect: 'payloads', recorded: [payloadText(before)], replayed: [payloadText(after)] };
  }
  if (before.sha256 !== null && before.sha256 === after.sha256) return 'same';
  if (verbFacts(one.verb)?.lists) {
    const [oneText, otherText] = [recorded.listings.get(one.number), replayed.listings.get(other.number)];
    return oneText === undefined || otherText === undefined ? null : compareListings(oneText, otherText);
  }
  // Without sums, as when payloads were not kept, the length is all that is known.
  const isSame = before.sha256 === null || after.sha256 === null ? before.bytes === after.bytes : false;
  return isSame ? 'same' : { aspect: 'payloads', recorded: [payloadText(before)], replayed: [payloadText(after)] };
}

function compareListings(one: string, other: string): Found | 'same' {
  const [before, after] = [normalListing(one), normalListing(other)];
  const recorded = without(before, after);
  const replayed = without(after, before);
  return recorded.length + replayed.length === 0 ? 'same' : { aspect: 'payloads', recorded, replayed };
}

/** What `lines` has more often than `others`. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

function payloadText({ bytes, sha256, outcome, reason }: RecordedTransfer): string {
  const sum = sha256 === null ? '' : `, sha256 ${sha256}`;
  const why = reason === null ? '' : `: ${reason}`;
  return `${formatCount(bytes, 'byte')}${sum}${outcome === 'complete' ? '' : `, ${outcome}${why}`}`;
}
