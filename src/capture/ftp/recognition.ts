// Whether a conversation is FTP, whatever its port, and which end is the server. Keeps no bytes.
//
// It decides as late as it must. A 220 is SMTP's greeting as well, USER is POP3's and IRC's, QUIT is everybody's. So each end is judged
// for itself by what it says (ProtocolEvidence), and the two together by what only FTP has:
//   certain   the server names FTP in its greeting, announces a data port or agrees to TLS; or it replies, and the client gives
//             commands that only FTP answers with replies; where one direction is missing, several of them.
//   other     the words of another protocol, bytes that are no text, too many lines that FTP does not know, or too much of anything.
//   undecided everything else: until the connection is over (`finish`). Then a command or a reply is enough on FTP's own port,
//             even the beginning of one, and nothing is on any other.
// The verdict is final: what comes later does not change it. Who dialled is the client; where the capture does not show who did, both
// ways round are tried. What an undecided connection said is held by its Candidate, and so each bound here bounds memory there.
import { FTP_PORT } from '../../protocol/server-name.js';
import type { ConnectionEnd } from '../connection-event.js';
import { ProtocolEvidence } from './protocol-evidence.js';

export type RecognitionVerdict =
  | { readonly kind: 'undecided' }
  | { readonly kind: 'ftp'; readonly server: ConnectionEnd }
  /** The protocol's name where it is known. */
  | { readonly kind: 'other'; readonly protocol: string | null };

/** How many lines that FTP does not know are put up with before the first that it does. */
const MAX_FOREIGN_LINES = 3;
/** In a connection that was under way, more may be the tail of a long reply. */
const MAX_FOREIGN_LINES_UNDER_WAY = 40;
/** What is longer, and has not shown itself as FTP, is not. */
export const MAX_UNDECIDED_BYTES = 32 * 1024;
/** Where the capture holds one direction alone, it takes more of it to be sure. */
const DECISIVE_COMMANDS_ALONE = 3;
const TELLING_REPLIES_ALONE = 2;

const UNDECIDED: RecognitionVerdict = { kind: 'undecided' };

export class Recognition {
  private readonly looks = { initiator: new ProtocolEvidence(), responder: new ProtocolEvidence() };

  constructor(
    private readonly connection: {
      readonly sawHandshake: boolean;
      readonly initiator: { readonly port: number };
      readonly responder: { readonly port: number };
    },
  ) {}

  take(from: ConnectionEnd, bytes: Buffer): RecognitionVerdict {
    this.looks[from].take(bytes);
    return this.judge();
  }

  /** The capture lacks bytes of what this end says: a line is cut there. */
  lose(from: ConnectionEnd): void {
    this.looks[from].lose();
  }

  /** No more will come, or no more will be waited for: what there is has to do. */
  finish(): RecognitionVerdict {
    const verdict = this.judge();
    if (verdict.kind !== 'undecided') return verdict;
    const server = this.possibleServers.find((end) => this.isLikely(end));
    return server === undefined ? { kind: 'other', protocol: this.likelyOther } : { kind: 'ftp', server };
  }

  private judge(): RecognitionVerdict {
    const server = this.possibleServers.find((end) => this.isCertain(end));
    if (server !== undefined) return { kind: 'ftp', server };
    const { initiator, responder } = this.looks;
    const protocol = responder.protocol ?? initiator.protocol;
    if (protocol !== null || initiator.binary || responder.binary) return { kind: 'other', protocol };
    const most = this.connection.sawHandshake ? MAX_FOREIGN_LINES : MAX_FOREIGN_LINES_UNDER_WAY;
    const tooStrange = initiator.foreignLines > most || responder.foreignLines > most;
    const tooMuch = initiator.bytes + responder.bytes > MAX_UNDECIDED_BYTES;
    return tooStrange || tooMuch ? { kind: 'other', protocol: this.likelyOther } : UNDECIDED;
  }

  /** What it is taken for when it has not shown itself as FTP, nor as anything else. */
  private get likelyOther(): string | null {
    return this.looks.initiator.greetsAsMail || this.looks.responder.greetsAsMail ? 'SMTP' : null;
  }

  /** An FTP server is dialled. Where the dialling was not captured, the connection may stand either way round. */
  private get possibleServers(): readonly ConnectionEnd[] {
    return this.connection.sawHandshake ? ['responder'] : ['responder', 'initiator'];
  }

  private isCertain(end: ConnectionEnd): boolean {
    const { server, client } = this.rolesWith(end);
    if (server.protocol !== null || client.protocol !== null) return false;
    if (server.decisiveCommands > server.replies || client.replies > 0) return false;
    if (server.greetsAsFtp || server.speaksForItself) return true;
    // Who guesses at passwords says USER to mail servers, too; these do not ask for one.
    if (server.replies > 0 && client.decisiveCommands > 0)
      return !server.greetsAsMail || server.tellingReplies.size > 0;
    if (client.bytes === 0) return server.tellingReplies.size >= TELLING_REPLIES_ALONE;
    return server.bytes === 0 && client.ownCommands > 0 && client.decisiveCommands >= DECISIVE_COMMANDS_ALONE;
  }

  /** On FTP's own port, any reply or command is enough when nothing more comes, however it was cut. */
  private isLikely(end: ConnectionEnd): boolean {
    const { server, client } = this.rolesWith(end);
    if (this.connection[end].port !== FTP_PORT || server.decisiveCommands > server.replies) return false;
    if (server.greetsAsMail || client.replies > 0) return false;
    return server.replies > 0 || server.beginsReply || client.commands > 0 || client.beginsCommand;
  }

  private rolesWith(end: ConnectionEnd): { readonly server: ProtocolEvidence; readonly client: ProtocolEvidence } {
    const { initiator, responder } = this.looks;
    return end === 'responder' ? { server: responder, client: initiator } : { server: initiator, client: responder };
  }
}
