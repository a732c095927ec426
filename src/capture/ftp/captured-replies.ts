// The server's half of a captured session: its lines gathered into replies, each to the command that it answers, and what they
// say of data connections.

import { type Dialogue, Exchange, GREETING } from '../../dialogue/dialogue.js';
import type { Observer } from '../../dialogue/observer.js';
import { ReplyGathering } from '../../dialogue/reply-gathering.js';
import { formatEndpoint, sameAddress } from '../../protocol/endpoint.js';
import type { LineEnd } from '../../protocol/line-splitter.js';
import { isCompletion, isNegative, type ReplyLine, ReplyReader } from '../../protocol/reply.js';
import type { Alignment } from './alignment.js';
import { SHOWN_AS_IT_CAME } from './captured-commands.js';
import type { CapturedLink } from './captured-link.js';
import { type ControlOutput, MAX_LINE_BYTES } from './control-stream.js';
import { announcedEndpoint } from './passive-reply.js';
import type { SessionLinks } from './session-links.js';
import type { SharedBounds } from './shared-bounds.js';

interface OpenReply {
  readonly code: number;
  readonly exchange: Exchange<CapturedLink> | null;
  readonly gathering: ReplyGathering;
  /** Of its lines so far. */
  bytes: number;
}

export class CapturedReplies {
  /** No command was seen yet: replies that answer none are no wonder, as the capture may hold them alone, or began later. */
  expectsStrays = true;
  private reader = new ReplyReader();
  private openReply: OpenReply | null = null;
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
    const read = this.reader.read(line);
    if (read.kind === 'noise') return this.observer.noise(at, 'server', 'line', raw);
    this.takeReplyLine(read, line, end, at);
  }

  /** Bytes of the server are missing. */
  repliesLost(): void {
    this.endMayBeLost = this.openReply !== null;
  }

  /** No more lines come: an open reply is told as far as it was heard. */
  completeAsItIs(at: number): void {
    const reply = this.openReply;
    if (reply === null) return;
    this.reader = new ReplyReader();
    this.complete(reply, at);
  }

  private beginsAnother(line: string): boolean {
    const code = /^([1-6]\d\d)[ -]/.exec(line)?.[1];
    return code !== undefined && Number(code) !== this.openReply?.code;
  }

  private takeReplyLine(read: Exclude<ReplyLine, { kind: 'noise' }>, line: string, end: LineEnd, at: number): void {
    const reply = read.first || this.openReply === null ? this.begin(read.code, at) : this.openReply;
    reply.gathering.add(line, end);
    reply.bytes += line.length;
    this.bounds.unfinishedBytes += line.length;
    if (reply.gathering.overflows) {
      const detail = `a reply ${reply.code} that goes on and on`;
      this.observer.violationOnce(at, 'server', 'reply-too-long', detail, 'no longer kept');
    }
    this.openReply = reply;
    if (read.kind === 'last') this.complete(reply, at);
    else if (this.bounds.unfinishedFull) this.completeAsItIs(at);
  }

  private begin(code: number, at: number): OpenReply {
    if (this.greetingMayCome && (code === 220 || code === 120))
      this.dialogue.ask(new Exchange<CapturedLink>(null, GREETING, at));
    const exchange = this.alignment.answer(code);
    if (exchange === undefined && code !== 421 && !this.expectsStrays) {
      const detail = `a reply ${code} that answers no command in the capture`;
      this.observer.violation(at, 'server', 'unexpected-reply', detail, SHOWN_AS_IT_CAME);
    }
    this.greetingMayCome = false;
    return { code, exchange: exchange ?? null, gathering: new ReplyGathering(code), bytes: 0 };
  }

  private complete({ code, exchange, gathering, bytes }: OpenReply, at: number): void {
    this.bounds.unfinishedBytes -= bytes;
    this.openReply = null;
    this.endMayBeLost = false;
    this.observer.reply(at, gathering.reply, exchange, 'server');
    const text = gathering.reply.lines.at(-1) ?? '';
    const asked = exchange?.facts?.announces;
    if (asked === '227' || asked === '229' || code === 227 || code === 229) {
      if (isCompletion(code) && !isEpsvAll(exchange)) this.announce(code, asked, exchange, gathering.reply.lines, at);
    } else if (exchange?.isTransfer) {
      this.links.answered(exchange, code, text);
    } else if (exchange?.link && isNegative(code)) {
      this.links.declined(exchange.link, text);
    }
  }

  private announce(
    code: number,
    asked: string | undefined,
    exchange: Exchange<CapturedLink> | null,
    lines: readonly string[],
    at: number,
  ): void {
    const { serverHost } = this.links;
    const listener = announcedEndpoint(code, asked === '229' ? '229' : '227', lines, serverHost);
    if (listener === null) {
      const detail = `no address can be read from the reply to ${exchange?.verb ?? 'a command'}: ${lines.join(' / ')}`;
      return this.observer.violation(at, 'server', 'bad-address', detail, SHOWN_AS_IT_CAME);
    }
    if (!sameAddress(listener.address, serverHost)) {
      const detail = `the server, ${serverHost}, named the foreign address ${formatEndpoint(listener)} in its 227`;
      this.observer.violationOnce(at, 'server', 'foreign-address', detail, SHOWN_AS_IT_CAME);
    }
    this.links.announce({ mode: 'passive', listener, at }, exchange);
  }
}

/** It asks for no port (RFC 2428 section 4). */
function isEpsvAll(exchange: Exchange<CapturedLink> | null): boolean {
  return exchange?.verb === 'EPSV' && exchange.argument.trim().toUpperCase() === 'ALL';
}
