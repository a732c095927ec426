// The plain transcript: observations in, lines for people out, one an event. Pure: the same observations give the same
// lines, whatever the clock and the terminal. Holds a line back only while it waits for the rewrite that belongs to it, or for what becomes
// of a reply that the proxy holds: nearly always that is known at once, and the relay says so when it takes longer.
import type {
  CommandSeen,
  Finding,
  HeldReply,
  LinkProgress,
  Observation,
  ReplySeen,
  Rewrite,
} from '../dialogue/observation.js';
import { verbFacts } from '../protocol/verbs.js';
import { linkClosedLine } from '../words/closed-links.js';
import { summaryLines } from '../words/findings.js';
import { heldKey, heldReplyLine, heldReplyNote, heldWords, UNHEARD_WORDS } from '../words/held-replies.js';
import type { PlainLine } from '../words/line.js';
import {
  commandLine,
  linkOpenedLine,
  linkProgressLine,
  noteLine,
  replyLines,
  rewriteLine,
  rewriteNote,
  shown,
  tlsToldByDefault,
} from '../words/lines.js';
import { meaningOfText } from '../words/server-texts.js';
import { localTime } from '../words/times.js';
import { layOut } from './plain-layout.js';

export interface PlainTextOptions {
  /** ANSI colours. */
  readonly colour: boolean;
  /** Tell the meaning of every verb, and how connections and links come about. */
  readonly verbose: boolean;
  /** The first day is told as well: nobody knows when it was. Default: false, as for what happens now. */
  readonly dated?: boolean;
  /** Writes a time (milliseconds since the epoch) as `YYYY-MM-DDTHH:MM:SS.mmm`. Default: `localTime`. */
  readonly clock?: (atMs: number) => string;
}

/** A command or reply that names an address: its rewrite is observed right behind it, and is told on the same line. */
type Rewritable = CommandSeen | ReplySeen;

/** A line that waits for its rewrite or its delivery, and the news of links that came meanwhile: a data port is opened in between. */
interface Held {
  readonly line: Rewritable;
  readonly links: Observation[];
}

interface SessionMemory {
  held: Held | null;
  /** Whether there is a proxy in it that rewrites. */
  readonly isRelayed: boolean;
  /** Number of the newest command. */
  newest: number;
  /** The newest commands, by number, to name what a reply out of turn answers, and who asked. */
  readonly commands: Map<number, Pick<CommandSeen, 'verb' | 'by'>>;
  /** Replies that were shown as held, and what became of them was not; see `heldKey`. */
  readonly shownAsHeld: Set<string>;
  /** What was said last of each open link. */
  readonly progress: Map<number, Pick<LinkProgress, 'state' | 'bytes'>>;
  /** For the summary at its end. */
  readonly findings: Finding[];
}

const MAX_REMEMBERED_COMMANDS = 64;

const MAX_REMEMBERED_FINDINGS = 200;

/** More than are ever open at once. */
const MAX_REMEMBERED_SESSIONS = 100_000;

/** More news of links than an announcement brings about: then something is amiss, and the held line is shown. */
const MAX_HELD_LINK_NEWS = 4;

/** `#1 ` to `#99`; more digits widen the column for all lines that follow. */
const LEAST_SESSION_COLUMNS = 3;

export class PlainText {
  private readonly sessions = new Map<number, SessionMemory>();
  private readonly clock: (atMs: number) => string;
  private sessionColumns = LEAST_SESSION_COLUMNS;
  private date: string | null = null;

  constructor(private readonly options: PlainTextOptions) {
    this.clock = options.clock ?? localTime;
  }

  /** The lines that are to be printed now, without line ends. */
  lines(observation: Observation): string[] {
    const memory = this.memoryOf(observation);
    const { held } = memory;
    if (held === null) return this.take(observation, memory);
    if (isLinkNews(observation) && held.links.length < MAX_HELD_LINK_NEWS) {
      held.links.push(observation);
      return [];
    }
    if (observation.kind === 'rewrite' && concerns(observation, held.line)) return this.release(memory, observation);
    if (observation.kind === 'held-reply' && isOf(observation, held.line)) return this.release(memory, observation);
    return [...this.release(memory, null), ...this.take(observation, memory)];
  }

