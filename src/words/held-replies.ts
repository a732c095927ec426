// Replies that were held back, in words: for what they wait, and what became of them.
import type { HeldFor, HeldReply } from '../dialogue/observation.js';
import type { PlainLine } from './line.js';
import { formatDuration } from './quantities.js';

/** What tells a session's held replies apart, well enough. */
export function heldKey({ answers, code }: Pick<HeldReply, 'answers' | 'code'>): string {
  return `${answers} ${code}`;
}

/** What was held for less is not worth a word to people. */
const WORTH_A_WORD_MS = 100;

const AWAITED: Readonly<Record<HeldFor, string>> = {
  data: 'the data has ended',
  'data-port': 'its data port is ready',
  tls: 'the connection to the server is encrypted',
  order: 'an earlier reply has gone out',
};

/** While the reply is held; empty when it is not. */
export function heldWords(held: HeldFor | undefined): string {
  return held === undefined ? '' : `held until ${AWAITED[held]}`;
}

/** Beside the reply itself; empty when it is not worth a word. */
export function heldReplyNote({ state, held, heldMs }: HeldReply): string {
  switch (state) {
    case 'waiting':
      return heldWords(held);
    case 'delivered':
      return heldMs < WORTH_A_WORD_MS ? '' : `delivered after ${formatDuration(heldMs)}`;
    case 'replaced':
      return 'not delivered: the proxy answered in its place';
    case 'dropped':
      return 'not delivered: the session ended';
  }
}

/** Beside a reply that the client does not get, unless the proxy asked for it. */
export const UNHEARD_WORDS = 'not relayed';

/** On a line of its own, behind one that said that the reply is held. */
export function heldReplyLine(reply: HeldReply): PlainLine {
  const note = heldReplyNote(reply) || `delivered after ${formatDuration(reply.heldMs)}`;
  return { mark: '--', text: `${reply.code} ${note}`, ink: reply.state === 'delivered' ? 'dim' : 'default' };
}
