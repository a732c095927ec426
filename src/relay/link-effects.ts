// What a data link wants of the sockets.
import type { DataLink } from '../dialogue/data-link.js';
import type { Leg } from '../dialogue/link-leg.js';
import type { Transfer } from '../dialogue/link-life.js';
import type { Conversation } from './conversation.js';

export function openPort(conversation: Conversation, link: DataLink, leg: Leg): void {
  const { policy } = conversation;
  leg.open();
  const admit = policy.allowForeignPort ? null : conversation.hostsOf(leg.side);
  conversation.effect({ kind: 'open-data-port', link: link.number, facing: leg.side, admit });
}

/** False when there is nothing to dial. */
export function dialLeg(conversation: Conversation, link: DataLink, leg: Leg): boolean {
  const { remote, side } = leg;
  if (remote === null || !leg.dial()) return false;
  conversation.effect({ kind: 'dial', link: link.number, side, endpoint: remote });
  return true;
}

export function startFlow(conversation: Conversation, link: DataLink, { verb, path, direction }: Transfer): void {
  const name = { session: conversation.identity.session, link: link.number, verb, path };
  conversation.observer.linkProgress(conversation.at, link);
  conversation.effect({ kind: 'start-flow', link: link.number, direction, name });
}
