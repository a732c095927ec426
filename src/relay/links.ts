// A session's data links: made when a port is announced, given to the transfer that asks, connected, closed. Which state a link is in is
// data-link.ts's to say; what a final reply does to it is settled in transfer-settlement.ts; what an announcement looks like on the wire
// is the business of announcements.ts and port-commands.ts.
import { DataLink, type LinkPlan, type PortResult } from '../dialogue/data-link.js';
import type { Exchange } from '../dialogue/dialogue.js';
import type { Leg } from '../dialogue/link-leg.js';
import type { DataEnd, Transfer } from '../dialogue/link-life.js';
import { type Closing, judge, type LinkVerdict, saysNoDataConnection } from '../dialogue/transfer-outcome.js';
import type { Conversation } from './conversation.js';
import { chooseLegSecurity, handshakesTimedOut, secureLegs } from './leg-security.js';

/** How long a server may take to end an aborted transfer's data itself. */
const ABORT_GRACE_MS = 500;
/** How long a transfer may wait for its data connection before that is reported. */
const OVERDUE_MS = 5000;
/** How long a data connection with the server may take before a client that loses its patience is right. */
const LONG_WAIT_MS = 1500;

/** What is called once something is known of a link. */
interface Callbacks {
  /** Whether the proxy's ports are open. */
  port?: (result: PortResult) => void;
  /** The server agreed to a data connection, and none came about. */
  missed?: () => void;
  /** The data has ended. */
  ended?: () => void;
}

export class Links {
  /** Announced, and free for the next transfer command. */
  private pending: DataLink | null = null;
  private readonly live = new Map<number, DataLink>();
  private readonly callbacks = new WeakMap<DataLink, Callbacks>();
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
   * before, and used by no transfer yet, is replaced: FTP knows one data port at a time. `announcement` is the command that asked.
   */
  announce(
    plan: LinkPlan,
    announcement: Exchange | null,
    whenPort: (link: DataLink, result: PortResult) => void,
  ): DataLink {
    if (this.pending !== null) this.close(this.pending, { kind: 'replaced' });
    this.count += 1;
    const link = new DataLink(this.count, plan, this.conversation.at);
    this.live.set(link.number, link);
    this.callbacks.set(link, { port: (result) => whenPort(link, result) });
    this.pending = link;
    for (const leg of link.legs) if (leg.proxyListens) this.openPort(link, leg);
    this.serveWaitingTransfer(link, announcement);
    if (!link.opening) this.portsOpen(link);
    return link;
  }

  /** Calls back when the server agreed to a data connection over the link, and none came about. */
  whenMissed(link: DataLink, missed: () => void): void {
    this.callbacks.set(link, { ...this.callbacks.get(link), missed });
  }

  /** Calls back once the link's data has ended. */
  whenEnded(link: DataLink, ended: () => void): void {
    this.callbacks.set(link, { ...this.callbacks.get(link), ended });
  }

  /** Every port that the proxy opens for a link is open. */
  portsOpen(link: DataLink): void {
    this.conversation.observer.linkOpened(this.conversation.at, link);
    this.take(link, 'port')?.({ kind: 'open' });
  }

  portFailed(link: DataLink, reason: string): void {
    this.take(link, 'port')?.({ kind: 'failed', reason });
    this.close(link, { kind: 'no-port', reason });
  }

  /** The server's data connection is there. */
  serverConnected(link: DataLink): void {
    this.take(link, 'missed');
  }

  /** The pending link goes to the transfer that a command asks for. */
  bind(exchange: Exchange, transfer: Transfer): void {
    exchange.awaits = this.conversation.dialogue.openAnnouncement;
    const link = this.pending;
    if (link === null || exchange.awaits !== null) return;
    this.use(link, exchange, transfer);
  }

  /** The transfer command went out: servers wait for the data connection before they say 150. */
  commandSent(link: DataLink): void {
    link.sent(this.conversation.at + OVERDUE_MS);
    this.proceed(link);
  }

  /** The preliminary reply was relayed: the client expects the data now. */
  begin(link: DataLink): void {
    if (!link.begun) link.moved(this.conversation.at);
    if (link.overdueAt !== null) link.expectBy(this.conversation.at + OVERDUE_MS);
    link.begin();
    this.proceed(link);
  }

  /**
   * Does what can be done now. The server is dialled with the transfer command, or when the client comes early; the client
   * only after the 150, as a refused transfer needs none; bytes flow when both legs are ready and the 150 went out.
   */
  proceed(link: DataLink): void {
    if (link.dataEnded) return;
    if (link.commandSent || link.client.status === 'connected') this.dial(link, link.server);
    if (link.begun) this.dial(link, link.client);
    secureLegs(this.conversation, link);
    if (link.transfer !== null && link.bothReady && link.flow(this.conversation.at))
      this.startFlow(link, link.transfer);
  }

  /** The server declined the transfer before it began: the data port stays good for the next command, as it does there. */
  release(link: DataLink, reply: string): void {
    if (saysNoDataConnection(reply)) this.tellIfMissed(link, true);
    const reusable = !link.usedUp && this.pending === null;
    link.decline(reply, reusable);
    if (reusable) this.pending = link;
    else this.close(link, { kind: 'declined', reply });
  }

