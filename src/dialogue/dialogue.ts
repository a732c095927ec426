// Who answers what.
//
// FTP numbers neither commands nor replies, so a reply is matched by its place and by its code. Commands wait here for their
// replies, first in, first out. RFC 959 allows these exceptions, and servers take a few more:
//
//   - A transfer command gets a 1yz and, when its data has gone through, a final reply. STAT, NOOP and ABOR may be answered in
//     between, so a reply that cannot end a transfer goes to the next command behind it.
//   - A 1yz behind the end of a transfer's data may be its last word (Pure-FTPd says a second 150 of a download that the client broke
//     off). Whether it was, the next reply tells: one that something behind it can get is not the transfer's.
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
import type { DataLink } from './data-link.js';
import { Exchange, type Flowing, GREETING, NO_COMMAND } from './exchange.js';

/** Replies that end a transfer and can hardly answer another command (RFC 959 section 5.4). */
const TRANSFER_FINALS = new Set([226, 250, 425, 426, 450, 451, 452, 551, 552, 553]);
/** Of these, those that are about a data connection. */
const DATA_REPLIES = new Set([226, 425, 426]);
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

  /** What was asked last and still waits for a reply of the server. */
  get newest(): Exchange<Link> | null {
    return this.queue.findLast((exchange) => exchange.awaitsServer) ?? null;
  }

  /** A transfer that the server has begun waits for its last reply. */
  get runsTransfer(): boolean {
    return this.queue.some((exchange) => exchange.runs && exchange.awaitsServer);
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
    const [oldest] = this.queue;
    // Nearly always, and then however many commands wait behind it.
    if (oldest !== undefined && isPlainAnswer(oldest, code)) return this.queue.shift() ?? null;
    const exchange = this.find(code);
    if (exchange === null) {
      this.noteOddAnswer(code);
      return null;
    }
    this.forgetUnansweredBefore(exchange);
    if (isPreliminary(code)) noteStart(exchange, code);
    else this.remove(exchange);
    if (exchange.verb === 'ABOR') this.transferMayBeAnswered();
    return exchange;
  }

  /**
   * The proxy will answer a transfer in the server's place. What the server still says to it, or has left unsaid when it answers what
   * is behind it, is the answer of another exchange, which the client hears nothing of, and which is given back.
   */
  answerInstead(exchange: Exchange<Link>): Exchange<Link> {
    const { number, verb, askedAt, argument, secret, started, link } = exchange;
    const unheard = new Exchange<Link>(number, verb, askedAt, argument, secret);
    unheard.started = started;
    unheard.link = link;
    unheard.internal = true;
    unheard.mayStayUnanswered = true;
    exchange.answeredHere = true;
    this.queue.splice(this.queue.indexOf(exchange) + 1, 0, unheard);
    return unheard;
  }

  /** No reply will come for it. */
  forget(exchange: Exchange<Link>): void {
    this.remove(exchange);
  }

  /**
   * Takes the proxy's own answers off the head of the queue: all that the client asked before them has been answered, however oddly.
   * What the proxy asked waits on.
   */
  takeOwnReplies(): Exchange<Link>[] {
    const waiting = this.queue.findIndex(
      ({ ownReply, oddlyAnswered, internal }) => ownReply === null && !oddlyAnswered && !internal,
    );
    const ready = this.queue.slice(0, waiting === -1 ? this.queue.length : waiting);
    const last = ready.findLastIndex(({ ownReply }) => ownReply !== null);
    if (last === -1) return [];
    const taken = this.queue.splice(0, last + 1);
    this.queue.unshift(...taken.filter(({ internal }) => internal));
    for (const { ownReply, internal, whenForgotten } of taken) if (ownReply === null && !internal) whenForgotten?.();
    return taken.filter(({ ownReply }) => ownReply !== null);
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
    const answered = findAnswered(waiting, code);
    if (answered !== null) return answered;
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
    const isForgotten = (one: Exchange<Link>, at: number) => at < index && one.mayStayUnanswered;
    const forgotten = this.queue.filter(isForgotten);
    if (forgotten.length === 0) return;
    this.queue = this.queue.filter((one) => !forgotten.includes(one));
    for (const one of forgotten) one.whenForgotten?.();
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

/** Whether the reply is the oldest command's without a doubt: an ordinary command, and a final reply that it can have. */
function isPlainAnswer({ verb, awaitsServer, isTransfer, oddlyAnswered }: Exchange<Flowing>, code: number): boolean {
  if (!awaitsServer || isTransfer || oddlyAnswered || isPreliminary(code) || code === 227 || code === 229) return false;
  return verb !== GREETING && verb !== NO_COMMAND && verb !== 'ABOR' && canAnswer(code, verb);
}

type Waiting<Link extends Flowing> = readonly Exchange<Link>[];

function noteStart(exchange: Exchange<Flowing>, code: number): void {
  // What is mere information (x1z: restart and performance markers) comes at any time.
  const isInformation = code >= 110 && code < 120;
  if (exchange.runs && exchange.link?.dataMayHaveEnded && !isInformation) {
    exchange.mayBeOver = true;
    exchange.mayStayUnanswered = true;
  }
  exchange.started = true;
}

/** The oldest that a final reply with this code can answer. */
function findAnswered<Link extends Flowing>(waiting: Waiting<Link>, code: number): Exchange<Link> | null {
  for (const [at, exchange] of waiting.entries()) {
    if (isAnsweredBy(exchange, code, at === waiting.length - 1)) {
      const behind = exchange.mayBeOver ? findAnswered(waiting.slice(at + 1), code) : null;
      return behind !== null && isRatherFor(behind, code) ? behind : exchange;
    }
    // Servers answer in order, and a mere okay does not tell that this one was left out.
    if (OKAY.has(code) && !mayBePassedOver(exchange)) return null;
  }
  return null;
}

/** Whether a reply that a transfer before it could get, too, is its own: a transfer that has not begun can only be refused. */
function isRatherFor({ isTransfer, started }: Exchange<Flowing>, code: number): boolean {
  return isTransfer ? started || isNegative(code) : !DATA_REPLIES.has(code);
}

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
