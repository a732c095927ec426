// What a data link wants of the sockets, and what its waiting comes to.

import type { DataLink } from '../dialogue/data-link.js';
import type { Leg } from '../dialogue/link-leg.js';
import type { DataEnd, Transfer } from '../dialogue/link-life.js';
import type { Conversation } from './conversation.js';
import { handshakesTimedOut } from './leg-security.js';

/** How long a transfer may wait for its data connection before that is reported. */
export const OVERDUE_MS = 5000;

/** How long a data connection with the server may take before a client that loses its patience is right. */
const LONG_WAIT_MS = 1500;

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
  const name = {
    session: conversation.identity.session,
    link: link.number,
    verb,
    path: conversation.observer.shown(path),
  };
  conversation.observer.linkProgress(conversation.at, link);
  conversation.effect({ kind: 'start-flow', link: link.number, direction, name });
}

/** The transfer is over, and its end was in the data: the connection stays for the next one, as at both peers. */
export function endFlow(conversation: Conversation, link: DataLink): void {
  conversation.effect({ kind: 'end-flow', link: link.number });
}

/** Nothing flows: what comes waits, and what the peer does to the connection is for the other to see. */
export function watchLeg(conversation: Conversation, link: DataLink, { side, status }: Leg): void {
  if (status === 'connected') conversation.effect({ kind: 'watch-leg', link: link.number, side });
}

export function dropLegs(conversation: Conversation, link: DataLink): void {
  const unused = link.transfer === null ? ({ unused: true } as const) : {};
  if (link.drop()) conversation.effect({ kind: 'drop-link', link: link.number, ...unused });
}

/** Where the data went through, the legs close by themselves, or serve the next link. */
export function mayHaveOpenLegs(end: DataEnd | null): boolean {
  return end?.kind !== 'drained' && end?.kind !== 'kept';
}

/** A transfer waits for its data connection, and may for a long time yet: the one who is missing is reported. */
export function reportOverdue(conversation: Conversation, link: DataLink): void {
  link.expectBy(null);
  const absent = link.busy && !link.aborting ? link.absentLegs : null;
  if (absent === null) return;
  const detail = `${absent.words} within ${OVERDUE_MS / 1000} s`;
  conversation.violation(absent.side, 'data-connection-overdue', detail, 'waiting on');
}

/** How data ends on which nothing has moved for too long. */
export function timedOut(conversation: Conversation, link: DataLink): DataEnd {
  const waitedMs = conversation.policy.dataTimeoutMs;
  const handshake = handshakesTimedOut(conversation, link, waitedMs);
  const absent = link.flowing ? null : link.waitsFor();
  const waited = link.flowing ? 'no data for' : `${absent?.words ?? 'no data connection'} within`;
  const side = link.client.status === 'connected' ? 'server' : 'client';
  const cause = handshake === null ? (absent?.cause ?? 'stalled') : 'tls-failed';
  const failure = handshake === null ? absent?.failure : undefined;
  return { kind: 'broken', side, cause, failure, reason: handshake ?? `${waited} ${waitedMs / 1000} s` };
}

/** A firewall in between looks like this: nothing came of it in a long time, or the server says so (`certain`). */
export function isMissed(conversation: Conversation, link: DataLink, certain: boolean): boolean {
  const waitedLong = conversation.at - link.lastMovedAt >= LONG_WAIT_MS;
  return link.server.status !== 'connected' && (certain || waitedLong);
}
