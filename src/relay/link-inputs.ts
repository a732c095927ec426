// What the sockets tell of data links: ports opened, legs connected and failed, bytes carried. links.ts decides what follows.

import type { DataLink } from '../dialogue/data-link.js';
import type { Side, TlsFacts } from '../dialogue/observation.js';
import type { Endpoint } from '../protocol/endpoint.js';
import type { Conversation } from './conversation.js';
import type { SessionInput } from './input.js';
import { observeLegSecurity } from './leg-security.js';
import { type Links, portsOpen } from './links.js';

export type LinkInput = Extract<SessionInput, { readonly link: number }>;

export class LinkInputs {
  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
  ) {}

  /** Inputs about links that are gone are late news, and passed over. */
  handle(input: LinkInput): void {
    const link = this.links.find(input.link);
    if (link === null) return;
    switch (input.kind) {
      case 'data-port-open':
        return this.portOpen(link, input.side, input.endpoint);
      case 'data-port-failed':
        return this.portFailed(link, input.reason);
      case 'data-leg-connected':
        return this.legConnected(link, input.side, input.local, input.remote);
      case 'data-leg-failed':
        return this.legFailed(link, input.side, input.reason);
      case 'data-leg-secured':
        return this.legSecured(link, input.side, input.tls);
      case 'data-leg-insecure':
        return this.legInsecure(link, input.side, input.reason, input.tls);
      case 'data-stranger':
        return this.strangerTurnedAway(input.side, input.remote);
      case 'data-progress':
        link.payload = input.payload;
        return this.progress(link, input.bytes);
      case 'transfer-stopped':
        if (link.busy) this.links.finish(link, { kind: 'broken', side: null, reason: input.reason });
        return;
      case 'data-ended':
        link.bytes = input.bytes;
        link.payload = input.payload ?? link.payload;
        if (input.end.kind === 'drained' && input.end.truncated) this.possiblyTruncated(link);
        return this.links.finish(link, input.end);
    }
  }

  /** Whoever cuts a connection can do so unseen, but for the close_notify that is missing then (RFC 8446 section 6.1). */
  private possiblyTruncated(link: DataLink): void {
    const side = link.transfer?.direction === 'upload' ? 'client' : 'server';
    const detail = `the ${side} ended data connection ${link.number} without close_notify: bytes may be missing`;
    this.conversation.violation(side, 'possibly-truncated', detail, 'handed on as it came');
  }

  private portOpen(link: DataLink, side: Side, endpoint: Endpoint): void {
    const leg = link.leg(side);
    leg.local = endpoint;
    if (leg.status === 'opening') leg.status = 'waiting';
    if (!link.legs.some(({ status }) => status === 'opening')) portsOpen(this.conversation, link);
  }

  private portFailed(link: DataLink, reason: string): void {
    const { whenPort } = link;
    link.whenPort = null;
    whenPort?.({ kind: 'failed', reason });
    this.links.close(link, 'failed', reason);
  }

  private legConnected(link: DataLink, side: Side, local: Endpoint, remote: Endpoint): void {
    const leg = link.leg(side);
    leg.status = 'connected';
    leg.local = local;
    leg.remote = remote;
    link.lastMovedAt = this.conversation.at;
    if (side === 'server') link.whenMissed = null;
    // What was waited for has come.
    if (link.legs.every(({ status }) => status === 'connected') && !link.aborting) link.giveUpAt = null;
    this.links.proceed(link);
  }

  private legFailed(link: DataLink, side: Side, reason: string): void {
    link.leg(side).status = 'failed';
    this.links.finish(link, { kind: 'broken', side, reason });
    if (!link.bound) this.links.close(link, 'failed', reason);
  }

  private legSecured(link: DataLink, side: Side, tls: TlsFacts): void {
    observeLegSecurity(this.conversation, link, side, tls, null);
    link.leg(side).tls = 'secure';
    link.lastMovedAt = this.conversation.at;
    this.links.proceed(link);
  }

  private legInsecure(link: DataLink, side: Side, reason: string, tls: TlsFacts): void {
    observeLegSecurity(this.conversation, link, side, tls, reason);
    this.legFailed(link, side, `TLS on the data connection to the ${side} failed: ${reason}`);
  }

  private strangerTurnedAway(side: Side, remote: Endpoint): void {
    const detail = `${remote.address} connected to a data port that is open for the ${side} alone`;
    this.conversation.observer.violation(this.conversation.at, side, 'foreign-data-peer', detail, 'turned away');
  }

  private progress(link: DataLink, bytes: number): void {
    const { at } = this.conversation;
    if (bytes > link.bytes) link.lastMovedAt = at;
    link.bytes = bytes;
    this.conversation.observer.linkMoved(at, link);
  }
}
