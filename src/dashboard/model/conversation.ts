// One session's conversation as it is looked at: each command with its replies, each transfer where it began, and what
// else happened, in order. Bounded: the newest entries are kept.
import type {
  CommandSeen,
  HeldReply,
  LinkClosed,
  LinkProgress,
  Observation,
  ReplySeen,
  Rewrite,
} from '../../dialogue/observation.js';
import { heldKey } from '../../words/held-replies.js';
import type { Note } from '../../words/lines.js';
import { BoundedList } from './bounded-list.js';
import { TransferMeter } from './transfer-meter.js';

/** A command and what answers it; the greeting, and what nobody asked for, have no command. */
export interface ExchangeEntry {
  readonly kind: 'exchange';
  readonly command: CommandSeen | null;
  readonly replies: ReplySeen[];
  /** What was said of replies that were held, the newest for each. */
  readonly held: HeldReply[];
  /** What was announced in the command or in its reply, and given to the other peer. */
  rewrite: Rewrite | null;
}

/** A data link that a transfer uses. */
export interface TransferEntry {
  readonly kind: 'transfer';
  readonly link: number;
  readonly meter: TransferMeter;
  /** How many bytes it will have, where the server said so (`150 ... (1234 bytes)`). */
  readonly expectedBytes: number | null;
  facts: LinkProgress | LinkClosed;
}

/** Whatever else is told of a session. */
export interface NoteEntry {
  readonly kind: 'note';
  readonly observation: Note;
}

export type ConversationEntry = ExchangeEntry | TransferEntry | NoteEntry;

/** Replies may come late, but not after this many more commands. */
const MAX_OPEN_EXCHANGES = 256;

/** Replies held at one time; of more, it is not shown what became of them. */
const MAX_HELD_REPLIES = 256;

export class ShownConversation {
  private readonly list: BoundedList<ConversationEntry>;
  private readonly exchanges = new Map<number, ExchangeEntry>();
  /** With replies that are held, by what `heldKey` says. */
  private readonly holding = new Map<string, ExchangeEntry>();
  private readonly transfers = new Map<number, TransferEntry>();
  private newest: ExchangeEntry | null = null;

  constructor(maxEntries: number) {
    this.list = new BoundedList(maxEntries);
  }

  get entries(): readonly ConversationEntry[] {
    return this.list.items;
  }

  /** How many older entries are no longer here. */
  get dropped(): number {
    return this.list.dropped;
  }

  /** What is kept, as it was observed and in its order; of a running transfer the newest news. */
  get observations(): readonly Observation[] {
    return this.entries.flatMap(observationsOf).sort((left, right) => left.at - right.at);
  }

  add(observation: Observation): void {
    switch (observation.kind) {
      case 'command':
        return this.ask(observation);
      case 'reply':
        return this.answer(observation);
      case 'held-reply':
        return this.held(observation);
      case 'rewrite':
        return this.rewritten(observation);
      case 'link-opened':
        return;
      case 'link-progress':
      case 'link-closed':
        return this.transfer(observation);
      default:
        this.list.push({ kind: 'note', observation });
    }
  }

  private ask(command: CommandSeen): void {
    const entry: ExchangeEntry = { kind: 'exchange', command, replies: [], held: [], rewrite: null };
    this.newest = entry;
    this.exchanges.set(command.number, entry);
    this.exchanges.delete(command.number - MAX_OPEN_EXCHANGES);
    this.list.push(entry);
  }

  private answer(reply: ReplySeen): void {
    const asked = reply.answers === null ? undefined : this.exchanges.get(reply.answers);
    if (asked !== undefined) {
      asked.replies.push(reply);
      this.newest = asked;
      this.hold(reply, asked);
      if (!reply.preliminary) this.exchanges.delete(reply.answers ?? 0);
      return;
    }
    this.newest = { kind: 'exchange', command: null, replies: [reply], held: [], rewrite: null };
    this.hold(reply, this.newest);
    this.list.push(this.newest);
  }

  private hold(reply: ReplySeen, entry: ExchangeEntry): void {
    if (reply.held === undefined) return;
    this.holding.set(heldKey(reply), entry);
    const [oldest] = this.holding.keys();
    if (this.holding.size > MAX_HELD_REPLIES && oldest !== undefined) this.holding.delete(oldest);
  }

  private held(news: HeldReply): void {
    const entry = this.holding.get(heldKey(news));
    if (entry === undefined) return;
    const before = entry.held.findIndex((one) => heldKey(one) === heldKey(news));
    entry.held.splice(before === -1 ? entry.held.length : before, 1, news);
    if (news.state !== 'waiting') this.holding.delete(heldKey(news));
  }

  /** It stands right behind the command or reply that it belongs to. */
  private rewritten(rewrite: Rewrite): void {
    if (this.newest !== null) this.newest.rewrite = rewrite;
  }

  private transfer(facts: LinkProgress | LinkClosed): void {
    const known = this.transfers.get(facts.link);
    if (facts.kind === 'link-closed') this.transfers.delete(facts.link);
    if (known !== undefined) {
      known.facts = facts;
      known.meter.add(facts.at, facts.bytes);
      return;
    }
    if (facts.verb === null && facts.kind === 'link-progress') return;
    const entry: TransferEntry = {
      kind: 'transfer',
      link: facts.link,
      meter: new TransferMeter(),
      expectedBytes: this.expectedBytes(facts),
      facts,
    };
    entry.meter.add(facts.at, facts.bytes);
    if (facts.kind === 'link-progress') this.transfers.set(facts.link, entry);
    this.list.push(entry);
  }

  private expectedBytes({ verb }: LinkProgress | LinkClosed): number | null {
    const exchange = [...this.exchanges.values()].findLast(({ command }) => command?.verb === verb);
    const announced = /\((\d+) bytes\)/i.exec(exchange?.replies[0]?.lines[0] ?? '');
    return announced?.[1] === undefined ? null : Number(announced[1]);
  }
}

function observationsOf(entry: ConversationEntry): readonly Observation[] {
  switch (entry.kind) {
    case 'exchange':
      return [
        ...(entry.command === null ? [] : [entry.command]),
        ...entry.replies,
        ...entry.held,
        ...(entry.rewrite === null ? [] : [entry.rewrite]),
      ];
    case 'transfer':
      return [entry.facts];
    case 'note':
      return [entry.observation];
  }
}
