// The life of a session's data links: announced, connected, flowing, ended, settled. What a reply does to a link is decided
// in transfer-settlement.ts; what an announcement looks like on the wire is the business of announcements.ts and port-commands.ts.
import type { Endpoint } from '../protocol/endpoint.js';
import type { Conversation } from './conversation.js';
import { DataLink, type Leg, type LinkEnd, type PortResult, type Transfer } from './data-link.js';
import type { Exchange } from './dialogue.js';
import type { SessionInput } from './input.js';
import type { LegMode, LinkOutcome, Side } from './observation.js';

/** How often a running transfer is observed. */
const PROGRESS_INTERVAL_MS = 1000;

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

  get all(): readonly DataLink[] {
    return [...this.live.values()];
  }

  /**
   * A peer listens at `target`; opens the proxy's own port for the other peer. A link announced before, and used by no
   * transfer yet, is replaced: FTP knows one data port at a time.
   */
  announce(mode: LegMode, target: Endpoint, whenPort: (link: DataLink, result: PortResult) => void): DataLink {
    const { conversation } = this;
    if (this.pending !== null) this.close(this.pending, 'unused', 'replaced by the next one');
    this.count += 1;
    const link = new DataLink(this.count, { client: mode, server: mode }, conversation.at);
    this.live.set(link.number, link);
    this.pending = link;
    const listening = link.client.proxyListens ? link.client : link.server;
    const dialled = listening === link.client ? link.server : link.client;
    dialled.remote = target;
    listening.status = 'opening';
    link.whenPort = (result) => whenPort(link, result);
    const admit = conversation.policy.allowForeignPort ? null : conversation.hostOf(listening.side);
    conversation.effect({ kind: 'open-data-port', link: link.number, facing: listening.side, admit });
    this.serveWaitingTransfer(link);
    return link;
  }

  /** The pending link goes to the transfer that a command asks for. */
  bind(exchange: Exchange, transfer: Transfer): void {
    const link = this.pending;
    if (link === null) return;
    this.pending = null;
    this.use(link, exchange, transfer);
  }

  /** The transfer command went out: servers wait for the data connection before they say 150. */
  commandSent(link: DataLink): void {
    if (link.end === null) this.dialIfIdle(link, link.server);
  }

  /** The preliminary reply was relayed: the client expects the data now. */
  clear(link: DataLink): void {
    if (link.end !== null || link.cleared) return;
    link.cleared = true;
    link.lastMovedAt = this.conversation.at;
    this.dialIfIdle(link, link.client);
    this.dialIfIdle(link, link.server);
    this.flowIfReady(link);
  }

  /** The server declined the transfer before it began: the data port stays good for the next command, as it does there. */
  release(link: DataLink, reason: string): void {
    if (link.end !== null || link.flowingSince !== null || this.pending !== null) {
      this.close(link, 'refused', reason);
      return;
    }
    link.refusal = reason;
    link.bound = false;
    this.pending = link;
  }

  /** The client wants no more of what runs. */
  abort(): void {
    for (const link of this.all) if (link.busy) this.finish(link, { kind: 'aborted', reason: 'aborted by the client' });
  }

  /** Nothing has moved for too long. */
  timeOut(link: DataLink): void {
    const waitedMs = this.conversation.policy.dataTimeoutMs;
    const reason = link.flowing ? `no data for ${waitedMs / 1000} s` : `no data connection within ${waitedMs / 1000} s`;
    const side = link.client.status === 'connected' ? 'server' : 'client';
    this.finish(link, { kind: 'broken', side, reason });
  }

  /** Ends a link for good, and says how it went. */
  close(link: DataLink, outcome: LinkOutcome, reason: string | null): void {
    if (!this.live.delete(link.number)) return;
    link.whenPort = null;
    if (this.pending === link) this.pending = null;
    if (link.end === null || link.end.kind !== 'drained') this.drop(link);
    const refused = outcome === 'unused' && link.refusal !== null;
    this.conversation.observer.linkClosed(
      this.conversation.at,
      link,
      refused ? 'refused' : outcome,
      refused ? link.refusal : reason,
    );
  }

  /** The link's data ends here: nothing of it is heard any more. */
  finish(link: DataLink, end: LinkEnd): void {
    if (link.end !== null) return;
    link.end = end;
    link.endedAt = this.conversation.at;
    link.lastMovedAt = this.conversation.at;
    if (end.kind !== 'drained') this.drop(link);
    const { whenEnded } = link;
    link.whenEnded = null;
    whenEnded?.();
  }

  /** An input about a data link. Inputs about links that are gone are late news, and passed over. */
  handle(input: Extract<SessionInput, { readonly link: number }>): void {
    const link = this.live.get(input.link);
    if (link === undefined) return;
    switch (input.kind) {
      case 'data-port-open':
        return this.portOpen(link, input.endpoint);
      case 'data-port-failed':
        return this.portFailed(link, input.reason);
      case 'data-leg-connected':
        return this.legConnected(link, input);
      case 'data-leg-failed':
        return this.legFailed(link, input.side, input.reason);
      case 'data-stranger':
        return this.strangerTurnedAway(input.side, input.remote);
      case 'data-progress':
        return this.progress(link, input.bytes);
      case 'data-ended':
        link.bytes = input.bytes;
        link.payload = input.payload;
        return this.finish(link, input.end);
    }
  }

  private portOpen(link: DataLink, endpoint: Endpoint): void {
    const leg = link.client.proxyListens ? link.client : link.server;
    leg.local = endpoint;
    leg.status = 'waiting';
    this.conversation.observer.linkOpened(this.conversation.at, link);
    this.portResult(link, { kind: 'open', endpoint });
  }

  private portFailed(link: DataLink, reason: string): void {
    this.portResult(link, { kind: 'failed', reason });
    this.close(link, 'failed', reason);
  }

  private portResult(link: DataLink, result: PortResult): void {
    const { whenPort } = link;
    link.whenPort = null;
    whenPort?.(result);
  }

  private legConnected(
    link: DataLink,
    input: { readonly side: Side; readonly local: Endpoint; readonly remote: Endpoint },
  ): void {
    const leg = link.leg(input.side);
    leg.status = 'connected';
    leg.local = input.local;
    leg.remote = input.remote;
    link.lastMovedAt = this.conversation.at;
    // The client came before its transfer command: the server may want its connection as early.
    if (leg === link.client) this.dialIfIdle(link, link.server);
    this.flowIfReady(link);
  }

  private legFailed(link: DataLink, side: Side, reason: string): void {
    const leg = link.leg(side);
    leg.status = 'failed';
    this.finish(link, { kind: 'broken', side, reason });
    if (!link.bound) this.close(link, 'failed', reason);
  }

  private strangerTurnedAway(side: Side, remote: Endpoint): void {
    const detail = `${remote.address} connected to a data port that is open for the ${side} alone`;
    this.conversation.observer.violation(this.conversation.at, side, 'foreign-data-peer', detail, 'turned away');
  }

  private progress(link: DataLink, bytes: number): void {
    const { at } = this.conversation;
    if (bytes > link.bytes) link.lastMovedAt = at;
    link.bytes = bytes;
    if (at - (link.observedAt ?? at) < PROGRESS_INTERVAL_MS) return;
    link.observedAt = at;
    this.conversation.observer.linkProgress(at, link);
  }

  /** Some servers say 150 first and take PORT or PASV after it. */
  private serveWaitingTransfer(link: DataLink): void {
    const exchange = this.conversation.dialogue.transferWithoutLink;
    const direction = exchange?.facts?.transfer;
    if (exchange === null || direction === undefined) return;
    this.pending = null;
    this.use(link, exchange, { verb: exchange.verb, path: exchange.argument, direction });
    this.clear(link);
  }

  private use(link: DataLink, exchange: Exchange, transfer: Transfer): void {
    link.transfer = transfer;
    link.bound = true;
    link.refusal = null;
    link.lastMovedAt = this.conversation.at;
    exchange.link = link;
  }

  /**
   * Dials a leg that the proxy has to dial: the server's with the transfer command or when the client comes, the client's
   * only after the 150, as a refused transfer needs none.
   */
  private dialIfIdle(link: DataLink, leg: Leg): void {
    if (leg.proxyListens || leg.status !== 'idle' || leg.remote === null) return;
    leg.status = 'dialling';
    this.conversation.effect({ kind: 'dial', link: link.number, side: leg.side, endpoint: leg.remote });
  }

  private flowIfReady(link: DataLink): void {
    const { conversation } = this;
    if (!link.cleared || !link.bothConnected || link.transfer === null || !link.bound) return;
    if (link.flowingSince !== null || link.end !== null) return;
    link.flowingSince = conversation.at;
    link.observedAt = conversation.at;
    const { verb, path, direction } = link.transfer;
    const name = { session: conversation.identity.session, link: link.number, verb, path };
    conversation.observer.linkProgress(conversation.at, link);
    conversation.effect({ kind: 'start-flow', link: link.number, direction, name });
  }

  private drop(link: DataLink): void {
    if (link.dropped) return;
    link.dropped = true;
    this.conversation.effect({ kind: 'drop-link', link: link.number });
  }
}
