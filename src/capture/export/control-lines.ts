// The lines of a session's control connection as they are exported: which of them that vantage sees, and in which form. Lines
// whose form depends on what comes after them wait for it: an announced port for its data link, AUTH for its answer.
import {
  announcedPort,
  announcingAnother,
  formAskedFor,
  lineNaming,
  namedPort,
} from '../../dialogue/announced-port.js';
import type { CommandSeen, HeldReply, ReplySeen, Side } from '../../dialogue/observation.js';
import { type Endpoint, sameAddress } from '../../protocol/endpoint.js';
import { isCompletion, isNegative } from '../../protocol/reply.js';
import { verbFacts } from '../../protocol/verbs.js';
import type { Vantage } from './vantage.js';

/** AUTH and what follows from it: said no more where the connection is exported in the clear. */
const SECURITY_VERBS: ReadonlySet<string> = new Set(['AUTH', 'PBSZ', 'PROT']);
const ANOTHER_MECHANISM_ACCEPTED = 334;
/** More commands than that are not remembered until they are answered. */
const MAX_UNANSWERED = 2000;
const CRLF = '\r\n';

/** What a line waits for before its form is known. */
type Awaited = 'answer' | 'port';

/** A command, a reply, or a line that is neither, in its place. */
export interface ControlLine {
  readonly from: Side;
  /** With their ends. */
  lines: readonly string[];
  /** Null when its form is final. */
  awaits: Awaited | null;
  /** It is not seen from there after all. */
  dropped: boolean;
  /** What is to be said of it. */
  readonly notes: string[];
}

/** A line that waits, and what it is about. */
interface Waiting {
  readonly line: ControlLine;
  readonly number: number | null;
  readonly asked: CommandSeen | undefined;
}

export interface ControlLineEvents {
  /** A line has its place here. */
  line(line: ControlLine): void;
  /** Something to be said of what comes next. */
  note(text: string): void;
}

export class ControlLines {
  private waiting: Waiting[] = [];
  /** Commands whose final reply has not come. */
  private readonly asked = new Map<number, CommandSeen>();
  /** Commands that the proxy has answered in the server's place, which may have its say later. */
  private readonly answeredHere = new Set<number>();
  /** Those among them that got a 1yz. */
  private readonly begun = new Set<number>();
  /** Final replies to transfers: they go out when the data has, whenever they came. */
  private deferred: Waiting[] = [];
  private telnetBytes = '';
  private openLinks = 0;
  private lastListening: Endpoint | null = null;

  constructor(
    private readonly vantage: Vantage,
    /** A proxy was between client and server; otherwise every line is as it was on the wire. */
    private readonly throughProxy: boolean,
    private readonly events: ControlLineEvents,
  ) {}

  command(command: CommandSeen): void {
    const { number, line, end = CRLF } = command;
    this.asked.set(number, command);
    if (this.asked.size > MAX_UNANSWERED) this.forget(this.asked.keys().next().value ?? number);
    if (command.by === 'proxy' && this.vantage !== 'server') return;
    const telnet = this.telnetBytes;
    this.telnetBytes = '';
    this.add(newLine('client', [telnet + line + end], this.awaitedBy(command)), number, command);
  }

  reply(reply: ReplySeen): void {
    const { answers, preliminary } = reply;
    const asked = answers === null ? undefined : this.asked.get(answers);
    if (this.isUnheard(reply)) return;
    const hadBegun = answers !== null && this.begun.has(answers);
    if (answers !== null && preliminary) this.begun.add(answers);
    if (answers !== null && !preliminary) this.forget(answers);
    if (answers !== null && !preliminary && reply.by === 'proxy') this.answeredHere.add(answers);
    if (asked !== undefined && this.leavesOut(asked, reply)) return;
    this.settleAnswered(reply);
    if (!this.sees(reply, asked)) return;
    const line = newLine('server', this.textOf(reply, asked), this.awaitedByReply(reply, asked));
    // What the server said behind such a reply, the client heard behind it.
    const isBehind = this.deferred.length > 0 && reply.by === 'server' && line.awaits === null;
    if (isBehind || this.waitsForData(reply, asked, hadBegun)) this.deferred.push({ line, number: answers, asked });
    else this.add(line, answers, asked);
  }

