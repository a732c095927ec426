// The server's half of a session: its lines, gathered into replies to be observed, matched to what they answer, and relayed
// to the client: at once, or through a slot that waits for a data port or for the end of a transfer's data.

import { type Exchange, GREETING } from '../dialogue/dialogue.js';
import { ReplyGathering } from '../dialogue/reply-gathering.js';
import type { LineEnd, SplitterOutput } from '../protocol/line-splitter.js';
import { isCompletion, isNegative, isPreliminary, ReplyReader } from '../protocol/reply.js';
import { Announcements } from './announcements.js';
import type { Conversation } from './conversation.js';
import type { Links } from './links.js';
import type { Slot } from './outbox.js';
import type { Security } from './security.js';
import { mustWaitForData, TransferSettlement } from './transfer-settlement.js';

/**
 * What becomes of a reply: relayed line by line; held until a data port is open, until a transfer's data has ended, until the
 * server's leg is encrypted, or until it is whole to be changed; or kept from the client, who did not ask.
 */
type Route = 'direct' | 'announcement' | 'transfer-end' | 'greeting' | 'features' | 'unheard';

/** A reply that is coming in. */
interface OpenReply {
  readonly code: number;
  readonly exchange: Exchange | null;
  readonly gathering: ReplyGathering;
  readonly route: Route;
  /** Where its lines wait; null when they are relayed as they come, or not at all. */
  readonly slot: Slot | null;
}

export class Replies {
  /** Whether the server has said hello. */
  greeted = false;
  readonly settlement: TransferSettlement;
  private readonly reader = new ReplyReader();
  private readonly announcements: Announcements;
  private openReply: OpenReply | null = null;

  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
    private readonly security: Security,
    /** Ends the session: the server does not take TLS, and has to. */
    private readonly giveUp: (reason: string) => void,
  ) {
    this.settlement = new TransferSettlement(conversation, links);
    this.announcements = new Announcements(conversation, links);
  }

  take({ raw, text, end }: Extract<SplitterOutput, { kind: 'line' }>): void {
    const line = text.toString('latin1');
    const read = this.reader.read(line);
    if (read.kind === 'noise') return this.takeNoise(raw);
    const reply = read.first ? this.open(read.code) : this.openReply;
    if (reply === null) return;
    this.addLine(reply, line, end, raw, read.kind === 'last');
    this.openReply = read.kind === 'last' ? null : reply;
    if (read.kind === 'last') this.complete(reply);
  }

  /**
   * No more lines come: a reply that has begun is told as far as it was heard. Where its lines wait to be whole, the client is
   * told why they will not be. Says whether it was.
   */
  breakOff(why: string | null): boolean {
    if (this.openReply === null) return false;
    const { observer, at } = this.conversation;
    const { code, exchange, gathering, route, slot } = this.openReply;
    this.openReply = null;
    observer.reply(at, gathering.reply, exchange, 'server');
    const detail = `a reply ${code} without an end: no line began with "${code} "`;
    const action = route === 'direct' ? 'relayed as far as it came' : 'not relayed';
    observer.violation(at, 'server', 'unfinished-reply', detail, action);
    if (why === null || slot === null || exchange === null) return false;
    this.conversation.sayInPlace(slot, why, exchange);
    return true;
  }

  private takeNoise(raw: Buffer): void {
    const { conversation } = this;
    conversation.observer.noise(conversation.at, 'server', 'line', raw);
    conversation.toClient.put(raw);
  }

  private open(code: number): OpenReply {
    const { conversation } = this;
    const exchange = conversation.dialogue.answer(code);
    if (exchange === null && code !== 421) {
      const detail = `a reply ${code} that answers no command`;
      conversation.observer.violation(conversation.at, 'server', 'unexpected-reply', detail, 'relayed as it came');
    }
    const route = this.routeOf(code, exchange);
    const slot = route === 'direct' || route === 'unheard' ? null : conversation.toClient.reserve();
    return { code, exchange, gathering: new ReplyGathering(code), slot, route };
  }

  private routeOf(code: number, exchange: Exchange | null): Route {
    if (exchange === null) return 'direct';
    if (exchange.internal) return 'unheard';
    if (exchange.verb === GREETING && isCompletion(code)) return 'greeting';
    if (exchange.verb === 'FEAT' && isCompletion(code)) return 'features';
    if (mustWaitForData(exchange, code)) return 'transfer-end';
    const passive = exchange.facts?.announces === '227' || exchange.facts?.announces === '229';
    return passive && isCompletion(code) && !isEpsvAll(exchange) ? 'announcement' : 'direct';
  }

  private addLine(reply: OpenReply, line: string, end: LineEnd, raw: Buffer, last: boolean): void {
    const { conversation } = this;
    reply.gathering.add(line, end);
    if (reply.gathering.overflows) {
      const detail = `a reply ${reply.code} that goes on and on`;
      conversation.observer.violationOnce(
        conversation.at,
        'server',
        'reply-too-long',
        detail,
        'relayed, no longer kept',
      );
    }
    if (reply.slot !== null) reply.slot.append(raw);
    else if (reply.route === 'direct') conversation.toClient.put(raw, last ? this.whenRelayed(reply) : null);
  }

  /** Data may flow once the client has been told so: not when the 150 came, but when it went out. */
  private whenRelayed({ code, exchange }: OpenReply): (() => void) | null {
    const link = exchange?.isTransfer ? exchange.link : null;
    return link && isPreliminary(code) ? () => this.links.clear(link) : null;
  }

  private complete(reply: OpenReply): void {
    const { conversation } = this;
    const { code, exchange, gathering, slot } = reply;
    if (!isPreliminary(code)) this.greeted = true;
    conversation.observer.reply(conversation.at, gathering.reply, exchange, 'server');
    if (exchange === null) return;
    if (slot !== null) this.completeHeld(exchange, reply, slot);
    else if (exchange.facts?.announces && exchange.link && isNegative(code)) {
      this.links.close(exchange.link, 'refused', lastLine(reply));
    }
    if (exchange.verb === 'REIN' && isCompletion(code)) this.security.reinitialized();
    if (!isPreliminary(code)) exchange.whenAnswered?.(code, lastLine(reply));
    conversation.flushOwnReplies();
  }

  private completeHeld(exchange: Exchange, reply: OpenReply, slot: Slot): void {
    switch (reply.route) {
      case 'announcement':
        return this.announcements.handle({ exchange, reply: reply.gathering.reply, slot });
      case 'transfer-end':
        if (exchange.link) this.settlement.settle(exchange, exchange.link, reply.code, lastLine(reply), slot);
        return;
      case 'greeting':
        return this.security.serverGreeted(() => slot.release(), this.giveUp);
      case 'features':
        return slot.replace(this.security.featuresFor(reply.gathering.reply));
      case 'direct':
      case 'unheard':
        return;
    }
  }
}

function lastLine({ gathering }: OpenReply): string {
  return gathering.reply.lines.at(-1) ?? '';
}

/** `EPSV ALL` is a promise of the client's and asks for no port (RFC 2428 section 4). */
function isEpsvAll(exchange: Exchange | null): boolean {
  return exchange?.verb === 'EPSV' && exchange.argument.trim().toUpperCase() === 'ALL';
}
