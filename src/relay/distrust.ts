// Commands that are relayed so that the server's own refusal comes back: they ask for a data port, and none of ours can be in it. Should
// the server agree to one, the client hears our refusal in the place of its success, and the server, which may have a data port in
// mind that leads past the proxy, is asked for no transfer until it has taken or named one that does not.
import type { Exchange } from '../dialogue/exchange.js';
import type { Command } from '../protocol/command.js';
import { isCompletion } from '../protocol/reply.js';
import type { Conversation } from './conversation.js';
import type { Links } from './links.js';

/** Relays the command unchanged; `refusal` is ours. */
export function relayInDistrust(
  conversation: Conversation,
  links: Links,
  command: Command,
  exchange: Exchange,
  refusal: string,
): void {
  const goneAstray = () => {
    const reason = `the server agreed to a ${command.verb} that does not pass this proxy`;
    links.takeBack(reason);
    conversation.strayPort = reason;
  };
  exchange.insteadOfSuccess = refusal;
  exchange.whenAnswered = ({ code }) => isCompletion(code) && goneAstray();
  exchange.whenForgotten = goneAstray;
  exchange.relayed = true;
  conversation.toServer.put(command.raw);
}

/** Why a transfer could go past the proxy; null when it cannot. */
export function strayPortOf({ strayPort, dialogue }: Conversation): string | null {
  const unsure = dialogue.unanswered.find(({ insteadOfSuccess }) => insteadOfSuccess !== null);
  return strayPort ?? (unsure && `the server has not answered ${unsure.verb} yet`) ?? null;
}
