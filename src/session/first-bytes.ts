// A peer's first bytes: do they look like FTP at all? Asked until the first line is whole, and then no more.
import { otherProtocol } from '../protocol/other-protocols.js';
import type { Side } from './observation.js';

const LF = 0x0a;

export class FirstBytes {
  private readonly judged = { client: false, server: false };

  /** What is wrong with them, in words (`it speaks SSH`); null when they may be FTP, or have been judged before. */
  faultOf(side: Side, bytes: Buffer): string | null {
    if (this.judged[side] || bytes.length < 2) return null;
    const protocol = otherProtocol(bytes);
    const whole = bytes.at(-1) === LF;
    this.judged[side] = whole || protocol !== null;
    if (protocol !== null) return `it speaks ${protocol}`;
    const noGreeting = side === 'server' && whole && !/^\d/.test(bytes.toString('latin1', 0, 1));
    return noGreeting ? 'its first line is no FTP reply' : null;
  }
}
