// A peer's first bytes: do they look like FTP at all? Asked until the first line is whole, and then no more. What speaks another
// protocol is named and let go, instead of being talked past.
import type { Side } from '../dialogue/observation.js';
import { otherProtocol } from '../protocol/other-protocols.js';
import type { Conversation } from './conversation.js';
import type { Ending } from './ending.js';

const LF = 0x0a;

export class FirstBytes {
  private readonly judged = { client: false, server: false };

  constructor(
    private readonly conversation: Conversation,
    private readonly ending: Ending,
  ) {}

  /** Ends the session where they are no FTP. */
  check(side: Side, bytes: Buffer): void {
    const fault = this.faultOf(side, bytes);
    if (fault === null) return;
    this.conversation.violation(side, 'not-ftp', `the ${side} does not speak FTP: ${fault}`, 'session ended');
    const who = side === 'server' ? this.conversation.serverName : 'this is an FTP port, and the client';
    this.ending.turnAway({ by: side, cause: 'not-ftp', reason: `${who} does not speak FTP: ${fault}` });
  }

  /** What is wrong with them, in words (`it speaks SSH`); null when they may be FTP, or have been judged before. */
  private faultOf(side: Side, bytes: Buffer): string | null {
    if (this.judged[side] || bytes.length < 2) return null;
    const protocol = otherProtocol(bytes);
    const whole = bytes.at(-1) === LF;
    this.judged[side] = whole || protocol !== null;
    if (protocol !== null) return `it speaks ${protocol}`;
    const noGreeting = side === 'server' && whole && !/^\d/.test(bytes.toString('latin1', 0, 1));
    return noGreeting ? 'its first line is no FTP reply' : null;
  }
}