  /** What is still held back when no observation follows. */
  rest(): string[] {
    return [...this.sessions.values()].flatMap((memory) => this.release(memory, null));
  }

  /** `news` is what the line waited for; null when it waits no longer. */
  private release(memory: SessionMemory, news: Rewrite | HeldReply | null): string[] {
    const { held } = memory;
    if (held === null) return [];
    memory.held = null;
    const told = news?.kind === 'rewrite' ? this.rewritten(held.line, news) : this.unrewritten(held.line, memory, news);
    return [...this.print(held.line, told), ...held.links.flatMap((news) => this.take(news, memory))];
  }

  private memoryOf(observation: Observation): SessionMemory {
    const { session } = observation;
    const known = this.sessions.get(session);
    if (known !== undefined) return known;
    const isRelayed = observation.kind !== 'session-opened' || observation.how !== 'capture';
    const memory: SessionMemory = {
      held: null,
      isRelayed,
      newest: 0,
      commands: new Map(),
      shownAsHeld: new Set(),
      progress: new Map(),
      findings: [],
    };
    this.sessions.set(session, memory);
    this.forgetOldest();
    return memory;
  }

  /** Recordings may hold any number of sessions that never end. */
  private forgetOldest(): void {
    const [oldest] = this.sessions.keys();
    if (this.sessions.size > MAX_REMEMBERED_SESSIONS && oldest !== undefined) this.sessions.delete(oldest);
  }

  private take(observation: Observation, memory: SessionMemory): string[] {
    if (observation.kind === 'command') remember(observation, memory);
    if (observation.kind === 'session-closed') this.sessions.delete(observation.session);
    if (memory.isRelayed && waitsForNews(observation)) {
      memory.held = { line: observation, links: [] };
      return [];
    }
    return this.print(observation, this.told(observation, memory));
  }

  private told(observation: Observation, memory: SessionMemory): PlainLine[] {
    const { verbose } = this.options;
    switch (observation.kind) {
      case 'command':
      case 'reply':
        return this.unrewritten(observation, memory, null);
      case 'held-reply':
        return heldReplyLines(observation, memory);
      case 'rewrite':
        return [rewriteLine(observation)];
      case 'link-opened':
        return verbose ? [linkOpenedLine(observation)] : [];
      case 'link-progress':
        return verbose && isNews(observation, memory) ? [linkProgressLine(observation)] : [];
      case 'link-closed':
        memory.progress.delete(observation.link);
        // The refusal was told with its reply; the link it left over ends later, and nobody waits for that.
        return observation.outcome === 'refused' && !verbose ? [] : [linkClosedLine(observation, verbose)];
      case 'server-connected':
        return verbose ? [noteLine(observation)] : [];
      case 'tls':
        return tlsToldByDefault(observation) || verbose ? [noteLine(observation)] : [];
      case 'finding':
        if (memory.findings.length < MAX_REMEMBERED_FINDINGS) memory.findings.push(observation);
        return [noteLine(observation)];
      case 'session-closed':
        return [noteLine(observation), ...summaryLines(memory.findings)];
      default:
        return [noteLine(observation)];
    }
  }

  private rewritten(held: Rewritable, rewrite: Rewrite): PlainLine[] {
    const note = rewriteNote(rewrite);
    return held.kind === 'command' ? [commandLine(held, this.options.verbose, note)] : replyLines(held, note);
  }

  private unrewritten(held: Rewritable, memory: SessionMemory, news: HeldReply | null): PlainLine[] {
    if (held.kind === 'command') return [commandLine(held, this.options.verbose)];
    const isStillHeld = held.held !== undefined && (news === null || news.state === 'waiting');
    if (isStillHeld) memory.shownAsHeld.add(heldKey(held));
    const fate = news === null ? heldWords(held.held) : heldReplyNote(news);
    return replyLines(held, [noteOf(held, memory), fate].filter(Boolean).join(', '));
  }

