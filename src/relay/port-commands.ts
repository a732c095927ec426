// Active mode: the client's PORT or EPRT announces its data port. The proxy opens one of its own for the server and tells
// the server that one in its place. A port on a foreign host or below 1024 is refused: that is the bounce attack (RFC 2577). What is
// wrong in another way is the server's to refuse, unless it might read an address in it that we do not: then we refuse it.

import {
  faultOfPort,
  LOWEST_UNPRIVILEGED_PORT,
  lineNaming,
  type NamedPort,
  namedPort,
} from '../dialogue/announced-port.js';
import type { DataLink, PortResult } from '../dialogue/data-link.js';
import type { Exchange } from '../dialogue/exchange.js';
import type { ViolationCode } from '../dialogue/observation.js';
import { isPrivateAddress } from '../protocol/address-range.js';
import type { Command } from '../protocol/command.js';
import { type AddressFamily, addressFamily, type Endpoint, formatEndpoint, sameAddress } from '../protocol/endpoint.js';
import { holdsNoPort } from '../protocol/lenient-reading.js';
import { isCompletion } from '../protocol/reply.js';
import type { Conversation } from './conversation.js';
import { relayInDistrust } from './distrust.js';
import type { Links } from './links.js';
import type { ModeTranslation } from './mode-translation.js';
import type { Slot } from './outbox.js';

type PortFormFault = Exclude<NamedPort['kind'], 'port'>;

interface Refusal {
  readonly code: ViolationCode;
  readonly detail: string;
  readonly reply: string;
}

