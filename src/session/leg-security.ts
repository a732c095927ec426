// TLS on the legs of a data link: whether a leg is to be encrypted, and when its handshake begins. Each leg stands for itself.
import type { Conversation } from './conversation.js';
import type { DataLink } from './data-link.js';
import type { Side, TlsFacts } from './observation.js';

/** A transfer was asked for over the link: PROT as it holds now is what its legs get. */
export function chooseLegSecurity({ protection }: Conversation, link: DataLink): void {
  for (const leg of link.legs) leg.tls = protection[leg.side] === 'P' ? 'wanted' : 'none';
}

/** Begins what handshakes can begin. They come with the transfer command: vsftpd takes none before it. */
export function secureLegs(conversation: Conversation, link: DataLink): void {
  if (!link.commandSent) return;
  for (const leg of link.legs) {
    if (leg.status !== 'connected' || leg.tls !== 'wanted') continue;
    leg.tls = 'handshaking';
    conversation.effect({ kind: 'secure-leg', link: link.number, side: leg.side });
  }
}

export function observeLegSecurity(
  { observer, at }: Conversation,
  link: DataLink,
  side: Side,
  tls: TlsFacts,
  failure: string | null,
): void {
  observer.tls(at, { ...tls, side, leg: 'data', link: link.number, failure });
}
