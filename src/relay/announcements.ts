// Passive mode: the server's 227 or 229 announces its data port. The proxy opens one of its own in front of it and gives
// the client that one in its place. An address that cannot be rewritten is never relayed: the client would go around the proxy.

import { type AnnouncedPort, announcedPort, announcingAnother, formAskedFor } from '../dialogue/announced-port.js';
import type { DataLink, PortResult } from '../dialogue/data-link.js';
import type { Exchange } from '../dialogue/exchange.js';
import type { GatheredReply } from '../dialogue/reply-lines.js';
import { isPrivateAddress } from '../protocol/address-range.js';
import { addressFamily, type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import type { Conversation } from './conversation.js';
import { noDataConnection } from './failed-transfers.js';
import type { Links } from './links.js';
import type { Slot } from './outbox.js';

/** A reply that announces a port, or should; held in a slot of the client's outbox until the proxy's own port is known. */
export interface HeldAnnouncement {
  /** The command that asked for it; null when none did. */
  readonly exchange: Exchange | null;
  readonly reply: GatheredReply;
  readonly slot: Slot;
}

/** Where the server is to be dialled, and why there. */
interface Target {
  readonly found: AnnouncedPort;
  readonly used: Endpoint;
  readonly why: string;
}

export class Announcements {
  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
  ) {}

  /** Takes a positive reply that announces a port: rewrites it, or answers 425 in its place. */
  handle(held: HeldAnnouncement): void {
    const { exchange, reply, slot } = held;
    const asked = exchange === null ? null : formAskedFor(exchange);
    const found = announcedPort(reply, asked ?? '227', this.serverHost);
    // A 227 or 229 that nobody asked for and that names no port is harmless; whatever slips by is held back at the outbox.
    if (found === null) return asked === null ? slot.release() : this.refuseRubbish(held);
    const used = passiveTarget(this.conversation, found);
    if (used === null) return this.refuseForeign(held, found);
    const target = { found, used, why: explain(found, used) };
    const plan = { client: 'passive', server: 'passive', targets: { server: used } } as const;
    this.links.announce(plan, exchange, (link, result) => this.portKnown(held, target, link, result));
  }

  private get serverHost(): string {
    return this.conversation.hostOf('server') ?? '';
  }

  private portKnown(held: HeldAnnouncement, { found, used, why }: Target, link: DataLink, result: PortResult): void {
    const { conversation } = this;
    if (result.kind === 'unreachable') return this.replaceReply(held, noDataConnection(result.reason));
    if (result.kind === 'failed') return this.replaceReply(held, `425 Cannot open a data port: ${result.reason}`);
    const given = link.client.local;
    if (given === null) return;
    if (found.form === '227' && addressFamily(given.address) !== 1) {
      const reason = 'PASV cannot carry an IPv6 address';
      this.links.lose(link, { kind: 'no-port', reason }, reason);
      return this.replaceReply(held, '425 PASV cannot carry an IPv6 address; use EPSV');
    }
    const { announced, form: what } = found;
    conversation.observer.rewrite(conversation.at, { what, link: link.number, announced, used, given, why });
    noteForeign(conversation, found, used);
    held.slot.replace(naming(held.reply, given), 'own-address');
  }

  private refuseRubbish(held: HeldAnnouncement): void {
    const asked = held.exchange?.verb ?? 'PASV';
    const said = held.reply.lines.join(' / ');
    const detail = `no address can be read from the reply to ${asked}: ${said}`;
    this.conversation.violation('server', 'bad-address', detail, 'answered 425 in its place');
    this.replaceReply(held, `425 The server's reply to ${asked} holds no address that can be read`);
  }

  private refuseForeign(held: HeldAnnouncement, { announced }: AnnouncedPort): void {
    this.conversation.violation('server', 'foreign-address', namesForeign(announced), 'answered 425 in its place');
    this.replaceReply(held, `425 The server named a foreign address, ${announced.address}, for the data connection`);
  }

  /** The server's reply was observed; the client gets another in its place. */
  private replaceReply({ exchange, slot }: HeldAnnouncement, text: string): void {
    this.conversation.sayInPlace(slot, text, exchange);
  }
}

/** Where to dial the server by what the user wants done about foreign addresses; null when that is nowhere. */
export function passiveTarget(
  { policy }: Conversation,
  { foreign, announced, atServer }: AnnouncedPort,
): Endpoint | null {
  if (!foreign) return atServer;
  switch (policy.pasvAddress) {
    case 'ignore':
      return atServer;
    case 'follow':
      return announced;
    case 'strict':
      return null;
  }
}

/** What is reported of an announcement that names another host. */
export function namesForeign(announced: Endpoint): string {
  return `the server named the foreign address ${formatEndpoint(announced)} in its 227`;
}

/** Many clients connect to whatever a 227 names. */
export function noteForeign(
  { observer, at }: Conversation,
  { foreign, announced, atServer }: AnnouncedPort,
  used: Endpoint,
): void {
  if (!foreign) return;
  const kind = isPrivateAddress(announced.address) && !isPrivateAddress(atServer.address) ? 'private' : 'foreign';
  const named = `the server at ${atServer.address} names the ${kind} address ${announced.address} in its 227`;
  const done =
    used === announced
      ? 'the proxy follows it, as asked'
      : `the proxy connects to ${used.address}, and a client without it may fail (a wrong pasv_address, or NAT?)`;
  observer.noteOnce(at, 'server', 'foreign-address', `${named}; ${done}`);
}

function explain({ foreign, announced }: AnnouncedPort, used: Endpoint): string {
  if (!foreign) return 'so that the data connection passes through the proxy';
  if (used === announced) return 'the server named another host than its own; followed as asked';
  return `the server named another host than its own; ${used.address} is used`;
}

function naming({ lines, ends }: GatheredReply, given: Endpoint): Buffer {
  const rewritten = announcingAnother(lines, given).map((line, index) => line + (ends[index] ?? '\r\n'));
  return Buffer.from(rewritten.join(''), 'latin1');
}
