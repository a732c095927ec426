// Who answers what.
//
// FTP numbers neither commands nor replies, so a reply is matched by its place and by its code. Commands wait here for their
// replies, first in, first out. RFC 959 allows these exceptions, and servers take a few more:
//
//   - A transfer command gets a 1yz and, when its data has gone through, a final reply. STAT, NOOP and ABOR may be answered in
//     between, so a reply that cannot end a transfer goes to the next command behind it.
//   - ABOR gets one reply or two: the first of two belongs to the transfer. A server that answers ABOR may say no more of the transfer.
//   - A line that is no command may get a refusal, or nothing.
//   - A 227 or 229 goes to the command that asked for a port, in whichever form it asked.
//   - 421 may come unasked (RFC 959 section 5.4), and answers whatever waits.
//
// The verb table says which codes can answer a verb (`canAnswer`). A reply that cannot be the answer of anything that waits is late,
// or was never asked for: it answers nothing, and the next reply still finds its command. The oldest command keeps waiting, but no
// longer holds up others: a client that waits for each reply took the odd one for its answer, and goes on.
//
// What the proxy answers itself stands in the same queue, so that the client gets its replies in the order of its commands.
import { canAnswer, ownAnswers, takesAnyAnswer } from '../protocol/answers.js';
import { isNegative, isPreliminary } from '../protocol/reply.js';
import { type VerbFacts, verbFacts } from '../protocol/verbs.js';
import { formAskedFor, type PassiveForm } from './announced-port.js';
import type { DataLink } from './data-link.js';
import type { GatheredReply } from './reply-lines.js';

/** The greeting is the reply to no command; it heads the queue. */
export const GREETING = '(greeting)';
/** A line that is no command. The server may answer it or pass over it. */
export const NO_COMMAND = '(no command)';

/** What the dialogue has to know of a data link: how far its bytes are. */
export interface Flowing {
  readonly flowing: boolean;
  /** All of it has come, or will not any more. */
  readonly dataEnded: boolean;
}

/** A command and what is known of its replies. `Link` is the relay's own, unless somebody else looks on. */
export class Exchange<Link extends Flowing = DataLink> {
  readonly facts: VerbFacts | undefined;
  /** The form in which it asks the server for a data port; null when it does not. */
  readonly asksFor: PassiveForm | null;
  /** A 1yz reply came: a final one follows. */
  started = false;
  /** For a transfer command: the PASV or EPSV before it whose reply is still to announce its link. */
  awaits: Exchange<Link> | null = null;
  /** The link that the transfer uses, or that the command announces. */
  link: Link | null = null;
  /** The proxy's own answer: the command was not relayed. */
  ownReply: string | null = null;
  /** The proxy will answer it, and does not know yet what. */
  answeredHere = false;
  /** The proxy asked, not the client: the client hears nothing of it. */
  internal = false;
  /** Called once the proxy's own answer has gone out. */
  whenOwnReplySent: (() => void) | null = null;
  /** Called with the final reply. */
  whenAnswered: ((reply: GatheredReply) => void) | null = null;
  /** Whether the server may leave it without a reply of its own. */
  mayStayUnanswered = false;
  /** While it was the oldest that waited, a reply came that cannot be its own: it may have been meant so all the same. */
  oddlyAnswered = false;

  constructor(
    /** The command's number; null for the greeting and for lines that are no commands. */
    readonly number: number | null,
    readonly verb: string,
    readonly askedAt: number,
    readonly argument = '',
    /** The command's secret, so that a server that echoes it can be masked. */
    public secret: string | null = null,
  ) {
    this.facts = verbFacts(verb);
    this.asksFor = formAskedFor({ verb, argument });
  }

  get isTransfer(): boolean {
    return this.facts?.transfer !== undefined;
  }

  get awaitsServer(): boolean {
    return this.ownReply === null && !this.answeredHere;
  }

  /** A transfer that the server has begun and not finished. */
  get runs(): boolean {
    return this.isTransfer && this.started;
  }
}