export class PortCommands {
  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
    private readonly translation: ModeTranslation,
  ) {}

  /** Relays PORT or EPRT with the proxy's own port in it, or answers why not. The exchange stands in the dialogue already. */
  handle(command: Command, exchange: Exchange): void {
    const named = namedPort(command.verb, command.argument, this.conversation.client.remote.address);
    if (named.kind !== 'port') return this.handleMalformed(command, exchange, named.kind, named.endpoint);
    const { endpoint: target } = named;
    const refusal = this.refusalOf(target, command);
    if (refusal !== null) return this.refuse(exchange, refusal);
    this.noteForeign(target, command);
    if (!this.translation.translatesActive) {
      this.announce(command, exchange, target);
      return;
    }
    this.translation.serveActive(target, exchange, () => this.announce(command, exchange, target));
  }

  /** The server's refusal says more of it than ours. */
  private handleMalformed(command: Command, exchange: Exchange, fault: PortFormFault, endpoint: Endpoint | null): void {
    const { conversation } = this;
    const refusal = malformed(command, fault, this.families);
    const isOurs = endpoint !== null && this.refusalOf(endpoint, command) === null;
    if (this.translation.translatesActive || !(isOurs || holdsNoPort(command.raw.toString('latin1')))) {
      return this.refuse(exchange, refusal);
    }
    if (endpoint !== null && isOurs) {
      conversation.violation('client', refusal.code, refusal.detail, 'relayed with a port of the proxy');
      this.announce(command, exchange, endpoint);
      return;
    }
    conversation.violation('client', refusal.code, refusal.detail, 'relayed unchanged');
    relayInDistrust(conversation, this.links, command, exchange, refusal.reply);
  }

  private announce(command: Command, exchange: Exchange, target: Endpoint): DataLink {
    exchange.whenAnswered = ({ code }) => {
      if (isCompletion(code)) this.conversation.strayPort = null;
    };
    const slot = this.conversation.toServer.reserve();
    const plan = { client: 'active', server: 'active', targets: { client: target } } as const;
    const made = this.links.announce(plan, exchange, (link, result) =>
      this.portKnown({ command, exchange, target, slot }, link, result),
    );
    exchange.link = made;
    return made;
  }

  private portKnown(
    waiting: { readonly command: Command; readonly exchange: Exchange; readonly target: Endpoint; readonly slot: Slot },
    link: DataLink,
    result: PortResult,
  ): void {
    const { conversation } = this;
    const { command, exchange, target, slot } = waiting;
    if (result.kind !== 'open') {
      slot.release();
      exchange.link = null;
      conversation.answer(exchange, `425 Cannot open a data port: ${result.reason}`);
      return;
    }
    const given = link.server.local;
    if (given === null) return;
    const what = command.verb === 'PORT' && addressFamily(given.address) === 1 ? 'PORT' : 'EPRT';
    const why = 'so that the data connection passes through the proxy';
    const rewrite = { what, link: link.number, announced: target, used: target, given, why } as const;
    conversation.observer.rewrite(conversation.at, rewrite);
    exchange.relayed = true;
    slot.replace(Buffer.from(lineNaming(command, given) + (command.end || '\r\n'), 'latin1'), 'own-address');
  }

  /** In which the client's data connections can be made: those of the hosts that it has. */
  private get families(): readonly AddressFamily[] {
    if (this.conversation.policy.allowForeignPort) return [1, 2];
    const hosts = this.conversation.hostsOf('client') ?? [];
    return [...new Set(hosts.map((host) => addressFamily(host)).filter((family) => family !== null))].sort();
  }

  private refusalOf(target: Endpoint, { verb }: Command): Refusal | null {
    if (this.conversation.policy.allowForeignPort) return null;
    const client = this.conversation.client.remote.address;
    const code = faultOfPort(target, this.conversation.hostsOf('client') ?? []);
    switch (code) {
      case null:
        return null;
      case 'foreign-address': {
        const isBehindNat = isPrivateAddress(target.address) && !isPrivateAddress(client);
        const why = isBehindNat ? ' (it is behind NAT, where active mode does not work)' : '';
        const detail = `the client, ${client}, named the foreign address ${formatEndpoint(target)}${why}`;
        const otherFamily = !this.families.some((family) => family === addressFamily(target.address));
        const reply = otherFamily
          ? notOfTheFamily(verb, this.families)
          : `500 Data connections go to ${client} only, not to ${target.address}`;
        return { code, detail, reply };
      }
      case 'privileged-port': {
        const detail = `the client named the privileged port ${target.port}`;
        return { code, detail, reply: `500 Data ports below ${LOWEST_UNPRIVILEGED_PORT} are refused` };
      }
    }
  }

  /** Where the user lets it pass. */
  private noteForeign({ address }: Endpoint, { verb }: Command): void {
    const { observer, at } = this.conversation;
    const hosts = this.conversation.hostsOf('client') ?? [];
    if (hosts.some((host) => sameAddress(host, address))) return;
    const what = `the client at ${hosts[0]} names the foreign address ${address} in its ${verb}`;
    observer.noteOnce(at, 'client', 'foreign-address', `${what}; the proxy connects to it, as asked`);
  }

  private refuse(exchange: Exchange, { code, detail, reply }: Refusal): void {
    this.conversation.violation('client', code, detail, `answered ${reply.slice(0, 3)}, not relayed`);
    this.conversation.answer(exchange, reply);
  }
}

function malformed({ verb, argument }: Command, fault: PortFormFault, families: readonly AddressFamily[]): Refusal {
  const detail = `${verb} with an argument that names no data port: ${argument}`;
  if (fault === 'unknown-family') return { code: 'bad-address', detail, reply: notOfTheFamily(verb, families) };
  const form = verb === 'PORT' ? 'PORT h1,h2,h3,h4,p1,p2' : 'EPRT |1|address|port|';
  return { code: 'bad-address', detail, reply: `501 That names no data port; the form is ${form}` };
}

/** RFC 2428 section 2: 522 lists the families that would do. PORT knows one alone. */
function notOfTheFamily(verb: string, families: readonly AddressFamily[]): string {
  if (verb === 'PORT') return '501 PORT names IPv4 addresses only; use EPRT or EPSV';
  return `522 Network protocol not supported, use (${families.join(',')})`;
}
