// Protection of the server's data connections where the proxy asks for it itself (PBSZ 0, PROT P), and what is said of a server that
// does not encrypt: nothing goes on in the clear without a word.
import type { Exchange } from '../dialogue/exchange.js';
import { lastLineOf } from '../dialogue/reply-lines.js';
import { isCompletion } from '../protocol/reply.js';
import type { Conversation } from './conversation.js';

export class ServerProtection {
  /** How the server refused PROT P; null when it has not. */
  private refusal: string | null = null;

  constructor(private readonly conversation: Conversation) {}

  ask(done: () => void): void {
    const { conversation } = this;
    conversation.askServer('PBSZ 0', () => {
      conversation.askServer('PROT P', (reply) => {
        const agreed = isCompletion(reply.code);
        conversation.protection.server = agreed ? 'P' : 'C';
        this.refusal = agreed ? null : lastLineOf(reply);
        if (!agreed && !this.isRequired) this.reportData('transfers go to the server in the clear');
        done();
      });
    });
  }

  /** Whether a transfer may begin; answers it where the server has to encrypt it and will not (RFC 4217 section 10.1). */
  mayTransfer(exchange: Exchange): boolean {
    if (!this.isRequired || this.refusal === null) return true;
    this.reportData('answered 521, not relayed');
    this.conversation.answer(exchange, '521 The server does not encrypt data connections, and has to');
    return false;
  }

  /** The server refused AUTH, and the session goes on all the same. */
  reportRefusal(text: string): void {
    const { observer, at } = this.conversation;
    const detail = `the server does not encrypt: it answered AUTH TLS with ${text}`;
    observer.violationOnce(at, 'server', 'unencrypted-server', detail, 'the session goes on in the clear there');
  }

  private reportData(action: string): void {
    const detail = `the server does not encrypt data connections: it answered PROT P with ${this.refusal}`;
    this.conversation.violation('server', 'unencrypted-data', detail, action);
  }

  private get isRequired(): boolean {
    return this.conversation.policy.tls.server === 'require';
  }
}
