// The server's half of a session: its lines, gathered into replies to be observed, matched to what they answer, and relayed
// to the client: at once, or through a slot that waits for a data port or for the end of a transfer's data.
import { AnnouncedSize } from '../dialogue/announced-size.js';
import { type Exchange, GREETING } from '../dialogue/exchange.js';
import type { HeldFor } from '../dialogue/observation.js';
import {
  type GatheredReply,
  lastLineOf,
  MAX_GATHERED_BYTES,
  type ReplyGathering,
  ReplyLines,
} from '../dialogue/reply-lines.js';
import type { SplitterOutput } from '../protocol/line-splitter.js';
import { isCompletion, isNegative, isPreliminary } from '../protocol/reply.js';
import { Announcements } from './announcements.js';
import type { Conversation } from './conversation.js';
import type { Links } from './links.js';
import type { Slot } from './outbox.js';
import type { SessionPolicy } from './policy.js';
import type { Security } from './security.js';
import { mustWaitForData, TransferSettlement } from './transfer-settlement.js';

/**
 * What becomes of a reply: relayed line by line; held until a data port is open, until a transfer's data has ended, until the
 * server's leg is encrypted, or until it is whole to be changed or replaced; or kept from the client, who did not ask.
 */
type Route = 'direct' | 'announcement' | 'transfer-end' | 'greeting' | 'features' | 'disbelieved' | 'unheard';

/** A reply that is coming in. */
interface OpenReply {
  readonly code: number;
  readonly exchange: Exchange | null;
  readonly gathering: ReplyGathering;
  readonly route: Route;
  /** Where its lines wait; null when they are relayed as they come, or not at all. */
  readonly slot: Slot | null;
}

/** Ends the session: the server does not take TLS, and has to, or says more than can be held. */
export type GiveUp = (cause: 'tls-refused' | 'reply-too-long', reason: string) => void;

