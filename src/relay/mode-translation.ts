// Who listens on each leg need not be the same: a client in active mode can be served from a server in passive mode, and the
// other way round, where firewalls forbid what the client asks for. The proxy then speaks to the server on its own and answers
// the client itself. Nothing of this comes between REST and its transfer: it happens where the client announces a port.

import type { DataLink, LinkPlan, PortResult } from '../dialogue/data-link.js';
import type { Exchange } from '../dialogue/exchange.js';
import type { Command } from '../protocol/command.js';
import { addressFamily, type Endpoint } from '../protocol/endpoint.js';
import { formatPortArgument } from '../protocol/host-port.js';
import type { Conversation } from './conversation.js';
import type { Links } from './links.js';
import { type Approach, type MakeLink, type ModesOf, ServerLegOpening } from './server-leg-opening.js';

/** Makes a link the ordinary way, the same on both legs: for a client's port that the server has to connect to after all. */
type SameOnBothLegs = () => DataLink;

export class ModeTranslation {
  private readonly opening: ServerLegOpening;

  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
    modesOf: ModesOf,
  ) {
    this.opening = new ServerLegOpening(conversation, modesOf);
  }

  /** Whether a client's PORT or EPRT is to be served from a server that listens. */
  get translatesActive(): boolean {
    const { serverMode } = this.conversation.policy;
    return serverMode === 'passive' || serverMode === 'auto';
  }

  /** Whether a client's PASV or EPSV is to be served in another way than by relaying it. */
  translatesPassive(verb: string): boolean {
    const { serverMode } = this.conversation.policy;
    // A server on IPv6 has no PASV to offer, and a client on IPv6 nothing to do with one (RFC 2428 section 3).
    return serverMode === 'active' || serverMode === 'auto' || (verb !== 'EPSV' && this.serverOverIpv6);
  }

  /** Whether what announces a port is done in another way than by relaying it. */
  translates(verb: string): boolean {
    return verb === 'PORT' || verb === 'EPRT' ? this.translatesActive : this.translatesPassive(verb);
  }

  /** The client listens at `target`. */
  serveActive(target: Endpoint, exchange: Exchange, sameOnBothLegs: SameOnBothLegs): void {
    const resume = this.holdClient(exchange);
    const make: MakeLink = (server, whenPort) => {
      const plan: LinkPlan = { client: 'active', server: 'passive', targets: { client: target, server } };
      this.links.announce(plan, exchange, whenPort);
    };
    this.opening.askToListen(this.approaches, make, (result) => {
      if (result.kind === 'listens') {
        this.learnFrom(result.link);
        this.opening.noteOther(exchange.verb, result.approach);
        this.conversation.answer(exchange, `200 ${exchange.verb} taken`);
      } else if (this.conversation.policy.serverMode === 'auto') {
        exchange.answeredHere = false;
        this.learnFrom(sameOnBothLegs());
      } else {
        this.decline(exchange, result.said);
      }
      resume();
    });
  }

  /** The client wants to be listened for. */
  servePassive(command: Command, exchange: Exchange): void {
    const family = addressFamily(this.conversation.client.local.address) ?? 1;
    if (command.verb !== 'EPSV' && family !== 1) {
      return this.conversation.answer(exchange, '425 PASV cannot carry an IPv6 address; use EPSV');
    }
    if (command.verb === 'EPSV' && !['', `${family}`].includes(command.argument.trim())) {
      return this.conversation.answer(exchange, `522 Network protocol not supported, use (${family})`);
    }
    const resume = this.holdClient(exchange);
    if (this.conversation.policy.serverMode === 'active') return this.offerPort(exchange, resume);
    const make: MakeLink = (server, whenPort) => {
      this.links.announce({ client: 'passive', server: 'passive', targets: { server } }, exchange, whenPort);
    };
    this.opening.askToListen(this.approaches, make, (result) => {
      if (result.kind === 'declined' && this.conversation.policy.serverMode === 'auto') {
        return this.offerPort(exchange, resume);
      }
      if (result.kind === 'listens') {
        this.learnFrom(result.link);
        this.opening.noteOther(exchange.verb, result.approach);
        this.answerWithPort(exchange, result.link, result.result);
      } else {
        this.decline(exchange, result.said);
      }
      resume();
    });
  }

  /** Both peers are to connect to the proxy. */
  private offerPort(exchange: Exchange, resume: () => void): void {
    const plan: LinkPlan = { client: 'passive', server: 'active', targets: {} };
    const made = this.links.announce(plan, exchange, (link, result) => {
      const port = link.server.local;
      if (result.kind !== 'open' || port === null) {
        this.answerWithPort(exchange, link, result);
        return resume();
      }
      this.opening.offerPort(port, (declined) => {
        if (declined === null) {
          this.opening.noteOther(exchange.verb, 'active');
          this.answerWithPort(exchange, link, result);
        } else {
          this.links.close(link, { kind: 'declined', reply: declined });
          this.decline(exchange, declined);
        }
        resume();
      });
    });
    this.learnFrom(made);
  }

  private learnFrom(link: DataLink): void {
    this.links.whenMissed(link, () => this.opening.missed(link));
  }

  private answerWithPort(exchange: Exchange, link: DataLink, result: PortResult): void {
    const given = link.client.local;
    if (result.kind !== 'open' || given === null) {
      const reason = result.kind === 'open' ? 'none was opened' : result.reason;
      return this.conversation.answer(exchange, `425 Cannot open a data port: ${reason}`);
    }
    this.conversation.answer(exchange, passiveReply(exchange.verb, given));
  }

  private decline(exchange: Exchange, said: string): void {
    this.conversation.answer(exchange, `425 The server opens no data connection: ${said}`);
  }

  /** What the client says next may depend on the outcome: it waits until `resume` is called. */
  private holdClient(exchange: Exchange): () => void {
    exchange.answeredHere = true;
    this.conversation.clientHolds += 1;
    return () => {
      this.conversation.clientHolds -= 1;
    };
  }

  private get approaches(): readonly Approach[] {
    const passive: readonly Approach[] = this.serverOverIpv6 ? ['EPSV'] : ['EPSV', 'PASV'];
    return this.conversation.policy.serverMode === 'auto' ? [...passive, 'active'] : passive;
  }

  private get serverOverIpv6(): boolean {
    return addressFamily(this.conversation.hostOf('server') ?? '') === 2;
  }
}

function passiveReply(verb: string, given: Endpoint): string {
  if (verb === 'EPSV') return `229 Entering Extended Passive Mode (|||${given.port}|)`;
  return `227 Entering Passive Mode (${formatPortArgument(given)})`;
}
