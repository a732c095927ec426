// How a server is asked for TLS: with one of AUTH's arguments after the other, as long as it does not know them.
import { lastLineOf } from '../dialogue/reply-lines.js';
import type { Conversation } from './conversation.js';

/** In the order in which they are asked for, where the client wants none of them. */
export const MECHANISMS: readonly string[] = ['TLS', 'SSL', 'TLS-C'];
/** The server knows AUTH, and not that argument (RFC 2228 section 3 has 504 for it). */
const UNKNOWN_MECHANISM: ReadonlySet<number> = new Set([501, 504]);

/** What a server that was asked for TLS says. */
export interface ServersAnswer {
  /** It agreed, to which of AUTH's arguments. */
  agreed(mechanism: string): void;
  /** What it answered. */
  refused(text: string): void;
}

/** Where the server refuses, what it answered first counts. */
export function askForTls(
  conversation: Conversation,
  [mechanism = '', ...others]: readonly string[],
  { agreed, refused }: ServersAnswer,
): void {
  conversation.askServer(`AUTH ${mechanism}`, (reply) => {
    const { code } = reply;
    // Some servers answer 334, which RFC 2228 has for mechanisms with security data.
    if (code === 234 || code === 334) agreed(mechanism);
    else if (UNKNOWN_MECHANISM.has(code) && others.length > 0) {
      askForTls(conversation, others, { agreed, refused: () => refused(lastLineOf(reply)) });
    } else refused(lastLineOf(reply));
  });
}
