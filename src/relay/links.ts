// A session's data links: made when a port is announced, given to the transfer that asks, connected, closed. A link's state is in
// data-link.ts, what a final reply does to it in transfer-settlement.ts, the wire's side of ports in announcements.ts and port-commands.ts.
import { DataLink, type LinkPlan, type PortResult } from '../dialogue/data-link.js';
import type { Exchange } from '../dialogue/exchange.js';
import type { DataEnd, Transfer } from '../dialogue/link-life.js';
import { type Closing, judge, type LinkVerdict, saysNoDataConnection } from '../dialogue/transfer-outcome.js';
import type { Conversation } from './conversation.js';
import { answerFailed, type FailedData } from './failed-transfers.js';
import { chooseLegSecurity, secureLegs } from './leg-security.js';
import { LinkCallbacks } from './link-callbacks.js';
import {
  dialLeg,
  dropLegs,
  endFlow,
  isMissed,
  mayHaveOpenLegs,
  OVERDUE_MS,
  openPort,
  startFlow,
  timedOut,
  watchLeg,
} from './link-effects.js';

/** How long a server may take to end an aborted transfer's data itself. */
const ABORT_GRACE_MS = 500;
/** How long an announcement waits to know whether the server's port can be reached. */
const DIAL_PATIENCE_MS = 1500;

export class Links {
  /** Announced, and free for the next transfer command. */
  private pending: DataLink | null = null;
  /** Why nothing can come of what was announced last. */
  private lost: string | null = null;
  private readonly live = new Map<number, DataLink>();
  private readonly callbacks = new LinkCallbacks();
  private count = 0;

  constructor(private readonly conversation: Conversation) {}

  /** Whether a transfer is under way: a link has one, and its data has not ended. */
  get busy(): boolean {
    for (const link of this.live.values()) if (link.busy) return true;
    return false;
  }

  /** Why no data connection can come of the port that was announced last; null while one may. */
  get lostFor(): string | null {
    return this.lost;
  }

  find(number: number): DataLink | null {
    return this.live.get(number) ?? null;
  }

  get all(): readonly DataLink[] {
    return [...this.live.values()];
  }

  /**
   * Makes a link: opens the proxy's own port where it listens, dials the server's where that listens, and calls back when all is known,
   * or the server takes too long. An unused link is replaced: FTP knows one data port at a time. `announcement` is the command that asked.
   */
  announce(
    plan: LinkPlan,
    announcement: Exchange | null,
    whenPort: (link: DataLink, result: PortResult) => void,
  ): DataLink {
    if (this.pending !== null) this.replace(this.pending);
    if (plan.server === 'passive') this.conversation.strayPort = null;
    this.lost = null;
    this.count += 1;
    const link = new DataLink(this.count, plan, this.conversation.at);
    this.live.set(link.number, link);
    this.callbacks.when(link, 'port', (result) => whenPort(link, result));
    this.pending = link;
    for (const leg of link.legs) if (leg.proxyListens) openPort(this.conversation, link, leg);
    if (dialLeg(this.conversation, link, link.server)) link.holdUntil(this.conversation.at + DIAL_PATIENCE_MS);
    this.serveWaitingTransfer(link, announcement);
    if (!link.opening) this.portsOpen(link);
    return link;
  }

  /** Calls back when the server agreed to a data connection over the link, and none came about. */
  whenMissed(link: DataLink, missed: () => void): void {
    this.callbacks.when(link, 'missed', missed);
  }

  /** Calls back once the link's data has ended. */
  whenEnded(link: DataLink, ended: () => void): void {
    this.callbacks.when(link, 'ended', ended);
  }

  /** Every port that the proxy opens for a link is open. */
  portsOpen(link: DataLink): void {
    this.conversation.observer.linkOpened(this.conversation.at, link);
    this.announceIfKnown(link);
  }

  portFailed(link: DataLink, reason: string): void {
    this.failed(link, { kind: 'broken', side: 'server', cause: 'no-port', reason });
  }

  /** The server's data connection is there. */
  serverConnected(link: DataLink): void {
    this.callbacks.take(link, 'missed');
    this.announceIfKnown(link);
  }

  /**
   * The link's data connection is known to have failed: nobody is kept waiting for it. Whoever asked for a port hears so in its place,
   * a transfer that the server has not answered is answered here, in other words than 425 where `reply` has them.
   */
  failed(link: DataLink, end: FailedData, reply: string | null = null): void {
    const port = this.callbacks.take(link, 'port');
    const exchange = this.conversation.dialogue.transfers.find((one) => one.link === link && one.awaitsServer) ?? null;
    const isTold = reply !== null || end.cause !== 'tls-failed';
    const isOurs = !link.bound || (exchange !== null && !link.aborting && isTold);
    this.finish(link, end);
    if (isOurs) this.lose(link, { kind: 'unconnected' }, end.reason);
    port?.({ kind: end.cause === 'no-port' ? 'failed' : 'unreachable', reason: end.reason });
    if (isOurs && exchange !== null) answerFailed(this.conversation, exchange, end, reply);
  }

  /** Time has passed. */
  wake(): void {
    const { at, policy } = this.conversation;
    for (const link of this.live.values()) {
      if (link.holdAt === null || at < link.holdAt) continue;
      link.holdUntil(null);
      this.announceIfKnown(link);
    }
    if (this.takeBackAt !== null && at >= this.takeBackAt) {
      this.takeBack(`no transfer used it within ${policy.dataTimeoutMs / 1000} s`);
    }
  }

  /** When a port that no transfer has used is taken back; null when there is none. */
  get takeBackAt(): number | null {
    if (this.pending === null || this.pending.opening) return null;
    return this.pending.lastMovedAt + this.conversation.policy.dataTimeoutMs;
  }

