// Keeps replies with their commands where the capture lacks some of either. The dialogue goes by order alone, and one lost reply
// would shift all that follow; this drops what can have no answer any more. Without lost bytes it changes nothing.

import type { Dialogue } from '../../dialogue/dialogue.js';
import { Exchange, NO_COMMAND } from '../../dialogue/exchange.js';
import type { CapturedLink } from './captured-link.js';
import type { SessionLinks } from './session-links.js';

type Asked = Exchange<CapturedLink>;

/** Commands that a client may send, and a server may answer, while a transfer runs. */
const INTERLEAVED_VERBS = new Set(['ABOR', 'STAT', 'NOOP', 'QUIT']);
const INTERLEAVED = /^(?:[\xf0-\xff]|ABOR|STAT|NOOP|QUIT)/i;

/** Replies that a transfer gets, and otherwise ABOR alone. */
const TRANSFER_REPLIES = new Set([125, 150, 226, 425, 426]);

export class Alignment {
  /** Bytes are missing, and since then the order of what waits is in doubt. */
  private inDoubt = false;
  /** Whether the client spoke again before it had all its answers: the last time, and the time before. */
  private overlapped = { lately: false, before: false };
  /** They stand for commands that the capture lacks. */
  private readonly lostCommands = new WeakSet<Asked>();

  constructor(
    private readonly dialogue: Dialogue<CapturedLink>,
    private readonly links: SessionLinks,
  ) {}

  /** The client speaks, after the server did. A client that waits for its answers has had all that it waited for. */
  clientGoesOn(bytes: Buffer): void {
    const { dialogue } = this;
    if (dialogue.runsTransfer && INTERLEAVED.test(bytes.toString('latin1', 0, 8))) return;
    if (this.inDoubt && !this.overlaps) this.forget(dialogue.unanswered);
    const waits = dialogue.newest !== null;
    this.overlapped = { lately: waits, before: this.overlapped.lately };
    this.inDoubt &&= waits;
  }

  /** Bytes of the client are missing: the next replies may answer what was in them. */
  commandsLost(at: number): void {
    const exchange = new Exchange<CapturedLink>(null, NO_COMMAND, at);
    exchange.mayStayUnanswered = true;
    this.lostCommands.add(exchange);
    this.dialogue.ask(exchange);
    this.inDoubt = true;
  }

  /** Bytes of the server are missing. What the client asked before it last spoke was answered in them. */
  repliesLost(): void {
    this.inDoubt = true;
    if (this.overlaps) return;
    const { unanswered } = this.dialogue;
    const lastAskedAt = unanswered.at(-1)?.askedAt ?? 0;
    this.forget(unanswered.filter(({ askedAt }) => askedAt < lastAskedAt));
  }

  /**
   * The exchange that a reply answers. Null when that is a command which the capture lacks, undefined when there is none. A
   * server answers in order: what it should have answered before was answered in the lost bytes.
   */
  answer(code: number): Asked | null | undefined {
    const asksFor = this.inDoubt ? whatAsksFor(code) : null;
    if (asksFor !== null) this.forgetBefore(asksFor);
    const waiting = this.inDoubt ? this.dialogue.unanswered : [];
    const answered = this.dialogue.answer(code);
    if (answered === null) return undefined;
    if (this.inDoubt) {
      const passedOver = waiting.slice(0, waiting.indexOf(answered));
      this.forget(passedOver.filter(({ runs }) => !(runs && INTERLEAVED_VERBS.has(answered.verb))));
    }
    return this.lostCommands.has(answered) ? null : answered;
  }

  /** It takes two times in a row: the first may be due to lost bytes that were not missed yet. */
  private get overlaps(): boolean {
    return this.overlapped.lately && this.overlapped.before;
  }

  private forgetBefore(asksFor: (exchange: Asked) => boolean): void {
    const waiting = this.dialogue.unanswered;
    const known = waiting.findIndex(asksFor);
    // Otherwise it was among the commands that the capture lacks.
    const asked = known === -1 ? waiting.findIndex((exchange) => this.lostCommands.has(exchange)) : known;
    if (asked > 0) this.forget(waiting.slice(0, asked));
  }

  private forget(exchanges: readonly Asked[]): void {
    for (const exchange of exchanges) {
      this.dialogue.forget(exchange);
      if (exchange.isTransfer) this.links.replyMissing(exchange);
    }
  }
}

/** Which commands alone get such a reply; null where many do. */
function whatAsksFor(code: number): ((exchange: Asked) => boolean) | null {
  if (TRANSFER_REPLIES.has(code)) return ({ isTransfer, verb }) => isTransfer || verb === 'ABOR';
  if (code === 227 || code === 229) return ({ facts }) => facts?.announces === '227' || facts?.announces === '229';
  return null;
}
