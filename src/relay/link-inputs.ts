// What the sockets report of data links: ports opened, legs connected and failed, bytes carried. links.ts decides what follows.
import type { DataLink } from '../dialogue/data-link.js';
import type { ConnectionFailure, LinkCause, Side, TlsFacts } from '../dialogue/observation.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import type { Conversation } from './conversation.js';
import { DataResumption, NOT_RESUMED } from './data-resumption.js';
import type { LinkInput } from './input.js';
import { observeLegSecurity } from './leg-security.js';
import type { Links } from './links.js';
import { withoutEnd } from './transfer-settlement.js';

export class LinkInputs {
  private readonly resumption: DataResumption;

  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
  ) {
    this.resumption = new DataResumption(conversation);
  }

  /** Inputs about links that are gone are late news, and passed over. */
  handle(input: LinkInput): void {
    const link = this.links.find(input.link);
    if (link === null) return;
    const { at } = this.conversation;
    switch (input.kind) {
      case 'data-port-open':
        link.leg(input.side).portOpened(input.endpoint);
        if (!link.opening) this.links.portsOpen(link);
        return;
      case 'data-port-failed':
        return this.links.portFailed(link, input.reason);
      case 'data-leg-connected':
        return this.legConnected(link, input.side, input.local, input.remote);
      case 'data-leg-failed':
        return this.legFailed(link, input.side, `${input.side}-unreachable`, input.reason, input.failure);
      case 'data-leg-gone':
        // A transfer that has taken the link meanwhile sees for itself.
        return link.bound
          ? undefined
          : this.legFailed(link, input.side, `${input.side}-broke`, input.reason, input.failure);
      case 'data-leg-secured':
        return this.legSecured(link, input.side, input.tls);
      case 'data-leg-insecure':
        return this.legInsecure(link, input.side, input.reason, input.tls);
      case 'data-stranger':
        return this.strangerTurnedAway(input);
      case 'data-peer-vanished':
        return link.peerVanished(input.side, at);
      case 'data-progress':
        link.carry(input, at);
        link.fillsReceiver(input.receiverIsFull ?? false);
        this.conversation.observer.linkMoved(at, link);
        if (input.receiverEnded && link.missesEnd) this.links.finish(link, withoutEnd(link));
        return;
      case 'transfer-stopped': {
        const { reason } = input;
        if (link.busy) this.links.finish(link, { kind: 'broken', side: null, cause: 'stopped', reason });
        return;
      }
      case 'data-ended':
        link.carry(input, at);
        if (input.end.kind === 'drained' && input.end.truncated) this.possiblyTruncated(link);
        return this.links.finish(link, input.end);
    }
  }

  /** A connection can be cut unseen, but for the close_notify that is missing then (RFC 8446 section 6.1). */
  private possiblyTruncated(link: DataLink): void {
    const side = link.transfer?.direction === 'upload' ? 'client' : 'server';
    const detail = `the ${side} ended data connection ${link.number} without close_notify: bytes may be missing`;
    this.conversation.violation(side, 'possibly-truncated', detail, 'handed on unchanged', { link: link.number });
  }

  private legConnected(link: DataLink, side: Side, local: Endpoint, remote: Endpoint): void {
    const cameBack = link.leg(side).vanished;
    link.leg(side).connected(local, remote);
    link.moved(this.conversation.at);
    if (side === 'server') this.links.serverConnected(link);
    // What was waited for has come.
    if ((link.bothConnected || cameBack) && !link.aborting) link.giveUpBy(null);
    this.links.proceed(link);
  }

  private legFailed(link: DataLink, side: Side, cause: LinkCause, reason: string, failure?: ConnectionFailure): void {
    link.leg(side).fail();
    this.links.failed(link, { kind: 'broken', side, cause, reason, failure });
  }

  private legSecured(link: DataLink, side: Side, tls: TlsFacts): void {
    observeLegSecurity(this.conversation, link, side, tls, null);
    if (side === 'client' && this.resumption.refuses(link, tls)) {
      const { reason, reply } = NOT_RESUMED;
      return this.links.failed(link, { kind: 'broken', side, cause: 'tls-failed', reason }, reply);
    }
    link.leg(side).secured();
    link.moved(this.conversation.at);
    this.links.proceed(link);
  }

  private legInsecure(link: DataLink, side: Side, reason: string, tls: TlsFacts): void {
    observeLegSecurity(this.conversation, link, side, tls, reason);
    this.legFailed(link, side, 'tls-failed', `TLS on the data connection to the ${side} failed: ${reason}`);
  }

  private strangerTurnedAway({ side, remote, fault, before }: Extract<LinkInput, { kind: 'data-stranger' }>): void {
    if (fault !== null) {
      const what = `${remote.address} connected to a data port: ${fault}`;
      return this.conversation.violation(side, 'bad-proxy-header', what, 'turned away');
    }
    const rightful = this.conversation.hostsOf(side)?.join(' or ') ?? 'not connected';
    const detail = before
      ? `${formatEndpoint(remote)} connected to a data port that ${formatEndpoint(before)} had taken: one of them is not the ${side}`
      : `${remote.address} connected to a data port that is open for the ${side} (${rightful}) alone`;
    this.conversation.violation(side, 'foreign-data-peer', detail, 'turned away');
  }
}