  /** The port that was announced, and used by no transfer, is of no use any more. */
  takeBack(reason: string): void {
    const link = this.pending;
    if (link !== null) this.lose(link, { kind: 'taken-back', reason }, `its port was closed: ${reason}`);
  }

  /** Closes a link of which nothing came. No transfer needs to try it. */
  lose(link: DataLink, closing: Closing, reason: string): void {
    if (this.pending === link) this.lost = reason;
    this.close(link, closing);
  }

  /** The pending link goes to the transfer that a command asks for. */
  bind(exchange: Exchange, transfer: Transfer): void {
    exchange.awaits = this.conversation.dialogue.openAnnouncement;
    if (this.pending !== null && exchange.awaits === null) this.use(this.pending, exchange, transfer);
  }

  /** The transfer command went out: servers wait for the data connection before they say 150. */
  commandSent(link: DataLink): void {
    link.sent(this.conversation.at, OVERDUE_MS);
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
   * Does what can be done now. The client is dialled when the server's data connection is there; one that the proxy dialled itself says
   * nothing of a transfer, so that the 150 is waited for, too. Bytes flow when both legs are ready and the 150 went out.
   */
  proceed(link: DataLink): void {
    if (link.dataEnded) return;
    const isCalledFor = link.begun || link.server.proxyListens;
    if (link.server.status === 'connected' && isCalledFor) dialLeg(this.conversation, link, link.client);
    secureLegs(this.conversation, link);
    if (link.transfer !== null && link.bothReady && link.flow(this.conversation.at)) {
      startFlow(this.conversation, link, link.transfer);
      if (link.confirmed && this.conversation.endIsInData) endFlow(this.conversation, link);
    }
  }

  /** The server declined the transfer before it began: the data port stays good for the next command, as it does there. */
  release(link: DataLink, reply: string): void {
    if (saysNoDataConnection(reply)) this.tellIfMissed(link, true);
    const reusable = !link.usedUp && this.pending === null;
    link.decline(reply, reusable);
    link.moved(this.conversation.at);
    if (reusable) {
      this.pending = link;
      watchLeg(this.conversation, link, link.server);
    } else this.close(link, { kind: 'declined', reply });
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

  /** Nothing has moved for too long. */
  timeOut(link: DataLink): void {
    this.finish(link, timedOut(this.conversation, link));
  }

  /** Ends a link for good, and says how it went. */
  close(link: DataLink, closing: Closing): void {
    this.closeWith(link, judge(link, closing));
  }

  closeWith(link: DataLink, verdict: LinkVerdict): void {
    if (!this.live.delete(link.number)) return;
    if (this.pending === link) this.pending = null;
    this.callbacks.take(link, 'port');
    if (link.end?.kind === 'kept') this.handOn(link);
    // A server that declined the transfer for another reason has closed its port, too.
    const failed = verdict.outcome === 'failed' && link.refusal === null;
    if (failed) this.tellIfMissed(link, link.server.status === 'failed');
    this.callbacks.forget(link);
    if (mayHaveOpenLegs(link.end)) dropLegs(this.conversation, link);
    link.close();
    // Nobody asked for anything over it.
    if (link.inherited && link.transfer === null) return;
    this.conversation.observer.linkClosed(this.conversation.at, link, verdict);
  }

  /** The link's data ends here: nothing of it is heard any more. */
  finish(link: DataLink, end: DataEnd): void {
    if (link.dataEnded) return;
    if (mayHaveOpenLegs(end)) this.tellIfMissed(link, false);
    if (!link.finish(end, this.conversation.at)) return;
    if (mayHaveOpenLegs(end)) dropLegs(this.conversation, link);
    this.callbacks.take(link, 'ended')?.();
  }

  /** The server has gone on without a final reply. */
  private unanswered(link: DataLink): void {
    if (link.dataEnded) this.close(link, { kind: 'unanswered' });
    else this.whenEnded(link, () => this.close(link, { kind: 'unanswered' }));
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

  /** The next link takes over its data connections, unless a new port was announced. */
  private handOn({ number, client, server }: DataLink): void {
    this.count += 1;
    const plan = { client: client.mode, server: server.mode, targets: {} };
    const next = new DataLink(this.count, plan, this.conversation.at, [client, server]);
    this.live.set(next.number, next);
    this.conversation.effect({ kind: 'hand-on-legs', link: number, to: next.number });
    if (this.pending === null) this.pending = next;
    else this.close(next, { kind: 'replaced' });
  }

  private use(link: DataLink, exchange: Exchange, transfer: Transfer): void {
    this.pending = null;
    link.request(transfer);
    if (link.inherited) this.conversation.observer.linkOpened(this.conversation.at, link);
    if (link.inherited) for (const leg of link.legs) watchLeg(this.conversation, link, leg);
    link.moved(this.conversation.at);
    exchange.link = link;
    exchange.whenForgotten = () => this.unanswered(link);
    chooseLegSecurity(this.conversation, link);
  }

  private announceIfKnown(link: DataLink): void {
    if (!link.opening && link.holdAt === null) this.callbacks.take(link, 'port')?.({ kind: 'open' });
  }

  private replace(link: DataLink): void {
    const port = this.callbacks.take(link, 'port');
    this.close(link, { kind: 'replaced' });
    port?.({ kind: 'failed', reason: 'another was asked for' });
  }

  private tellIfMissed(link: DataLink, certain: boolean): void {
    if (isMissed(this.conversation, link, certain)) this.callbacks.take(link, 'missed')?.();
  }
}
