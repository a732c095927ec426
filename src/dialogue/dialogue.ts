// Who answers what. Commands wait here for their replies, first in, first out, with the exceptions that FTP has:
// a transfer command owns its 1yz and a final reply; STAT, NOOP and ABOR may be answered while a transfer runs; ABOR is
// answered once or twice; a line that is no command may get no reply at all; 421 comes unasked.
//
// Where the order leaves room for doubt, a reply goes to the first exchange that it can answer. What the proxy answers
// itself stands in the same queue, so that the client gets its replies in the order of its commands.
import { isNegative, isPreliminary } from '../protocol/reply.js';
import { type VerbFacts, verbFacts } from '../protocol/verbs.js';
import type { DataLink } from './data-link.js';

/** The greeting is the reply to no command; it heads the queue. */
export const GREETING = '(greeting)';
/** A line that is no command. The server may answer it or pass over it. */
export const NO_COMMAND = '(no command)';

/** What the dialogue has to know of a data link: whether its bytes are on their way. */
interface Flowing {
  readonly flowing: boolean;
}

/** A command and what is known of its replies. `Link` is the relay's own, unless somebody else looks on. */
export class Exchange<Link extends Flowing = DataLink> {
  readonly facts: VerbFacts | undefined;
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
  /** Called with the final reply's code and last line. */
  whenAnswered: ((code: number, text: string) => void) | null = null;
  /** Whether the server may leave it without a reply of its own. */
  mayStayUnanswered = false;

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
  }

  get isTransfer(): boolean {
    return this.facts?.transfer !== undefined;
  }

  get awaitsServer(): boolean {
    return this.ownReply === null && !this.answeredHere;
  }

  /** Answered by the server, once and in its turn. */
  get isPlain(): boolean {
    return this.awaitsServer && !this.isTransfer && this.verb !== 'ABOR' && this.verb !== NO_COMMAND;
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

export class Dialogue<Link extends Flowing = DataLink> {
  private queue: Exchange<Link>[] = [];

  get length(): number {
    return this.queue.length;
  }

  /** What still waits for a reply of the server. */
  get unanswered(): readonly Exchange<Link>[] {
    return this.queue.filter((exchange) => exchange.awaitsServer);
  }

  /** What has no answer yet, from the server or from the proxy. */
  get open(): readonly Exchange<Link>[] {
    return this.queue.filter((exchange) => exchange.ownReply === null);
  }

  ask(exchange: Exchange<Link>): void {
    this.queue.push(exchange);
  }

  /** The exchange that a reply with this code answers; null when nobody asked. A final reply takes it off the queue. */
  answer(code: number): Exchange<Link> | null {
    const exchange = this.find(code);
    if (exchange === null) return null;
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

  /** Takes the proxy's own answers off the head of the queue: everything before them has been answered. */
  takeOwnReplies(): Exchange<Link>[] {
    const ready = this.queue.findIndex((exchange) => exchange.ownReply === null);
    return this.queue.splice(0, ready === -1 ? this.queue.length : ready);
  }

  /** The last PASV or EPSV that has no reply yet; null when there is none. */
  get openAnnouncement(): Exchange<Link> | null {
    return this.unanswered.findLast(({ facts }) => facts?.announces === '227' || facts?.announces === '229') ?? null;
  }

  /**
   * The transfer that a data port announced only now belongs to: asked for in one breath with the PASV that announced it, or
   * begun without a port.
   */
  transferFor(announcement: Exchange<Link>): Exchange<Link> | null {
    const inOneBreath = this.queue.find(({ awaits }) => awaits === announcement);
    return inOneBreath ?? this.queue.find((exchange) => exchange.runs && exchange.link === null) ?? null;
  }

  /** Transfers that wait for a reply. */
  get transfers(): readonly Exchange<Link>[] {
    return this.queue.filter((exchange) => exchange.isTransfer);
  }

  private find(code: number): Exchange<Link> | null {
    const head = this.queue[0];
    if (head?.isPlain && code !== 227 && code !== 229 && !isPreliminary(code)) return head;
    const waiting = this.unanswered;
    const announced =
      code === 227 || code === 229 ? waiting.find((one) => one.facts?.announces === `${code}`) : undefined;
    if (announced) return announced;
    if (code === 125 || code === 150) {
      const transfer = waiting.find((exchange) => exchange.isTransfer && !exchange.started);
      if (transfer) return transfer;
    }
    const index = waiting.findIndex((exchange, at) => canAnswer(exchange, code, waiting.slice(at + 1)));
    return waiting[index] ?? waiting[0] ?? null;
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

/** Whether the code can answer the exchange, given what else waits behind it. */
function canAnswer(exchange: Exchange<Flowing>, code: number, behind: readonly Exchange<Flowing>[]): boolean {
  if (behind.length === 0) return true;
  if (exchange.runs) return TRANSFER_FINALS.has(code) || (SHARED_FAILURES.has(code) && !exchange.link?.flowing);
  if (exchange.verb === 'ABOR') return ABORT_REPLIES.has(code);
  if (exchange.verb === NO_COMMAND) return isNegative(code);
  return true;
}