  /** What never went to the client is not there, where the client is looked at. */
  heldReply({ state, answers }: HeldReply): void {
    if (state !== 'dropped' || this.vantage === 'server') return;
    const isIt = ({ number, line }: Waiting) => number === answers && line.from === 'server';
    for (const { line } of this.takeWaiting(isIt)) line.dropped = true;
    this.deferred = this.deferred.filter((one) => !isIt(one));
  }

  /** What is neither, with its end. */
  noise(from: Side, line: string): void {
    this.events.line(newLine(from, [line], null));
  }

  /** Telnet bytes in front of the client's next command. A proxy strips them. */
  telnet(bytes: string): void {
    if (this.vantage !== 'server' || !this.throughProxy) this.telnetBytes += bytes;
  }

  /** A data port is open; `listening` is its listener as seen from here, and that side's line announced it. */
  linkOpened(listener: Side, listening: Endpoint | null): void {
    this.openLinks += 1;
    this.lastListening = listening;
    for (const held of this.takeWaiting(({ line }) => line.awaits === 'port' && line.from === listener)) {
      if (listening !== null) this.name(held, listening);
      // What a server was asked is known with its answer.
      if (this.vantage === 'server' && listener === 'client') this.wait(held, 'answer');
    }
  }

  linkClosed(): void {
    this.openLinks -= 1;
    this.placeDeferred();
  }

  /** Nothing more will be known. */
  close(): void {
    this.takeWaiting(() => true);
    this.placeDeferred();
  }

  private forget(command: number): void {
    this.asked.delete(command);
    this.begun.delete(command);
  }

  private placeDeferred(): void {
    for (const { line, number, asked } of this.deferred.splice(0)) this.add(line, number, asked);
  }

  private awaitedBy({ verb, by }: CommandSeen): Awaited | null {
    if (!this.throughProxy) return null;
    if (by !== 'proxy' && (verb === 'PORT' || verb === 'EPRT')) return 'port';
    const mayNotBeRelayed = this.vantage === 'server' && by !== 'proxy';
    return mayNotBeRelayed || SECURITY_VERBS.has(verb) ? 'answer' : null;
  }

  /** A positive reply that the proxy may have changed or replaced on its way to the client. */
  private awaitedByReply({ by, code }: ReplySeen, asked: CommandSeen | undefined): Awaited | null {
    if (!this.throughProxy || by === 'proxy' || asked === undefined || !isCompletion(code)) return null;
    return formAskedFor(asked) !== null ? 'port' : null;
  }

  /** A refusal before the transfer began has no data to wait for: the port stays open for the next command. */
  private waitsForData({ by, code, preliminary }: ReplySeen, asked: CommandSeen | undefined, begun: boolean): boolean {
    if (!this.throughProxy || by === 'proxy' || preliminary || asked === undefined) return false;
    if (isNegative(code) && !begun) return false;
    return verbFacts(asked.verb)?.transfer !== undefined && this.openLinks > 0;
  }

  /** What the server says of a command that the proxy had answered in its place. */
  private isUnheard({ answers, by }: ReplySeen): boolean {
    if (this.vantage === 'server' || by === 'proxy' || answers === null || !this.answeredHere.has(answers))
      return false;
    if (this.answeredHere.size > MAX_UNANSWERED) this.answeredHere.clear();
    return true;
  }

