// The life of a captured session's data links: announced, bound to a transfer, carried by a connection, concluded by the server's
// reply, closed. FTP knows one announced port at a time, so each announcement replaces the one before it.

import type { Dialogue } from '../../dialogue/dialogue.js';
import type { Exchange } from '../../dialogue/exchange.js';
import type { LegMode } from '../../dialogue/link-facts.js';
import type { Transfer } from '../../dialogue/link-life.js';
import type { Observer } from '../../dialogue/observer.js';
import { alertWords, type TlsFacts } from '../../dialogue/tls-facts.js';
import type { Closing } from '../../dialogue/transfer-outcome.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import { isCompletion, isIntermediate, isNegative, isPreliminary } from '../../protocol/reply.js';
import type { ConnectionEnd } from '../connection-event.js';
import { CapturedLink, type Expectation, judgeCaptured, type LinkOwner } from './captured-link.js';
import type { ConnectionFinder } from './connection-finder.js';
import type { CapturedDataConnection } from './data-connection.js';
import type { SharedBounds } from './shared-bounds.js';

export const FIRST_BELIEVED = 'the first was believed';

export class SessionLinks implements LinkOwner {
  private pending: CapturedLink | null = null;
  private readonly open = new Set<CapturedLink>();
  /** Confirmed, and their data may have been captured a little later. */
  private readonly late = new Set<CapturedLink>();
  private count = 0;

  constructor(
    readonly key: number,
    private readonly ends: { readonly client: Endpoint; readonly server: Endpoint },
    /** When what is being told was captured. */
    public at: number,
    private readonly observer: Observer,
    private readonly dialogue: Dialogue<CapturedLink>,
    private readonly finder: ConnectionFinder,
    private readonly bounds: SharedBounds,
  ) {}

  get clientHost(): string {
    return this.ends.client.address;
  }

  get serverHost(): string {
    return this.ends.server.address;
  }

  get serverPort(): number {
    return this.ends.server.port;
  }

  passes(at: number): void {
    this.at = Math.max(this.at, at);
  }

  /** The control connection goes on: what was not seen of the transfers before is not seen. */
  goesOn(at: number): void {
    this.closeLate();
    this.at = at;
  }

  /** Whether data still flows, or may: nobody waits for a connection that was never answered. */
  get busy(): boolean {
    for (const { data } of this.open) if (data !== null && data.end === null && !data.unreached) return true;
    return false;
  }

  /** A port was announced, by the client's command or in the server's reply to `exchange`. */
  announce(expectation: Expectation, exchange: Exchange<CapturedLink> | null): CapturedLink {
    if (this.pending !== null) this.replace(this.pending);
    const link = this.make(expectation);
    this.pending = link;
    const transfer = exchange === null ? null : this.dialogue.transferFor(exchange);
    if (transfer !== null) this.use(link, transfer);
    this.observer.linkOpened(this.at, link);
    this.finder.expect(link);
    return link;
  }

  /** A transfer command takes the pending link; or that of the PASV before it, whose reply is still to come. */
  bind(exchange: Exchange<CapturedLink>): void {
    const announcement = this.dialogue.openAnnouncement;
    const { pending } = this;
    // A PASV that has had no reply counts no more once the client has named a port of its own.
    const overtaken = pending?.expectation.mode === 'active' && pending.expectation.at > (announcement?.askedAt ?? 0);
    exchange.awaits = overtaken ? null : announcement;
    if (pending !== null && exchange.awaits === null) this.use(pending, exchange);
  }

  /** The server answered a transfer command. */
  answered(exchange: Exchange<CapturedLink>, code: number, text: string): void {
    const link = exchange.link ?? (isCompletion(code) ? this.linkUnannounced(exchange) : null);
    if (link === null) return;
    const negative = isNegative(code) || isIntermediate(code);
    if (negative && !exchange.started) return this.release(link, text);
    if (isPreliminary(code)) return;
    if (link.data === null) this.finder.search(link);
    this.conclude(link, { kind: 'settled', negative, reply: text, heard: true });
  }

  /** The capture lacks the final reply to a transfer. Where it lacks the port's announcement, too, the data may be there. */
  replyMissing(exchange: Exchange<CapturedLink>): void {
    const link = exchange.link ?? this.linkUnannounced(exchange);
    if (link !== null) this.conclude(link, missing('its final reply is missing from the capture'));
  }

  /** The server declined the announcement itself. */
  declined(link: CapturedLink, text: string): void {
    link.decline(text, false);
    this.close(link, { kind: 'declined', reply: text });
  }

  /** The client wants no more of what runs. */
  abort(): void {
    for (const link of this.open) if (link.bound && link.closing === null) link.abort();
  }

  /** What the server said of the transfer will not be known. */
  conclude(link: CapturedLink, closing: Closing): void {
    link.closing ??= closing;
    this.closeIfDone(link);
  }

  attach(link: CapturedLink, data: CapturedDataConnection, listener: ConnectionEnd): void {
    link.carriedBy(data, listener);
    this.finder.settle(link);
    this.finder.attached(data, link);
    if (data.tls !== null) this.secured(link, data.tls);
    this.flowIfReady(link);
    this.closeIfDone(link);
  }

