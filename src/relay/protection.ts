// PBSZ, PROT and CCC (RFC 4217 sections 8 to 10): the protection of data connections, agreed with each side on its own.
import type { Exchange } from '../dialogue/exchange.js';
import type { Command } from '../protocol/command.js';
import { isCompletion } from '../protocol/reply.js';
import type { Conversation } from './conversation.js';

/** Verbs that the session's security answers or watches. */
export const SECURITY_VERBS: ReadonlySet<string> = new Set([
  'AUTH',
  'PBSZ',
  'PROT',
  'CCC',
  'ADAT',
  'MIC',
  'CONF',
  'ENC',
]);

/** Whether an AUTH means PROT P as well: servers (vsftpd, ProFTPD) and clients that say so ask for no PROT then. */
export function protectsData(mechanism: string): boolean {
  return mechanism === 'SSL' || mechanism === 'TLS-P';
}

/** What becomes of a command: relayed to the server, or answered here already. */
export type SecurityVerdict = 'relay' | 'answered';

export class Protection {
  /** PBSZ was accepted: PROT may come. */
  private bufferSizeAgreed = false;

  constructor(private readonly conversation: Conversation) {}

  /** REIN: everything begins anew. */
  reset(): void {
    this.bufferSizeAgreed = false;
    this.agree('C', true);
  }

  /** `relays`: the server's leg is as the client's, and this is for the server as well. */
  take(command: Command, exchange: Exchange, clientIsSecure: boolean, relays: boolean): SecurityVerdict {
    const argument = command.argument.trim().toUpperCase();
    if (command.verb === 'CCC') return this.takeCcc(exchange, clientIsSecure);
    if (relays) return this.leaveToServer(command.verb, argument, exchange);
    if (command.verb === 'PROT') return this.takeProt(argument, exchange);
    if (!clientIsSecure) return this.answer(exchange, '503 PBSZ comes after AUTH (RFC 4217 section 8)');
    if (!/^\d+$/.test(argument)) return this.answer(exchange, '501 PBSZ takes a number; for TLS it is 0');
    this.bufferSizeAgreed = true;
    return this.answer(exchange, '200 PBSZ=0');
  }

  /** Both legs are alike, so the server's word holds for both: some take PROT with no PBSZ before it, or with no AUTH. */
  private leaveToServer(verb: string, argument: string, exchange: Exchange): SecurityVerdict {
    exchange.whenAnswered = ({ code }) => {
      if (!isCompletion(code)) return;
      if (verb === 'PBSZ') this.bufferSizeAgreed = true;
      else if (argument === 'C' || argument === 'P') this.agree(argument, true);
    };
    return 'relay';
  }

  private takeProt(level: string, exchange: Exchange): SecurityVerdict {
    if (!this.bufferSizeAgreed) return this.answer(exchange, '503 PROT comes after PBSZ (RFC 4217 section 9)');
    if (level === 'S' || level === 'E') return this.answer(exchange, `536 PROT ${level} is not supported by TLS`);
    if (level !== 'C' && level !== 'P') return this.answer(exchange, '504 PROT takes C or P');
    this.agree(level, false);
    return this.answer(exchange, `200 Protection level set to ${level}`);
  }

  /** The control connection is not taken out of TLS: what follows could not be told from what a stranger puts in. */
  private takeCcc(exchange: Exchange, clientIsSecure: boolean): SecurityVerdict {
    if (!clientIsSecure) return this.answer(exchange, '533 The connection is not protected');
    const detail = 'the client asked for CCC, to go on in the clear';
    this.conversation.violation('client', 'protection-refused', detail, 'answered 534, not relayed');
    return this.answer(exchange, '534 The connection stays encrypted: CCC is refused');
  }

  private agree(level: 'C' | 'P', withServer: boolean): void {
    this.conversation.protection.client = level;
    if (withServer) this.conversation.protection.server = level;
  }

  private answer(exchange: Exchange, text: string): SecurityVerdict {
    this.conversation.answer(exchange, text);
    return 'answered';
  }
}