export class Replies {
  /** Whether the server has said hello. */
  greeted = false;
  /** The server has let the client in, or serves it without a login. */
  loggedIn = false;
  readonly settlement: TransferSettlement;
  private readonly lines = new ReplyLines();
  private readonly size = new AnnouncedSize();
  private readonly announcements: Announcements;
  private openReply: OpenReply | null = null;

  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
    private readonly security: Security,
    private readonly giveUp: GiveUp,
    /** The server's greeting is what the proxy itself has said to a client. */
    private readonly cameBack: () => void,
  ) {
    this.settlement = new TransferSettlement(conversation, links);
    this.announcements = new Announcements(conversation, links);
  }

  take({ raw, text, end }: Extract<SplitterOutput, { kind: 'line' }>): void {
    const place = this.lines.take(text.toString('latin1'), end);
    if (place === null) return this.takeNoise(raw);
    const reply = place.first ? this.open(place.gathering) : this.openReply;
    if (reply === null) return;
    this.openReply = place.last ? null : reply;
    if (reply.slot !== null && reply.gathering.overflows) return this.refuseEndless(reply);
    const slot = this.passOn(reply, raw, place.last);
    if (place.last) this.complete(reply, slot);
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
    this.lines.breakOff();
    observer.reply(at, gathering.reply, exchange, 'server');
    const detail = `a reply ${code} without an end: no line began with "${code} "`;
    const action = route === 'direct' ? 'relayed as far as it was received' : 'not relayed';
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

  private open(gathering: ReplyGathering): OpenReply {
    const { conversation } = this;
    const { code } = gathering;
    const exchange = conversation.dialogue.answer(code);
    const route = this.routeOf(code, exchange);
    this.loggedIn ||= meansLogin(code, exchange);
    if (exchange === null && !this.mayComeUnasked(code)) {
      const detail = `a reply ${code} that answers no command`;
      const action = route === 'announcement' ? 'relayed with an address of the proxy' : 'relayed unchanged';
      conversation.violation('server', 'unexpected-reply', detail, action);
    }
    const slot = route === 'direct' || route === 'unheard' ? null : conversation.toClient.reserve();
    if (slot !== null) {
      slot.awaitsServer = true;
      slot.code = code;
    }
    return { code, exchange, gathering, slot, route };
  }

  /** 421 may at any time (RFC 959 section 5.4), and to a client that has hung up without QUIT some servers say goodbye. */
  private mayComeUnasked(code: number): boolean {
    return code === 421 || (this.conversation.clientHasEnded && isCompletion(code));
  }

  private routeOf(code: number, exchange: Exchange | null): Route {
    if (exchange?.internal) return 'unheard';
    if (exchange?.verb === GREETING && isCompletion(code)) return 'greeting';
    if (exchange !== null && exchange.insteadOfSuccess !== null && isCompletion(code)) return 'disbelieved';
    if (code === 227 || code === 229) return 'announcement';
    if (exchange === null) return 'direct';
    if (exchange.verb === 'FEAT' && isCompletion(code)) return 'features';
    if (mustWaitForData(exchange, code)) return 'transfer-end';
    return exchange.asksFor !== null && isCompletion(code) ? 'announcement' : 'direct';
  }

  /** Gives back where the line is now; null when it is not for the client. */
  private passOn(reply: OpenReply, raw: Buffer, last: boolean): Slot | null {
    const { conversation } = this;
    if (reply.gathering.overflows) {
      const detail = `a reply ${reply.code} that goes on and on`;
      const { at, observer } = conversation;
      observer.violationOnce(at, 'server', 'reply-too-long', detail, 'relayed, no longer kept');
    }
    if (reply.slot === null) {
      return reply.route === 'direct' ? conversation.toClient.put(raw, last ? this.whenRelayed(reply) : null) : null;
    }
    reply.slot.append(raw);
    return reply.slot;
  }

  /** It has to be whole before any of it can be relayed, and is held meanwhile. */
  private refuseEndless({ code }: OpenReply): void {
    const detail = `a reply ${code} of more than ${MAX_GATHERED_BYTES} bytes, which has to be whole before it is relayed`;
    this.conversation.violation('server', 'reply-too-long', detail, 'session ended');
    this.giveUp('reply-too-long', `${this.conversation.serverName} sent ${detail}`);
  }

  /** Data may flow once the client has been told so: not when the 150 came, but when it went out. */
  private whenRelayed({ code, exchange }: OpenReply): (() => void) | null {
    const link = exchange?.isTransfer ? exchange.link : null;
    return link && isPreliminary(code) ? () => this.links.begin(link) : null;
  }

  private complete(reply: OpenReply, place: Slot | null): void {
    const { conversation } = this;
    const { code, exchange, gathering, route, slot } = reply;
    if (!isPreliminary(code)) this.greeted = true;
    const passOn = () => slot !== null && this.completeHeld(exchange, reply, slot);
    const waitsFor = () => (place === null ? null : this.waitsFor(place, route));
    conversation.observeReply(gathering.reply, exchange, place, passOn, waitsFor);
    if (exchange?.verb === GREETING && isRefusalOfOurs(gathering.reply, conversation.policy)) this.cameBack();
    if (exchange === null) return conversation.flushOwnReplies();
    this.noteSize(exchange, code, lastLineOf(gathering.reply));
    if (slot === null && exchange.facts?.announces && exchange.link && isNegative(code)) {
      this.links.close(exchange.link, { kind: 'declined', reply: lastLineOf(gathering.reply) });
    }
    if (exchange.isTransfer && exchange.link === null && isCompletion(code)) this.noteUnseenTransfer(exchange, code);
    if (isCompletion(code)) this.noteMode(exchange);
    if (exchange.verb === 'REIN' && isCompletion(code)) this.security.reinitialized();
    if (!isPreliminary(code)) exchange.whenAnswered?.(gathering.reply);
    conversation.flushOwnReplies();
  }

  private waitsFor(slot: Slot, route: Route): HeldFor | null {
    if (slot.released) return this.conversation.toClient.holdsUp(slot) ? 'order' : null;
    switch (route) {
      case 'transfer-end':
        return 'data';
      case 'announcement':
        return 'data-port';
      case 'greeting':
        return 'tls';
      case 'features':
      case 'direct':
      case 'disbelieved':
      case 'unheard':
        return null;
    }
  }

  private noteSize(exchange: Exchange, code: number, line: string): void {
    if (isPreliminary(code) && exchange.link !== null)
      exchange.link.expectSize(this.size.of(exchange, line) ?? exchange.link.stated);
    this.size.hear(exchange, code, line);
  }

  private noteMode({ verb, argument }: Exchange): void {
    if (verb === 'MODE') this.conversation.endIsInData = /^\s*[BCE]\b/i.test(argument);
    if (verb === 'REIN') this.conversation.endIsInData = false;
  }

  /** No port was announced in the proxy's sight, so whatever was transferred went past it (to the default port, say). */
  private noteUnseenTransfer({ verb }: Exchange, code: number): void {
    const detail = `the server says ${code} to ${verb}, and no data connection of it passed the proxy`;
    this.conversation.violation('server', 'unseen-transfer', detail, 'relayed unchanged');
  }

  private completeHeld(exchange: Exchange | null, reply: OpenReply, slot: Slot): void {
    // A greeting goes when the server has agreed to TLS, or has not: it is asked now, and answers.
    slot.awaitsServer = reply.route === 'greeting';
    switch (reply.route) {
      case 'announcement':
        return this.announcements.handle({ exchange, reply: reply.gathering.reply, slot });
      case 'transfer-end':
        if (exchange?.link)
          this.settlement.settle(exchange, exchange.link, reply.code, lastLineOf(reply.gathering.reply), slot);
        return;
      case 'greeting':
        return this.security.serverGreeted(
          () => slot.release(),
          (reason) => this.giveUp('tls-refused', reason),
        );
      case 'disbelieved':
        return this.disbelieve(exchange, reply.code, slot);
      case 'features':
        return slot.replace(this.security.featuresFor(reply.gathering.reply));
      case 'direct':
      case 'unheard':
        return;
    }
  }

  private disbelieve(exchange: Exchange | null, code: number, slot: Slot): void {
    const ours = exchange?.insteadOfSuccess ?? '';
    const detail = `the server says ${code} to a ${exchange?.verb} that names no data port of the proxy`;
    this.conversation.violation('server', 'unseen-address', detail, `answered ${ours.slice(0, 3)} in its place`);
    this.conversation.sayInPlace(slot, ours, exchange);
  }
}

function isRefusalOfOurs({ lines }: GatheredReply, { refusalMark }: SessionPolicy): boolean {
  return lines.some((line) => line.includes(refusalMark));
}

/** 230 and 232 (RFC 2228), any other yes to a password, a transfer, or replies in an envelope, which say no more. */
function meansLogin(code: number, exchange: Exchange | null): boolean {
  if (code === 230 || code === 232 || code === 125 || code === 150 || Math.floor(code / 100) === 6) return true;
  return isCompletion(code) && (exchange?.verb === 'PASS' || exchange?.verb === 'ACCT');
}
