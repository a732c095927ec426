// The life of a session's data links: announced, connected, flowing, ended, settled. What a reply does to a link is decided
// in transfer-settlement.ts; what an announcement looks like on the wire is the business of announcements.ts and port-commands.ts.

import { DataLink, type Leg, type LinkEnd, type PortResult, type Transfer } from '../dialogue/data-link.js';
import type { Exchange } from '../dialogue/dialogue.js';
import { absentLegs, declined, givenUp, missing, saysNoDataConnection } from '../dialogue/link-reasons.js';
import type { LegMode, LinkOutcome, Side } from '../dialogue/observation.js';
import type { Endpoint } from '../protocol/endpoint.js';
import type { Conversation } from './conversation.js';
import { chooseLegSecurity, handshakesTimedOut, secureLegs } from './leg-security.js';

/** How long a server may take to end an aborted transfer's data itself. */
const ABORT_GRACE_MS = 500;
/** How long a transfer may wait for its data connection before that is told. */
const OVERDUE_MS = 5000;
/** How long a data connection with the server may take before a client that loses its patience is right. */
const LONG_WAIT_MS = 1500;
export const ABORTED: LinkEnd = { kind: 'aborted', reason: 'aborted by the client' };

/** Who listens on each leg, and where the peers listen that the proxy is to dial. */
export interface LinkPlan {
  readonly client: LegMode;
  readonly server: LegMode;
  readonly targets: Partial<Record<Side, Endpoint>>;
}

/** Every port that the proxy opens for a link is open. */
export function portsOpen({ observer, at }: Conversation, link: DataLink): void {
  observer.linkOpened(at, link);
  const { whenPort } = link;
  link.whenPort = null;
  whenPort?.({ kind: 'open' });
}

export class Links {
  /** Announced, and free for the next transfer command. */
  private pending: DataLink | null = null;
  private readonly live = new Map<number, DataLink>();
  private count = 0;

  constructor(private readonly conversation: Conversation) {}

  /** Whether a transfer is under way: a link has one, and its data has not ended. */
  get busy(): boolean {
    return [...this.live.values()].some((link) => link.busy);
  }

  find(number: number): DataLink | null {
    return this.live.get(number) ?? null;
  }

  get all(): readonly DataLink[] {
    return [...this.live.values()];
  }

  /**
   * Makes a link: opens the proxy's own port on each leg where it listens, and calls back when all are open. A link announced
   * before, and used by no transfer yet, is replaced: FTP knows one data port at a time.
   */
  announce(
    plan: LinkPlan,
    announcement: Exchange | null,
    whenPort: (link: DataLink, result: PortResult) => void,
  ): DataLink {
    const { conversation } = this;
    if (this.pending !== null) this.close(this.pending, 'unused', 'replaced by the next one');
    this.count += 1;
    const link = new DataLink(this.count, plan, conversation.at);
    this.live.set(link.number, link);
    this.pending = link;
    link.whenPort = (result) => whenPort(link, result);
    for (const leg of link.legs) {
      leg.remote = plan.targets[leg.side] ?? null;
      if (leg.proxyListens) this.openPort(link, leg);
    }
    this.serveWaitingTransfer(link, announcement);
    if (!link.legs.some(({ status }) => status === 'opening')) portsOpen(conversation, link);
    return link;
  }

  /** The pending link goes to the transfer that a command asks for. */
  bind(exchange: Exchange, transfer: Transfer): void {
    exchange.awaits = this.conversation.dialogue.openAnnouncement;
    const link = this.pending;
    if (link === null || exchange.awaits !== null) return;
    this.pending = null;
    this.use(link, exchange, transfer);
  }

  /** The transfer command went out: servers wait for the data connection before they say 150. */
  commandSent(link: DataLink): void {
    link.commandSent = true;
    link.overdueAt = this.conversation.at + OVERDUE_MS;
    this.proceed(link);
  }

  /** The preliminary reply was relayed: the client expects the data now. */
  clear(link: DataLink): void {
    if (!link.cleared) link.lastMovedAt = this.conversation.at;
    if (link.overdueAt !== null) link.overdueAt = this.conversation.at + OVERDUE_MS;
    link.cleared = true;
    this.proceed(link);
  }

  /**
   * Does what can be done now. The server is dialled with the transfer command, or when the client comes early; the client
   * only after the 150, as a refused transfer needs none; bytes flow when both legs stand and the 150 went out.
   */
  proceed(link: DataLink): void {
    if (link.end !== null) return;
    if (link.commandSent || link.client.status === 'connected') this.dialIfIdle(link, link.server);
    if (link.cleared) this.dialIfIdle(link, link.client);
    secureLegs(this.conversation, link);
    if (link.cleared && link.bound && link.bothReady && link.flowingSince === null) this.startFlow(link);
  }

  /** The server declined the transfer before it began: the data port stays good for the next command, as it does there. */
  release(link: DataLink, reason: string): void {
    if (saysNoDataConnection(reason)) this.tellIfMissed(link, true);
    link.refusal = reason;
    const usedUp = link.end !== null || link.flowingSince !== null || link.tlsBegun;
    if (usedUp || this.pending !== null) return this.close(link, 'refused', reason);
    link.bound = false;
    link.commandSent = false;
    link.overdueAt = null;
    this.pending = link;
  }

