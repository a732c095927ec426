// Opens the server's side of a data link in a mode of the proxy's own choice, in the client's absence: asks for EPSV, then PASV,
// then offers a port, as far as the policy lets it. What did not work is not tried again as long as there is something else.
import { announcedPort, type PassiveForm } from '../dialogue/announced-port.js';
import type { DataLink, PortResult } from '../dialogue/data-link.js';
import { type GatheredReply, lastLineOf } from '../dialogue/reply-lines.js';
import { addressFamily, type Endpoint } from '../protocol/endpoint.js';
import { formatEprtArgument, formatPortArgument } from '../protocol/host-port.js';
import { isCompletion } from '../protocol/reply.js';
import { namesForeign, noteForeign, passiveTarget } from './announcements.js';
import type { Conversation } from './conversation.js';

/** A way in which a server can be asked for a data connection. */
export type Approach = 'EPSV' | 'PASV' | 'active';

/** What is known of a server's data modes, shared by all sessions with it. */
export class ServerModes {
  private readonly failed = new Set<Approach>();

  /** The approaches that are worth trying, in order; all of them, from the beginning, when none has worked. */
  worthTrying(approaches: readonly Approach[]): readonly Approach[] {
    const hopeful = approaches.filter((approach) => !this.failed.has(approach));
    if (hopeful.length > 0) return hopeful;
    this.failed.clear();
    return approaches;
  }

  hasFailed(approach: Approach): boolean {
    return this.failed.has(approach);
  }

  /** The server does not know it, or no data connection comes of it. */
  fail(...approaches: readonly Approach[]): void {
    for (const approach of approaches) this.failed.add(approach);
  }
}

/** What is known of the server, which in forward mode the client is still to name. */
export type ModesOf = (server: Endpoint | null) => ServerModes;

/** For a session that is told nothing of others. */
export function knowingNothing(): ModesOf {
  const modes = new ServerModes();
  return () => modes;
}

export type PassiveResult =
  /** A link to its port was made, and can be announced, or has no port of ours. */
  | { readonly kind: 'listens'; readonly link: DataLink; readonly result: PortResult; readonly approach: Approach }
  /** The server's own words, a whole reply line; or why its port cannot be reached. */
  | { readonly kind: 'declined'; readonly said: string };

/** Makes a link to the server's port, and calls back when all is known that is to be known of it now. */
export type MakeLink = (server: Endpoint, whenPort: (link: DataLink, result: PortResult) => void) => void;

/** Replies that mean that the command itself is not to be had, and not only now (RFC 959 section 5.4, RFC 2428). */
const NEVER = new Set([500, 501, 502, 504, 522]);

export class ServerLegOpening {
  constructor(
    private readonly conversation: Conversation,
    private readonly modesOf: ModesOf,
  ) {}

  private get modes(): ServerModes {
    return this.modesOf(this.conversation.chosenServer);
  }

  /**
   * Asks the server to listen, until it names a port that does not refuse connections; declined at once where `active` is among the
   * approaches and the only one worth trying.
   */
  askToListen(approaches: readonly Approach[], make: MakeLink, done: (result: PassiveResult) => void): void {
    this.tryNext(this.modes.worthTrying(approaches), '425 The server offers no passive mode', make, done);
  }

  /** Offers the server a port to connect to; calls back with what it said when it declined, and null when it agreed. */
  offerPort(port: Endpoint, done: (declined: string | null) => void): void {
    const ipv4 = addressFamily(port.address) === 1;
    const line = ipv4 ? `PORT ${formatPortArgument(port)}` : `EPRT ${formatEprtArgument(port)}`;
    this.conversation.askServer(line, (reply) => {
      if (NEVER.has(reply.code)) this.modes.fail('active');
      done(isCompletion(reply.code) ? null : lastLineOf(reply));
    });
  }

  /** Learns from the link whether data connections come about in that way; EPSV and PASV lead to the same ports. */
  missed(link: DataLink): void {
    if (link.server.mode === 'active') this.modes.fail('active');
    else this.modes.fail('EPSV', 'PASV');
  }

  /** The client asked for what this server does not have, or what leads to no data connection with it. */
  noteOther(verb: string, used: Approach): void {
    const asked: Approach = verb === 'EPSV' || verb === 'PASV' ? verb : 'active';
    if (asked === used || !this.modes.hasFailed(asked)) return;
    const { observer, at } = this.conversation;
    const mode = used === 'active' ? 'active mode' : used;
    const failed = `the client asks for ${verb}, which does not work with this server`;
    observer.noteOnce(
      at,
      'server',
      'other-mode',
      `${failed}; the proxy uses ${mode} there, and a client without it would fail`,
    );
  }

  private tryNext(
    approaches: readonly Approach[],
    lastWords: string,
    make: MakeLink,
    done: (result: PassiveResult) => void,
  ): void {
    const [approach, ...rest] = approaches.filter((one) => one !== 'active');
    if (approach === undefined) return done({ kind: 'declined', said: lastWords });
    const failed = (words: string) => this.tryNext(rest, words, make, done);
    this.conversation.askServer(approach, (reply) => {
      const asked = approach === 'EPSV' ? '229' : '227';
      const target = isCompletion(reply.code) ? this.targetIn(reply, asked) : null;
      if (target !== null) {
        return make(target, (link, result) => {
          if (result.kind !== 'unreachable') return done({ kind: 'listens', link, result, approach });
          this.modes.fail(approach);
          failed(result.reason);
        });
      }
      if (NEVER.has(reply.code)) this.modes.fail(approach);
      failed(lastLineOf(reply));
    });
  }

  /** The address that is to be dialled; by the same policy as for a 227 that the client asked for. */
  private targetIn(reply: GatheredReply, asked: PassiveForm): Endpoint | null {
    const found = announcedPort(reply, asked, this.conversation.hostOf('server') ?? '');
    if (found === null) return null;
    const used = passiveTarget(this.conversation, found);
    if (used === null)
      this.conversation.violation('server', 'foreign-address', namesForeign(found.announced), 'refused');
    else noteForeign(this.conversation, found, used);
    return used;
  }
}
