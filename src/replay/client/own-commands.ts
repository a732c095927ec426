// What a replay says to a server on its own account, between the recorded commands: to encrypt, to say goodbye. Its replies are kept
// apart from those that are compared.

import type { Dialogue } from '../../dialogue/dialogue.js';
import { Exchange } from '../../dialogue/exchange.js';
import type { GatheredReply } from '../../dialogue/reply-lines.js';
import { now } from '../../ends/clock.js';

export class OwnCommands {
  /** No recorded command has a number below 1. */
  private number = 0;
  private readonly replies = new Map<number, GatheredReply>();

  constructor(private readonly dialogue: Dialogue) {}

  /** Expects the reply to a command that is sent now; what comes back tells whether it has come. */
  expect(verb: string): () => GatheredReply | null {
    this.number -= 1;
    const { number } = this;
    this.dialogue.ask(new Exchange(number, verb, now()));
    return () => this.replies.get(number) ?? null;
  }

  answered(number: number, reply: GatheredReply): void {
    this.replies.set(number, reply);
  }
}