/** Replies that end a transfer and can hardly answer another command (RFC 959 section 5.4). */
const TRANSFER_FINALS = new Set([226, 250, 425, 426, 450, 451, 452, 551, 552, 553]);
/** Replies that a running transfer and another command can both get. */
const SHARED_FAILURES = new Set([421, 550]);
const ABORT_REPLIES = new Set([225, 226, 250, 421, 426, 450, 451, 500, 501, 502, 503, 504, 530]);
/** Replies that say no more than that all is well. */
const OKAY = new Set([200, 202, 250]);

export class Dialogue<Link extends Flowing = DataLink> {
  private queue: Exchange<Link>[] = [];

  get length(): number {
    return this.queue.length;
  }

  /** What still waits for a reply of the server. */
  get unanswered(): readonly Exchange<Link>[] {
    return this.queue.filter((exchange) => exchange.awaitsServer);
  }

  /** The oldest that the server has to answer; null when it owes nothing. */
  get owed(): Exchange<Link> | null {
    return this.queue.find((exchange) => exchange.awaitsServer && !exchange.mayStayUnanswered) ?? null;
  }

  /** What has no answer yet, from the server or from the proxy. */
  get open(): readonly Exchange<Link>[] {
    return this.queue.filter((exchange) => exchange.ownReply === null);
  }

  ask(exchange: Exchange<Link>): void {
    this.queue.push(exchange);
  }

  /** The exchange that a reply with this code answers; null when it answers none. A final reply takes it off the queue. */
  answer(code: number): Exchange<Link> | null {
    const exchange = this.find(code);
    if (exchange === null) {
      this.noteOddAnswer(code);
      return null;
    }
    this.forgetUnansweredBefore(exchange);
    if (isPreliminary(code)) exchange.started = true;
    else this.remove(exchange);
    if (exchange.verb === 'ABOR') this.transferMayBeAnswered();
    return exchange;
  }

  /** No reply will come for it. */
  forget(exchange: Exchange<Link>): void {
    this.remove(exchange);
  }

  /** Takes the proxy's own answers off the head of the queue: everything before them has been answered, however oddly. */
  takeOwnReplies(): Exchange<Link>[] {
    const waiting = this.queue.findIndex(({ ownReply, oddlyAnswered }) => ownReply === null && !oddlyAnswered);
    const ready = this.queue.slice(0, waiting === -1 ? this.queue.length : waiting);
    const last = ready.findLastIndex(({ ownReply }) => ownReply !== null);
    return this.queue.splice(0, last + 1).filter(({ ownReply }) => ownReply !== null);
  }

  /** The last PASV or EPSV that has no reply yet; null when there is none. */
  get openAnnouncement(): Exchange<Link> | null {
    return this.unanswered.findLast(({ asksFor, oddlyAnswered }) => asksFor !== null && !oddlyAnswered) ?? null;
  }

  /**
   * The transfer that a data port announced only now belongs to: asked for in one breath with the PASV that announced it, or
   * begun without a port. `announcement` is null where nobody asked for the port.
   */
  transferFor(announcement: Exchange<Link> | null): Exchange<Link> | null {
    const inOneBreath = this.queue.find(({ awaits }) => awaits !== null && awaits === announcement);
    return inOneBreath ?? this.queue.find((exchange) => exchange.runs && exchange.link === null) ?? null;
  }

  /** Transfers that wait for a reply. */
  get transfers(): readonly Exchange<Link>[] {
    return this.queue.filter((exchange) => exchange.isTransfer);
  }

  private find(code: number): Exchange<Link> | null {
    const waiting = this.unanswered;
    if (isPreliminary(code)) return findForPreliminary(waiting, code);
    if (code === 227 || code === 229) return findAsker(waiting, code);
    for (const [at, exchange] of waiting.entries()) {
      if (isAnsweredBy(exchange, code, at === waiting.length - 1)) return exchange;
      // Servers answer in order, and a mere okay does not tell that this one was left out.
      if (OKAY.has(code) && !mayBePassedOver(exchange)) break;
    }
    const [oldest] = waiting;
    if (oldest === undefined) return null;
    // Whatever is said to QUIT is said to QUIT, where nothing else waits.
    if (oldest.verb === 'QUIT' && waiting.length === 1) return oldest;
    return OKAY.has(code) && takesAnyOkay(oldest) ? oldest : null;
  }

