// The server's half of a captured session: its lines gathered into replies, each to the command that it answers, and what they
// say of data connections.

import { announcedPort } from '../../dialogue/announced-port.js';
import { AnnouncedSize } from '../../dialogue/announced-size.js';
import type { Dialogue } from '../../dialogue/dialogue.js';
import { Exchange, GREETING } from '../../dialogue/exchange.js';
import type { Observer } from '../../dialogue/observer.js';
import {
  type GatheredReply,
  lastLineOf,
  type ReplyGathering,
  type ReplyLinePlace,
  ReplyLines,
} from '../../dialogue/reply-lines.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import { isCompletion, isNegative, isPreliminary } from '../../protocol/reply.js';
import type { Alignment } from './alignment.js';
import { SHOWN_AS_IT_CAME } from './captured-commands.js';
import type { CapturedLink } from './captured-link.js';
import { type ControlOutput, MAX_LINE_BYTES } from './control-stream.js';
import type { SessionLinks } from './session-links.js';
import type { SharedBounds } from './shared-bounds.js';

/** A reply so much earlier than its command was captured by another clock. */
const OTHER_CLOCK_MS = 1;
const TWO_CLOCKS =
  'replies stand before their commands in time, as two clocks captured them: shown in the order of the dialogue, without latency';

export class CapturedReplies {
  /** No command was seen yet: replies that answer none are no wonder, as the capture may hold them alone, or began later. */
  expectsStrays = true;
  /** It hung up, without QUIT perhaps: some servers say goodbye all the same, and some complain. */
  clientHasEnded = false;
  private readonly lines = new ReplyLines();
  private readonly size = new AnnouncedSize();
  /** What the open reply answers. */
  private answered: Exchange<CapturedLink> | null = null;
  /** Bytes are missing inside the open reply, its end perhaps among them. */
  private endMayBeLost = false;

  constructor(
    private readonly observer: Observer,
    private readonly dialogue: Dialogue<CapturedLink>,
    private readonly links: SessionLinks,
    private readonly alignment: Alignment,
    private readonly bounds: SharedBounds,
    /** The capture began in the middle: the first reply may be the greeting all the same. */
    private greetingMayCome: boolean,
  ) {}

  take(output: Exclude<ControlOutput, { kind: 'encrypted' }>, at: number): void {
    if (output.kind === 'too-long') {
      const detail = `a line of more than ${MAX_LINE_BYTES} bytes`;
      return this.observer.violation(at, 'server', 'line-too-long', detail, 'not shown');
    }
    const { raw, end } = output;
    const line = raw.toString('latin1', 0, raw.length - end.length);
    if (this.endMayBeLost && this.beginsAnother(line)) this.completeAsItIs(at);
    const place = this.lines.take(line, end);
    if (place === null) return this.observer.noise(at, 'server', 'line', raw);
    if (place.first) this.begin(place.gathering.code, at);
    this.takeReplyLine(place, raw.length, at);
  }

  /** Bytes of the server are missing. */
  repliesLost(): void {
    this.endMayBeLost = this.lines.open !== null;
  }

  /** No more lines come: an open reply is told as far as it was heard. */
  completeAsItIs(at: number): void {
    const gathering = this.lines.breakOff();
    if (gathering !== null) this.complete(gathering, at);
  }

  private beginsAnother(line: string): boolean {
    const code = /^([1-6]\d\d)[ -]/.exec(line)?.[1];
    return code !== undefined && Number(code) !== this.lines.open?.code;
  }

  private takeReplyLine({ gathering, last }: ReplyLinePlace, bytes: number, at: number): void {
    this.bounds.unfinishedBytes += bytes;
    if (gathering.overflows) {
      const detail = `a reply ${gathering.code} that goes on and on`;
      this.observer.violationOnce(at, 'server', 'reply-too-long', detail, 'no longer kept');
    }
    if (last) this.complete(gathering, at);
    else if (this.bounds.unfinishedFull) this.completeAsItIs(at);
  }

  private begin(code: number, at: number): void {
    if (this.greetingMayCome && (code === 220 || code === 120))
      this.dialogue.ask(new Exchange<CapturedLink>(null, GREETING, at));
    const exchange = this.alignment.answer(code);
    if (exchange === undefined && code !== 421 && !this.clientHasEnded && !this.expectsStrays) {
      const detail = `a reply ${code} that answers no command in the capture`;
      this.observer.violation(at, 'server', 'unexpected-reply', detail, SHOWN_AS_IT_CAME);
    }
    this.greetingMayCome = false;
    this.answered = exchange ?? null;
  }

  private complete({ reply, bytes }: ReplyGathering, at: number): void {
    const { answered: exchange } = this;
    const { code } = reply;
    this.bounds.unfinishedBytes -= bytes;
    this.endMayBeLost = false;
    if (exchange !== null && exchange.askedAt - at > OTHER_CLOCK_MS) this.bounds.tell(TWO_CLOCKS);
    this.observer.reply(at, reply, exchange, 'server');
    if (exchange !== null) this.noteSize(exchange, code, lastLineOf(reply));
    const asked = exchange?.asksFor ?? null;
    if (asked !== null || code === 227 || code === 229) {
      if (isCompletion(code)) this.announce(reply, exchange, at);
    } else if (exchange?.isTransfer) {
      this.links.answered(exchange, code, lastLineOf(reply));
    } else if (exchange?.link && isNegative(code)) {
      this.links.declined(exchange.link, lastLineOf(reply));
    }
  }

  private noteSize(exchange: Exchange<CapturedLink>, code: number, line: string): void {
    if (isPreliminary(code) && exchange.link !== null)
      exchange.link.stated = this.size.of(exchange, line) ?? exchange.link.stated;
    this.size.hear(exchange, code, line);
  }

  private announce(reply: GatheredReply, exchange: Exchange<CapturedLink> | null, at: number): void {
    const { serverHost } = this.links;
    const found = announcedPort(reply, exchange?.asksFor ?? '227', serverHost);
    if (found === null) {
      const said = reply.lines.join(' / ');
      const detail = `no address can be read from the reply to ${exchange?.verb ?? 'a command'}: ${said}`;
      return this.observer.violation(at, 'server', 'bad-address', detail, SHOWN_AS_IT_CAME);
    }
    const { announced, foreign } = found;
    if (foreign) {
      const detail = `the server, ${serverHost}, named the foreign address ${formatEndpoint(announced)} in its 227`;
      this.observer.violationOnce(at, 'server', 'foreign-address', detail, SHOWN_AS_IT_CAME);
    }
    this.links.announce({ mode: 'passive', listener: foreign ? announced : found.atServer, at }, exchange);
  }
}
