// Passive mode: the server's 227 or 229 announces its data port. The proxy opens one of its own in front of it and gives
// the client that one in its place. An address that cannot be rewritten is never relayed: the client would go around the proxy.

import type { DataLink, PortResult } from '../dialogue/data-link.js';
import type { Exchange } from '../dialogue/dialogue.js';
import type { GatheredReply } from '../dialogue/reply-gathering.js';
import { addressFamily, type Endpoint, formatEndpoint, sameAddress } from '../protocol/endpoint.js';
import { formatPortArgument, parse227, parse229, spliced } from '../protocol/host-port.js';
import type { Conversation } from './conversation.js';
import type { Links } from './links.js';
import type { Slot } from './outbox.js';

/** An announcement in one line of a reply. */
interface Found {
  readonly what: '227' | '229';
  readonly announced: Endpoint;
  /** Index of the reply's line that holds it. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** What stands between `start` and the proxy's own port or address. */
  readonly before?: string;
}

/** A reply to PASV or EPSV, held in a slot of the client's outbox until the proxy's own port is known. */
export interface HeldReply {
  readonly exchange: Exchange;
  readonly reply: GatheredReply;
  readonly slot: Slot;
}

export class Announcements {
  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
  ) {}

  /** Takes a positive reply to PASV or EPSV: rewrites it, or answers 425 in its place. */
  handle(held: HeldReply): void {
    const serverHost = this.conversation.server?.remote.address ?? '';
    const found = findAnnouncement(held.exchange, held.reply, serverHost);
    if (found === null) return this.refuseRubbish(held);
    const { pasvAddress } = this.conversation.policy;
    const foreign = found.what === '227' && !sameAddress(found.announced.address, serverHost);
    if (foreign && pasvAddress === 'strict') return this.refuseForeign(held, found);
    const used = foreign && pasvAddress === 'ignore' ? { ...found.announced, address: serverHost } : found.announced;
    const why = explain(foreign, pasvAddress === 'follow', serverHost);
    const plan = { client: 'passive', server: 'passive', targets: { server: used } } as const;
    this.links.announce(plan, held.exchange, (link, result) =>
      this.portKnown(held, found, { link, used, why, result }),
    );
  }

  private portKnown(
    held: HeldReply,
    found: Found,
    port: { readonly link: DataLink; readonly used: Endpoint; readonly why: string; readonly result: PortResult },
  ): void {
    const { conversation } = this;
    if (port.result.kind === 'failed') {
      this.replaceReply(held, `425 Cannot open a data port: ${port.result.reason}`);
      return;
    }
    const given = port.link.client.local;
    if (given === null) return;
    if (found.what === '227' && addressFamily(given.address) !== 1) {
      this.links.close(port.link, 'failed', 'PASV cannot carry an IPv6 address');
      this.replaceReply(held, '425 PASV cannot carry an IPv6 address; use EPSV');
      return;
    }
    const { announced } = found;
    const { used, why, link } = port;
    conversation.observer.rewrite(conversation.at, {
      what: found.what,
      link: link.number,
      announced,
      used,
      given,
      why,
    });
    held.slot.replace(rewrite(held.reply, found, given));
  }

  private refuseRubbish(held: HeldReply): void {
    const { conversation } = this;
    const said = held.reply.lines.join(' / ');
    const detail = `no address can be read from the reply to ${held.exchange.verb}: ${said}`;
    conversation.observer.violation(conversation.at, 'server', 'bad-address', detail, 'answered 425 in its place');
    this.replaceReply(held, `425 The server's reply to ${held.exchange.verb} holds no address that can be read`);
  }

  private refuseForeign(held: HeldReply, { announced }: Found): void {
    const { conversation } = this;
    const detail = `the server named the foreign address ${formatEndpoint(announced)} in its 227`;
    conversation.observer.violation(conversation.at, 'server', 'foreign-address', detail, 'answered 425 in its place');
    this.replaceReply(held, `425 The server named a foreign address, ${announced.address}, for the data connection`);
  }

  /** The server's reply was observed; the client gets another in its place. */
  private replaceReply({ exchange, slot }: HeldReply, text: string): void {
    this.conversation.sayInPlace(slot, text, exchange);
  }
}

function findAnnouncement(exchange: Exchange, reply: GatheredReply, serverHost: string): Found | null {
  for (const [line, text] of reply.lines.entries()) {
    const found = formOf(exchange, reply.code) === '227' ? find227(text) : find229(text, serverHost);
    if (found !== null) return { ...found, line };
  }
  return null;
}

/** Servers mix them up: 229 after PASV and 227 after EPSV occur, and so does 200 for either. */
function formOf(exchange: Exchange, code: number): '227' | '229' {
  if (code === 227 || code === 229) return code === 227 ? '227' : '229';
  return exchange.facts?.announces === '229' ? '229' : '227';
}

function find227(text: string): Omit<Found, 'line'> | null {
  const found = parse227(text);
  return found && { what: '227', announced: found.endpoint, start: found.start, end: found.end };
}

/** Some servers fill in the address that RFC 2428 leaves empty; it is taken out, or the client might follow it. */
function find229(text: string, serverHost: string): Omit<Found, 'line'> | null {
  const found = parse229(text);
  if (found === null) return null;
  const delimiter = text.charAt(found.start - 1);
  const start = text.lastIndexOf('(', found.start) + 2;
  const announced = { address: serverHost, port: found.port };
  return { what: '229', announced, start, end: found.end, before: delimiter.repeat(2) };
}

function explain(foreign: boolean, follow: boolean, serverHost: string): string {
  if (!foreign) return 'so that the data connection passes through the proxy';
  if (follow) return 'the server named another host than its own; followed as asked';
  return `the server named another host than its own; ${serverHost} is used`;
}

function rewrite(reply: GatheredReply, found: Found, given: Endpoint): Buffer {
  const address = (found.before ?? '') + (found.what === '227' ? formatPortArgument(given) : `${given.port}`);
  const lines = reply.lines.map((text, line) => {
    const rewritten = line === found.line ? spliced(text, found, address) : text;
    return rewritten + (reply.ends[line] ?? '\r\n');
  });
  return Buffer.from(lines.join(''), 'latin1');
}
