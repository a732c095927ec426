// A session's conversation as rows: each command with its replies below it, transfers with their progress, what else
// happened. Each row knows what it means in plain words, for the line that explains what is under the cursor.
import type {
  CommandSeen,
  HeldReply,
  LinkClosed,
  LinkProgress,
  ReplySeen,
  Rewrite,
} from '../../dialogue/observation.js';
import { maskedLine } from '../../protocol/command.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import { linkOutcomeLine } from '../../words/closed-links.js';
import { explainCommand, explainLink, explainReply } from '../../words/explanations.js';
import { heldKey, heldReplyNote, UNHEARD_WORDS } from '../../words/held-replies.js';
import type { PlainLine } from '../../words/line.js';
import { commandLine, noteLine, replyLines } from '../../words/lines.js';
import { formatBytes, formatCount, formatRate } from '../../words/quantities.js';
import type { ConversationEntry, ExchangeEntry, NoteEntry, TransferEntry } from '../model/conversation.js';
import { oneColumnEach, ownText, type Row, type Span, span, wireText } from './row.js';
import { progressBar, type Symbols } from './symbols.js';

export interface ConversationRow {
  readonly row: Row;
  readonly at: number;
  /** Number of the entry that the row belongs to. */
  readonly entry: number;
  readonly meaning: string;
}

export interface ConversationView {
  readonly symbols: Symbols;
  /** Entries whose replies are shown with all their lines. */
  readonly unfolded: ReadonlySet<number>;
  /** Whether passwords are shown that were recorded. */
  readonly reveals: boolean;
}

const PROGRESS_COLUMNS = 20;

/** `number` counts the session's entries, those included that are no longer kept. */
export function entryRows(entry: ConversationEntry, number: number, view: ConversationView): ConversationRow[] {
  switch (entry.kind) {
    case 'exchange':
      return exchangeRows(entry, number, view);
    case 'transfer':
      return [{ row: transferRow(entry, view), at: entry.facts.at, entry: number, meaning: explainLink(entry.facts) }];
    case 'note':
      return [noteRow(entry, number)];
  }
}

function noteRow({ observation }: NoteEntry, number: number): ConversationRow {
  const line = noteLine(observation);
  // The row may be too long for its pane: what it says is said below, too.
  return { row: lineRow(line, ''), at: observation.at, entry: number, meaning: line.note || line.text };
}

function exchangeRows({ command, replies, held, rewrite }: ExchangeEntry, number: number, view: ConversationView) {
  const rows: ConversationRow[] = [];
  const inCommand = rewrite !== null && (rewrite.what === 'PORT' || rewrite.what === 'EPRT');
  if (command !== null) {
    const own = inCommand ? rewrite : null;
    const line = commandLine(
      view.reveals ? command : withoutSecret(command),
      false,
      own === null ? '' : rewriteWords(own),
    );
    rows.push({
      row: lineRow(line, view.symbols.fromClient),
      at: command.at,
      entry: number,
      meaning: explainCommand(command, own),
    });
  }
  for (const reply of replies) {
    const news = held.find((one) => heldKey(one) === heldKey(reply)) ?? null;
    rows.push(
      ...replyRows(
        reply,
        { rewrite: inCommand ? null : rewrite, news, byProxy: command?.by === 'proxy' },
        number,
        view,
      ),
    );
  }
  return rows;
}

/** With --show-secrets passwords are recorded, and all the same not for everyone who looks over a shoulder. */
function withoutSecret(command: CommandSeen): CommandSeen {
  return { ...command, line: maskedLine(command) };
}

/** What else is known of a reply: the address in it, what became of it, whether the proxy asked for it. */
interface ReplySurroundings {
  readonly rewrite: Rewrite | null;
  readonly news: HeldReply | null;
  readonly byProxy: boolean;
}

function replyRows(
  reply: ReplySeen,
  { rewrite, news, byProxy }: ReplySurroundings,
  number: number,
  view: ConversationView,
): ConversationRow[] {
  const own = reply.code === 227 || reply.code === 229 ? rewrite : null;
  const fate = news === null ? '' : heldReplyNote(news);
  const notes = [own === null ? '' : rewriteWords(own), passingWords(reply, byProxy), fate];
  const lines = replyLines(reply, notes.filter(Boolean).join(', '));
  const meaning = [explainReply(reply, own), fate].filter(Boolean).join('; ');
  const shown = view.unfolded.has(number) ? lines : folded(lines);
  return shown.map((line, index) => ({
    row: lineRow(line, index === 0 ? view.symbols.fromServer : ' '),
    at: reply.at,
    entry: number,
    meaning,
  }));
}

function passingWords({ by, replaces, unheard }: ReplySeen, asksItself: boolean): string {
  if (by === 'server') return unheard && !asksItself ? UNHEARD_WORDS : '';
  return `by the proxy${replaces === undefined ? '' : ` in place of the server's ${replaces}`}`;
}

/** Of a long reply the first line that says something, and how many more there are. */
function folded(lines: readonly PlainLine[]): readonly PlainLine[] {
  const [first, ...rest] = lines;
  if (first === undefined || rest.length === 0) return lines;
  const words = lines.map(({ text }) => text).find((text) => !SAYS_NOTHING.test(text)) ?? first.text;
  const text = BEGINS_WITH_CODE.test(words) ? words : `${first.text.trimEnd()} ${words.trim()}`;
  return [{ ...first, text: `${text} [+${formatCount(rest.length, 'line')}]` }];
}

const BEGINS_WITH_CODE = /^\d{3}[- ]/;
/** A code alone, or nothing at all. */
const SAYS_NOTHING = /^(\d{3}[- ]?)?\s*$/;

function rewriteWords({ announced, given }: Rewrite): string {
  return ownText(`${formatEndpoint(announced)} -> ${formatEndpoint(given)}`);
}

function lineRow(line: PlainLine, symbol: string): Row {
  const mark = symbol === '' ? line.mark : symbol;
  const spans: Span[] = [span(mark === '' ? '' : `${mark} `, 'dim'), span(oneColumnEach(line.text), line.ink)];
  if (line.latency) spans.push(span(`  ${line.latency}`, 'dim'));
  if (line.note) spans.push(span(`  ${oneColumnEach(line.note)}`, 'dim'));
  return spans.filter(({ text }) => text !== '');
}

function transferRow({ facts, meter, expectedBytes }: TransferEntry, { symbols }: ConversationView): Row {
  if (facts.kind === 'link-closed') return lineRow(linkOutcomeLine(facts), symbols.transfer);
  const what =
    facts.verb === null ? 'no transfer yet' : `${wireText(facts.verb)} ${wireText(facts.path ?? '')}`.trimEnd();
  const rate = formatRate(Math.round(meter.bytesPerSecond), 1000);
  return [
    span(`${symbols.transfer} `, 'dim'),
    span(what, 'completion'),
    ...bar(facts, expectedBytes, symbols),
    span(`  ${formatBytes(facts.bytes)}`),
    span(rate === null ? '' : `  ${rate}`),
    span(`  ${facts.state}`, 'dim'),
  ];
}

function bar({ bytes }: LinkProgress | LinkClosed, expected: number | null, symbols: Symbols): Row {
  if (expected === null || expected === 0) return [];
  const share = bytes / expected;
  return [
    span(`  ${progressBar(share, PROGRESS_COLUMNS, symbols)} ${Math.floor(Math.min(1, share) * 100)}%`, 'completion'),
  ];
}