  /**
   * The client wants no more of what runs. The server is given a moment to end the data itself: Pure-FTPd takes a data leg that
   * is closed with the ABOR for a finished transfer. One that does not look at ABOR before then (vsftpd) wakes up to the close.
   */
  abort(): void {
    for (const link of this.all) {
      if (!link.busy) continue;
      link.aborting = true;
      link.giveUpAt = this.conversation.at + ABORT_GRACE_MS;
    }
  }

  /** A transfer waits for its data connection, and may for a long time yet: whoever looks on is told for whom. */
  tellOverdue(link: DataLink): void {
    link.overdueAt = null;
    const absent = link.busy && !link.aborting ? absentLegs(link) : null;
    if (absent === null) return;
    const detail = `${absent.words} within ${OVERDUE_MS / 1000} s`;
    this.conversation.violation(absent.side, 'data-connection-overdue', detail, 'waiting on');
  }

  /** Nothing has moved for too long. */
  timeOut(link: DataLink): void {
    const waitedMs = this.conversation.policy.dataTimeoutMs;
    const handshake = handshakesTimedOut(this.conversation, link, waitedMs);
    const seconds = waitedMs / 1000;
    const waitedFor = link.flowing ? 'no data for' : `${missing(link) ?? 'no data connection'} within`;
    const reason = handshake ?? `${waitedFor} ${seconds} s`;
    const side = link.client.status === 'connected' ? 'server' : 'client';
    this.finish(link, { kind: 'broken', side, reason });
  }

  /** Ends a link for good, and says how it went. */
  close(link: DataLink, outcome: LinkOutcome, reason: string | null): void {
    if (!this.live.delete(link.number)) return;
    link.whenPort = null;
    if (this.pending === link) this.pending = null;
    // A server that declined the transfer for another reason has closed its port, too.
    if (outcome === 'failed' && link.refusal === null) this.tellIfMissed(link, link.server.status === 'failed');
    if (link.end === null || link.end.kind !== 'drained') this.drop(link);
    const { refusal } = link;
    const verdict = refusal === null ? { outcome, reason: givenUp(link, outcome, reason) } : declined(link, refusal);
    this.conversation.observer.linkClosed(this.conversation.at, link, verdict.outcome, verdict.reason);
  }

  /** The link's data ends here: nothing of it is heard any more. */
  finish(link: DataLink, end: LinkEnd): void {
    if (link.end !== null) return;
    if (end.kind !== 'drained') this.tellIfMissed(link, false);
    link.end = link.aborting && end.kind === 'broken' ? ABORTED : end;
    link.endedAt = this.conversation.at;
    link.lastMovedAt = this.conversation.at;
    if (end.kind !== 'drained') this.drop(link);
    const { whenEnded } = link;
    link.whenEnded = null;
    whenEnded?.();
  }

  /** Some clients ask for the transfer before they know the port; some servers say 150 first and take PORT or PASV after it. */
  private serveWaitingTransfer(link: DataLink, announcement: Exchange | null): void {
    const exchange = this.conversation.dialogue.transferFor(announcement);
    const direction = exchange?.facts?.transfer;
    if (exchange === null || direction === undefined) return;
    this.pending = null;
    this.use(link, exchange, { verb: exchange.verb, path: exchange.argument, direction });
    this.commandSent(link);
    if (exchange.started) this.clear(link);
  }

  private use(link: DataLink, exchange: Exchange, transfer: Transfer): void {
    link.transfer = transfer;
    link.bound = true;
    link.refusal = null;
    link.lastMovedAt = this.conversation.at;
    exchange.link = link;
    chooseLegSecurity(this.conversation, link);
  }

  private openPort(link: DataLink, leg: Leg): void {
    const { policy } = this.conversation;
    leg.status = 'opening';
    const admit = policy.allowForeignPort ? null : this.conversation.hostsOf(leg.side);
    this.conversation.effect({ kind: 'open-data-port', link: link.number, facing: leg.side, admit });
  }

  private dialIfIdle(link: DataLink, leg: Leg): void {
    if (leg.proxyListens || leg.status !== 'idle' || leg.remote === null) return;
    leg.status = 'dialling';
    this.conversation.effect({ kind: 'dial', link: link.number, side: leg.side, endpoint: leg.remote });
  }

  private startFlow(link: DataLink): void {
    const { conversation } = this;
    if (link.transfer === null) return;
    link.flowingSince = conversation.at;
    link.overdueAt = null;
    link.observedAt = conversation.at;
    const { verb, path, direction } = link.transfer;
    const name = { session: conversation.identity.session, link: link.number, verb, path };
    conversation.observer.linkProgress(conversation.at, link);
    conversation.effect({ kind: 'start-flow', link: link.number, direction, name });
  }

  /** A firewall in between looks like this: nothing came of it in a long time, or the server says so. */
  private tellIfMissed(link: DataLink, certain: boolean): void {
    const { whenMissed } = link;
    const waitedLong = this.conversation.at - link.lastMovedAt >= LONG_WAIT_MS;
    if (link.server.status === 'connected' || !(certain || waitedLong)) return;
    link.whenMissed = null;
    whenMissed?.();
  }

  private drop(link: DataLink): void {
    if (link.dropped) return;
    link.dropped = true;
    this.conversation.effect({ kind: 'drop-link', link: link.number });
  }
}