  /** Whether command and reply agree on encryption that is not there in what is exported. */
  private leavesOut(asked: CommandSeen, { code, by, lines }: ReplySeen): boolean {
    if (!this.throughProxy || !SECURITY_VERBS.has(asked.verb)) return false;
    const agreed = isCompletion(code) || (asked.verb === 'AUTH' && code === ANOTHER_MECHANISM_ACCEPTED);
    const endsAtProxy = asked.verb !== 'AUTH' || by === 'proxy' || asked.by === 'proxy';
    if (!agreed || !endsAtProxy) return false;
    const held = this.takeWaiting(({ number }) => number === asked.number);
    for (const { line } of held) line.dropped = true;
    if (held.length > 0) this.events.note(`left out: ${asked.line}, answered ${lines.at(-1) ?? code}`);
    return true;
  }

  /** What waits for the answer to that command has got it. */
  private settleAnswered({ answers, by, relayed }: ReplySeen): void {
    if (answers === null) return;
    if (by === 'proxy' && this.vantage !== 'server') {
      this.deferred = this.deferred.filter(({ number }) => number !== answers);
    }
    for (const { line } of this.takeWaiting(({ number }) => number === answers)) {
      const isReplaced = by === 'proxy' && line.from === 'server' && this.vantage !== 'server';
      const wasNotRelayed = by === 'proxy' && !relayed && line.from === 'client' && this.vantage === 'server';
      line.dropped = isReplaced || wasNotRelayed;
    }
  }

  private sees({ by }: ReplySeen, asked: CommandSeen | undefined): boolean {
    return this.vantage === 'server' ? by === 'server' : asked?.by !== 'proxy';
  }

  private textOf({ lines, ends, by }: ReplySeen, asked: CommandSeen | undefined): readonly string[] {
    const ownAnnouncement = by === 'proxy' && asked !== undefined && formAskedFor(asked) !== null;
    const text = ownAnnouncement && this.lastListening !== null ? repliesNaming(lines, this.lastListening) : lines;
    return text.map((line, index) => line + (ends?.[index] ?? CRLF));
  }

  private name({ line, asked }: Waiting, port: Endpoint): void {
    const before = line.lines;
    const isCommand = line.from === 'client' && asked !== undefined;
    line.lines = isCommand
      ? [commandNaming(asked.line, asked.verb, asked.argument, port) + (asked.end ?? CRLF)]
      : repliesNaming(before, port);
    if (line.lines.join('') !== before.join('')) line.notes.push(`recorded as: ${before.join(' ').trim()}`);
  }

  private add(line: ControlLine, number: number | null, asked: CommandSeen | undefined): void {
    if (line.awaits !== null) this.waiting.push({ line, number, asked });
    this.events.line(line);
  }

  private wait(held: Waiting, awaits: Awaited): void {
    held.line.awaits = awaits;
    this.waiting.push(held);
  }

  private takeWaiting(concerned: (held: Waiting) => boolean): Waiting[] {
    if (this.waiting.length === 0) return [];
    const taken = this.waiting.filter(concerned);
    if (taken.length === 0) return taken;
    this.waiting = this.waiting.filter((held) => !taken.includes(held));
    for (const { line } of taken) line.awaits = null;
    return taken;
  }
}

/** The line of a PORT or EPRT command, naming that port; as it is when it names it already. */
export function commandNaming(line: string, verb: string, argument: string, port: Endpoint): string {
  const named = namedPort(verb, argument, '');
  return named.kind === 'port' && isSame(named.endpoint, port) ? line : lineNaming({ verb, argument, line }, port);
}

/** The lines of a reply to PASV or EPSV, naming that port; as they are when they name it already, or no port that can be read. */
export function repliesNaming(lines: readonly string[], port: Endpoint): readonly string[] {
  const code = Number(lines[0]?.slice(0, 3));
  const found = announcedPort({ code, lines }, '227', port.address);
  return found === null || isSame(found.announced, port) ? lines : announcingAnother(lines, port);
}

function isSame(said: Endpoint, port: Endpoint): boolean {
  return said.port === port.port && sameAddress(said.address, port.address);
}

function newLine(from: Side, lines: readonly string[], awaits: Awaited | null): ControlLine {
  return { from, lines, awaits, dropped: false, notes: [] };
}