  private print(observation: Observation, lines: readonly PlainLine[]): string[] {
    if (lines.length === 0) return [];
    const [date = '', time = ''] = this.clock(observation.at).split('T');
    const number = `#${observation.session}`;
    this.sessionColumns = Math.max(this.sessionColumns, number.length);
    const head = `${time}  ${number.padEnd(this.sessionColumns)} `;
    return [...this.newDay(date), ...lines.map((line) => layOut(head, line, this.options.colour))];
  }

  /** Lines bear the time alone; a new day is told once. */
  private newDay(date: string): string[] {
    const isNew = this.date !== date && (this.date !== null || this.options.dated === true);
    this.date = date;
    return isNew ? [`-- ${date}`] : [];
  }
}

function remember({ number, verb, by }: CommandSeen, memory: SessionMemory): void {
  memory.newest = number;
  memory.commands.set(number, by === undefined ? { verb } : { verb, by });
  memory.commands.delete(number - MAX_REMEMBERED_COMMANDS);
}

/** A transfer that stands still, or waits for its first byte, is reported each second as well: once is enough for a reader. */
function isNews({ link, state, bytes }: LinkProgress, { progress }: SessionMemory): boolean {
  const last = progress.get(link);
  progress.set(link, { state, bytes });
  return state !== 'transferring' || last?.state !== state || last.bytes !== bytes;
}

/** Says whose answer a reply is, where it is not the server's to the newest command, and what is often misread in it. */
function noteOf({ by, answers, code, lines, replaces, unheard }: ReplySeen, memory: SessionMemory): string {
  const instead = replaces === undefined ? '' : ` in place of the server's ${replaces}`;
  const notes = by === 'proxy' ? [`from the proxy itself${instead}`] : [];
  const asked = answers === null ? undefined : memory.commands.get(answers);
  const verb = asked?.verb;
  if (unheard && asked?.by !== 'proxy') notes.push(UNHEARD_WORDS);
  if (answers !== null && answers !== memory.newest) {
    notes.push(`answers ${verb === undefined ? `command ${answers}` : shown(verb)}`);
  }
  const meaning = by === 'server' ? meaningOfText(code, lines, verb ?? null) : null;
  return [...notes, ...(meaning === null ? [] : [meaning])].join(', ');
}

/** Told when it is delivered or lost, where it was shown as held; a reply of the proxy says itself that it replaces it. */
function heldReplyLines(news: HeldReply, memory: SessionMemory): PlainLine[] {
  const wasShown = memory.shownAsHeld.has(heldKey(news));
  if (news.state === 'waiting') memory.shownAsHeld.add(heldKey(news));
  else memory.shownAsHeld.delete(heldKey(news));
  if (news.state === 'replaced') return [];
  return wasShown === (news.state === 'waiting') ? [] : [heldReplyLine(news)];
}

function isOf(news: HeldReply, held: Rewritable): boolean {
  return held.kind === 'reply' && held.held !== undefined && heldKey(held) === heldKey(news);
}

function waitsForNews(observation: Observation): observation is Rewritable {
  if (observation.kind === 'reply' && observation.held !== undefined) return true;
  if (observation.kind === 'reply') return observation.by === 'server' && [227, 229].includes(observation.code);
  if (observation.kind !== 'command') return false;
  const announces = verbFacts(observation.verb)?.announces;
  return announces === 'PORT' || announces === 'EPRT';
}

/** A PORT may leave as an EPRT, where the server is reached over IPv6. */
function concerns({ what }: Rewrite, held: Rewritable): boolean {
  return (held.kind === 'command') === (what === 'PORT' || what === 'EPRT');
}

function isLinkNews({ kind }: Observation): boolean {
  return kind === 'link-opened' || kind === 'link-progress' || kind === 'link-closed';
}