  /** A connection carries a transfer of which nothing else can be seen. */
  attachUnseen(data: CapturedDataConnection, mode: LegMode, why: string): void {
    const link = this.make({ mode, listener: null, at: this.at });
    link.request(null);
    link.closing = { kind: 'unseen', cause: 'encrypted', reason: why };
    link.carriedBy(data, 'responder');
    this.finder.attached(data, link);
    this.observer.linkOpened(this.at, link);
    this.flowIfReady(link);
    this.closeIfDone(link);
  }

  secured(link: CapturedLink, tls: TlsFacts): void {
    const failure = alertWords(tls);
    this.observer.tls(this.at, { side: 'server', leg: 'data', link: link.number, ...tls, failure });
  }

  moved(link: CapturedLink): void {
    this.observer.linkMoved(this.at, link);
  }

  lost(link: CapturedLink, from: ConnectionEnd, bytes: number): void {
    if (link.gaps.isWorthTelling(from, bytes)) this.observer.gap(this.at, link.sideOf(from), link.number, bytes);
  }

  contradicted(link: CapturedLink, from: ConnectionEnd, bytes: number): void {
    const detail = `two segments on data link ${link.number} say different things of the same ${bytes} bytes`;
    this.observer.violation(this.at, link.sideOf(from), 'conflicting-segments', detail, FIRST_BELIEVED);
  }

  dataEnded(link: CapturedLink): void {
    if (link.closing === null && link.dialledInVain()) return this.finder.expect(link);
    if (!link.bound && link.refusal !== null) link.closing ??= { kind: 'declined', reply: link.refusal };
    this.closeIfDone(link);
  }

  /** The session is over: so is what was waited for. */
  closeAll(closing: Closing): void {
    this.closeLate();
    if (this.pending?.data?.bytes) this.replace(this.pending);
    for (const link of this.open) this.close(link, closing);
  }

  /** Another port is announced. A link over which bytes went by served a command that the capture lacks. */
  private replace(link: CapturedLink): void {
    if (link.data === null || link.data.bytes === 0) {
      return this.close(link, { kind: 'replaced' });
    }
    this.pending = null;
    link.request(null);
    this.flowIfReady(link);
    this.conclude(link, missing('its command is missing from the capture'));
  }

  private make(expectation: Expectation): CapturedLink {
    const most = this.bounds.linksOfOneSession;
    for (const oldest of this.open) {
      if (this.open.size < most) break;
      this.close(oldest, missing('no reply to its transfer in the capture'));
    }
    this.bounds.openLinks += 1;
    this.count += 1;
    const link = new CapturedLink(this.count, this, expectation);
    this.open.add(link);
    return link;
  }

  /** A transfer for which no port was announced in the capture's sight: its connection shows that there is a link. */
  private linkUnannounced(exchange: Exchange<CapturedLink>): CapturedLink | null {
    const transfer = this.transferOf(exchange);
    const found = transfer && this.finder.searchUnannounced(this, transfer, exchange.askedAt);
    if (!found) return null;
    const link = this.make({ mode: found.mode, listener: null, at: exchange.askedAt });
    this.use(link, exchange);
    this.observer.linkOpened(this.at, link);
    this.attach(link, found.data, 'responder');
    return link;
  }

  private use(link: CapturedLink, exchange: Exchange<CapturedLink>): void {
    if (this.pending === link) this.pending = null;
    link.request(this.transferOf(exchange));
    link.boundAt = exchange.askedAt;
    exchange.link = link;
    exchange.whenForgotten = () => this.conclude(link, { kind: 'unanswered' });
    this.flowIfReady(link);
  }

  /** The server declined the transfer before it began: the port stays good for the next command. */
  private release(link: CapturedLink, text: string): void {
    const usedUp = link.data !== null && (link.data.end !== null || link.data.bytes > 0);
    const reusable = !usedUp && this.pending === null;
    link.decline(text, reusable);
    if (reusable) this.pending = link;
    else this.conclude(link, { kind: 'declined', reply: text });
  }

  private flowIfReady(link: CapturedLink): void {
    if (!link.bound || link.data === null || link.refusal !== null) return;
    link.begin();
    if (link.flow(Math.max(link.data.connection.openedAt, link.boundAt))) this.observer.linkProgress(this.at, link);
  }

  private closeIfDone(link: CapturedLink): void {
    const { closing, data } = link;
    if (closing === null || (data !== null && data.end === null)) return;
    if (data === null && closing.kind === 'settled' && !closing.negative) this.late.add(link);
    else this.close(link, closing);
  }

  private closeLate(): void {
    if (this.late.size === 0) return;
    for (const link of this.late) {
      this.late.delete(link);
      if (link.data === null && link.closing !== null) this.close(link, link.closing);
    }
  }

  private close(link: CapturedLink, closing: Closing): void {
    if (!this.open.delete(link)) return;
    this.bounds.openLinks -= 1;
    link.close();
    link.endLegs();
    link.closing ??= closing;
    if (this.pending === link) this.pending = null;
    this.finder.settle(link);
    this.finder.closing(link);
    for (const { from, bytes } of link.gaps.untold) {
      this.observer.gap(this.at, link.sideOf(from), link.number, bytes);
    }
    this.observer.linkClosed(this.at, link, judgeCaptured(link, link.closing));
  }

  private transferOf({ facts, verb, argument }: Exchange<CapturedLink>): Transfer | null {
    const direction = facts?.transfer;
    return direction === undefined ? null : { verb, path: this.observer.shown(argument), direction };
  }
}

/** The capture lacks a part of what was said of it. */
function missing(reason: string): Closing {
  return { kind: 'unseen', cause: 'missing-from-capture', reason };
}
