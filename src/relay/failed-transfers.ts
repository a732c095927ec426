// A transfer whose data connection is known to have failed is answered here, at once: the server may wait for the connection for a
// minute. What it still says to the transfer is observed, and kept from the client, who has its answer.
import type { Exchange } from '../dialogue/exchange.js';
import type { DataEnd } from '../dialogue/link-life.js';
import { isCompletion } from '../protocol/reply.js';
import type { Conversation } from './conversation.js';

/** A data connection that failed. */
export type FailedData = Extract<DataEnd, { readonly kind: 'broken' }>;

/** What the client hears in the place of a reply of the server's. */
export function noDataConnection(reason: string): string {
  return `425 Cannot open a data connection: ${reason}`;
}

/** Answers the transfer. A server that we cannot connect to gets an ABOR, so that it waits no longer; any other notices by itself. */
export function answerFailed(
  conversation: Conversation,
  exchange: Exchange,
  { side, reason }: FailedData,
  reply: string | null,
): void {
  const unheard = conversation.dialogue.answerInstead(exchange);
  conversation.answer(exchange, reply ?? noDataConnection(reason));
  if (side !== 'server') return;
  const abort = conversation.askServer('ABOR');
  abort.mayStayUnanswered = true;
  // Some servers answer both with one success: then a 250, say, is not for ABOR, but for what the client said behind it.
  unheard.whenAnswered = ({ code }) => {
    abort.oddlyAnswered = isCompletion(code);
  };
}