  private noteOddAnswer(code: number): void {
    const oldest = this.unanswered.find(({ oddlyAnswered }) => !oddlyAnswered);
    if (isPreliminary(code) || oldest === undefined || oldest.runs || oldest.verb === GREETING) return;
    oldest.oddlyAnswered = true;
    oldest.mayStayUnanswered = true;
  }

  private forgetUnansweredBefore(exchange: Exchange<Link>): void {
    const index = this.queue.indexOf(exchange);
    if (index > 0) this.queue = this.queue.filter((one, at) => at >= index || !one.mayStayUnanswered);
  }

  private remove(exchange: Exchange<Link>): void {
    const index = this.queue.indexOf(exchange);
    if (index !== -1) this.queue.splice(index, 1);
  }

  /** ABOR got its reply: a transfer that still waits before it was aborted, and some servers say no more of it. */
  private transferMayBeAnswered(): void {
    for (const exchange of this.queue) if (exchange.runs) exchange.mayStayUnanswered = true;
  }
}

type Waiting<Link extends Flowing> = readonly Exchange<Link>[];

/** 125 and 150 begin a transfer; any other 1yz, and a second one, is about one that runs, or about what may say anything. */
function findForPreliminary<Link extends Flowing>(waiting: Waiting<Link>, code: number): Exchange<Link> | null {
  const begins = code === 125 || code === 150;
  const begun = begins ? waiting.find((exchange) => exchange.isTransfer && !exchange.started) : undefined;
  return begun ?? waiting.find((exchange) => exchange.isTransfer || mayTakeItsTime(exchange)) ?? null;
}

/** The greeting and REIN have 120 (RFC 959 section 5.4), and commands of a server's own whatever it likes. */
function mayTakeItsTime({ verb }: Exchange<Flowing>): boolean {
  return verb === GREETING || verb === 'REIN' || (verb !== NO_COMMAND && takesAnyAnswer(verb));
}

function findAsker<Link extends Flowing>(waiting: Waiting<Link>, code: 227 | 229): Exchange<Link> | null {
  const asked = waiting.find(({ asksFor }) => asksFor === `${code}`) ?? waiting.find(({ asksFor }) => asksFor !== null);
  return (
    asked ?? waiting.find(({ verb }) => verb === GREETING || (verb !== NO_COMMAND && canAnswer(code, verb))) ?? null
  );
}

/** Whether a final reply with this code can answer the exchange; `alone` when nothing waits behind it. */
function isAnsweredBy(exchange: Exchange<Flowing>, code: number, alone: boolean): boolean {
  const { verb } = exchange;
  if (verb === GREETING) return true;
  if (verb === NO_COMMAND) return isNegative(code);
  // It has got a reply already, in all likelihood: only what is its own comes late.
  if (exchange.oddlyAnswered && !alone) return ownAnswers(verb)?.includes(code) ?? false;
  if (verb === 'ABOR') return ABORT_REPLIES.has(code) || (alone && canAnswer(code, verb));
  if (!exchange.runs) return canAnswer(code, verb);
  if (TRANSFER_FINALS.has(code)) return true;
  return alone ? isNegative(code) : SHARED_FAILURES.has(code) && !exchange.link?.flowing;
}

/** Whether a reply may come for what waits behind it, before its own. */
function mayBePassedOver({ verb, runs, oddlyAnswered }: Exchange<Flowing>): boolean {
  return runs || oddlyAnswered || verb === 'ABOR' || verb === NO_COMMAND;
}

/** What no table knows better: a line that may have been a command after all, a transfer whose data has ended. */
function takesAnyOkay(exchange: Exchange<Flowing>): boolean {
  return exchange.verb === NO_COMMAND || (exchange.runs && exchange.link?.dataEnded === true);
}
