// The server's FEAT reply (RFC 2389), as far as it speaks of encryption: the client is shown what it can really have here.
import type { GatheredReply } from '../dialogue/reply-lines.js';

/** Features whose commands the proxy answers itself, whatever the server can. */
const ABOUT_SECURITY = /^\s*(AUTH|PBSZ|PROT|CCC|ADAT|MIC|CONF|ENC|SSCN|CPSV)\b/i;
const REFUSED_HERE = /^\s*(CCC|ADAT|MIC|CONF|ENC|SSCN|CPSV)\b/i;
const OFFERED: readonly string[] = [' AUTH TLS', ' PBSZ', ' PROT'];

/** How TLS stands towards the client: nothing is changed, as the server has it, offered by the proxy, or not to be had. */
export type TlsOffer = 'verbatim' | 'as-the-server' | 'offered' | 'none';

const UNWANTED: Readonly<Record<TlsOffer, RegExp | null>> = {
  verbatim: null,
  'as-the-server': REFUSED_HERE,
  offered: ABOUT_SECURITY,
  none: ABOUT_SECURITY,
};

/** The reply with its lines on encryption taken away or put in; all other lines as they came. */
export function adaptFeatures(reply: GatheredReply, offer: TlsOffer): Buffer {
  const lines = reply.lines.map((text, index) => ({ text, end: reply.ends[index] ?? '\r\n' }));
  const unwanted = UNWANTED[offer];
  const kept = lines.filter(({ text }, index) => isFrame(index, lines.length) || !unwanted?.test(text));
  const offered =
    offer === 'offered' && lines.length > 1 ? OFFERED.map((text) => ({ text, end: '\r\n' as const })) : [];
  const all = [...kept.slice(0, -1), ...offered, ...kept.slice(-1)];
  return Buffer.from(all.map(({ text, end }) => text + end).join(''), 'latin1');
}

/** Whether the server's own features speak of TLS. */
export function offersTls(reply: GatheredReply): boolean {
  return reply.lines.some((text) => /^\s*AUTH\b.*\b(TLS|SSL)/i.test(text));
}

/** The first line and the last hold no feature. */
function isFrame(index: number, lines: number): boolean {
  return index === 0 || index === lines - 1;
}