  /**
   * The client wants no more of what runs. The server is given a moment to end the data itself: Pure-FTPd takes a data leg that
   * is closed with the ABOR for a finished transfer. One that does not look at ABOR before then (vsftpd) wakes up to the close.
   */
  abort(): void {
    for (const link of this.all) {
      if (!link.busy) continue;
      link.abort();
      link.giveUpBy(this.conversation.at + ABORT_GRACE_MS);
    }
  }

  /** A transfer waits for its data connection, and may for a long time yet: whoever looks on is told for whom. */
  reportOverdue(link: DataLink): void {
    link.expectBy(null);
    const absent = link.busy && !link.aborting ? link.absentLegs : null;
    if (absent === null) return;
    const detail = `${absent.words} within ${OVERDUE_MS / 1000} s`;
    this.conversation.violation(absent.side, 'data-connection-overdue', detail, 'waiting on');
  }

  /** Nothing has moved for too long. */
  timeOut(link: DataLink): void {
    const waitedMs = this.conversation.policy.dataTimeoutMs;
    const seconds = waitedMs / 1000;
    const handshake = handshakesTimedOut(this.conversation, link, waitedMs);
    const absent = link.flowing ? null : link.waitsFor();
    const waited = link.flowing ? 'no data for' : `${absent?.words ?? 'no data connection'} within`;
    const side = link.client.status === 'connected' ? 'server' : 'client';
    const cause = handshake === null ? (absent?.cause ?? 'stalled') : 'tls-failed';
    this.finish(link, { kind: 'broken', side, cause, reason: handshake ?? `${waited} ${seconds} s` });
  }

  /** Ends a link for good, and says how it went. */
  close(link: DataLink, closing: Closing): void {
    this.closeWith(link, judge(link, closing));
  }

  closeWith(link: DataLink, verdict: LinkVerdict): void {
    if (!this.live.delete(link.number)) return;
    if (this.pending === link) this.pending = null;
    this.take(link, 'port');
    // A server that declined the transfer for another reason has closed its port, too.
    const failed = verdict.outcome === 'failed' && link.refusal === null;
    if (failed) this.tellIfMissed(link, link.server.status === 'failed');
    this.callbacks.delete(link);
    if (link.end?.kind !== 'drained') this.drop(link);
    link.close();
    this.conversation.observer.linkClosed(this.conversation.at, link, verdict);
  }

  /** The link's data ends here: nothing of it is heard any more. */
  finish(link: DataLink, end: DataEnd): void {
    if (link.dataEnded) return;
    if (end.kind !== 'drained') this.tellIfMissed(link, false);
    if (!link.finish(end, this.conversation.at)) return;
    if (end.kind !== 'drained') this.drop(link);
    this.take(link, 'ended')?.();
  }

  /** Some clients ask for the transfer before they know the port; some servers say 150 first and take PORT or PASV after it. */
  private serveWaitingTransfer(link: DataLink, announcement: Exchange | null): void {
    const exchange = this.conversation.dialogue.transferFor(announcement);
    const direction = exchange?.facts?.transfer;
    if (exchange === null || direction === undefined) return;
    this.use(link, exchange, { verb: exchange.verb, path: exchange.argument, direction });
    this.commandSent(link);
    if (exchange.started) this.begin(link);
  }

  private use(link: DataLink, exchange: Exchange, transfer: Transfer): void {
    this.pending = null;
    link.request(transfer);
    link.moved(this.conversation.at);
    exchange.link = link;
    chooseLegSecurity(this.conversation, link);
  }

  private openPort(link: DataLink, leg: Leg): void {
    const { policy } = this.conversation;
    leg.open();
    const admit = policy.allowForeignPort ? null : this.conversation.hostsOf(leg.side);
    this.conversation.effect({ kind: 'open-data-port', link: link.number, facing: leg.side, admit });
  }

  private dial(link: DataLink, leg: Leg): void {
    const { remote, side } = leg;
    if (remote === null || !leg.dial()) return;
    this.conversation.effect({ kind: 'dial', link: link.number, side, endpoint: remote });
  }

  private startFlow(link: DataLink, { verb, path, direction }: Transfer): void {
    const { conversation } = this;
    const shownPath = conversation.observer.shown(path);
    const name = { session: conversation.identity.session, link: link.number, verb, path: shownPath };
    conversation.observer.linkProgress(conversation.at, link);
    conversation.effect({ kind: 'start-flow', link: link.number, direction, name });
  }

  /** A firewall in between looks like this: nothing came of it in a long time, or the server says so. */
  private tellIfMissed(link: DataLink, certain: boolean): void {
    const waitedLong = this.conversation.at - link.lastMovedAt >= LONG_WAIT_MS;
    if (link.server.status === 'connected' || !(certain || waitedLong)) return;
    this.take(link, 'missed')?.();
  }

  /** A callback is called once. */
  private take<K extends keyof Callbacks>(link: DataLink, name: K): Callbacks[K] | undefined {
    const { [name]: callback, ...rest } = this.callbacks.get(link) ?? {};
    this.callbacks.set(link, rest);
    return callback;
  }

  private drop(link: DataLink): void {
    if (link.drop()) this.conversation.effect({ kind: 'drop-link', link: link.number });
  }
}
