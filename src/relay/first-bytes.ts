// A peer's first bytes: do they look like FTP at all? Asked until the client's first line is whole, and the server's first reply
// begins: servers may say something before that (a legal notice in front of the 220), and clients pass over it. What speaks
// another protocol is shown, named and let go, instead of being talked past.
import type { Side } from '../dialogue/observation.js';
import { type OtherProtocol, otherProtocol, protocolWords } from '../protocol/other-protocols.js';
import type { Conversation } from './conversation.js';
import type { Ending } from './ending.js';

const LF = 0x0a;

/** Of a line that is no FTP. */
const MAX_SHOWN_BYTES = 120;

export class FirstBytes {
  private readonly judged = { client: false, server: false };

  constructor(
    private readonly conversation: Conversation,
    private readonly ending: Ending,
  ) {}

  /** Ends the session where they are no FTP. */
  check(side: Side, bytes: Buffer): void {
    const protocol = this.protocolOf(side, bytes);
    if (protocol === null) return;
    const fault = `it speaks ${protocolWords(protocol)}`;
    const { observer, at } = this.conversation;
    observer.noise(at, side, 'line', bytes.subarray(0, Math.min(endOfLine(bytes), MAX_SHOWN_BYTES)));
    const detail = `the ${side} does not speak FTP: ${fault}`;
    this.conversation.violation(side, 'not-ftp', detail, 'session ended', { protocol });
    const who = side === 'server' ? this.conversation.serverName : 'this is an FTP port, and the client';
    this.ending.turnAway({ by: side, cause: 'not-ftp', reason: `${who} does not speak FTP: ${fault}` });
  }

  /** Null when they may be FTP, or have been judged before. */
  private protocolOf(side: Side, bytes: Buffer): OtherProtocol | null {
    if (this.judged[side] || bytes.length < 2) return null;
    const protocol = otherProtocol(bytes);
    const whole = bytes.at(-1) === LF;
    const settled = whole && (side === 'client' || /^\d{3}/.test(bytes.toString('latin1', 0, 3)));
    this.judged[side] = settled || protocol !== null;
    return protocol;
  }
}

function endOfLine(bytes: Buffer): number {
  const lineFeed = bytes.indexOf(LF);
  return lineFeed === -1 ? bytes.length : lineFeed + 1;
}
