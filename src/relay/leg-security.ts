// TLS on the legs of a data link: whether a leg is to be encrypted, and when its handshake begins. Each leg stands for itself.
import type { DataLink } from '../dialogue/data-link.js';
import type { Side, TlsFacts } from '../dialogue/observation.js';
import { NO_TLS_FACTS } from '../dialogue/tls-facts.js';
import type { Conversation } from './conversation.js';

/** A transfer was asked for over the link: PROT as it holds now is what its legs get. */
export function chooseLegSecurity({ protection }: Conversation, link: DataLink): void {
  for (const leg of link.legs) leg.protect(protection[leg.side] === 'P');
}

/**
 * Begins what handshakes can begin. They come with the transfer command: vsftpd takes none before it. But a client is let begin as
 * soon as it has connected: some wait for the handshake before they send the command.
 */
export function secureLegs(conversation: Conversation, link: DataLink): void {
  if (!link.bound) return secureEarly(conversation, link);
  if (!link.commandSent) return;
  for (const { side } of link.legs.filter((leg) => leg.handshake())) {
    conversation.effect({ kind: 'secure-leg', link: link.number, side });
  }
}

function secureEarly(conversation: Conversation, { client, number: link }: DataLink): void {
  client.protect(conversation.protection.client === 'P');
  if (client.handshake()) conversation.effect({ kind: 'secure-leg', link, side: 'client', early: true });
}

export function observeLegSecurity(
  { observer, at }: Conversation,
  link: DataLink,
  side: Side,
  tls: TlsFacts,
  failure: string | null,
): void {
  const early = link.bound ? {} : ({ early: true } as const);
  observer.tls(at, { ...tls, side, leg: 'data', link: link.number, ...early, failure });
}

const LATE: TlsFacts = { ...NO_TLS_FACTS, fault: 'timeout' };

/** The legs whose handshake has not come to an end, and will not now: what is told of them, and the reason in words; null for none. */
export function handshakesTimedOut(conversation: Conversation, link: DataLink, waitedMs: number): string | null {
  const late = [link.client, link.server].filter(({ tls }) => tls === 'handshaking').map(({ side }) => side);
  const within = `within ${waitedMs / 1000} s`;
  for (const side of late) observeLegSecurity(conversation, link, side, LATE, `no TLS handshake ${within}`);
  if (late.length === 0) return null;
  return `no TLS handshake on the data connection to the ${late.join(' and the ')} ${within}`;
}
