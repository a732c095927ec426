// What the rows about certificates have in common: whose certificate it is, who found fault with it, and for which names it is.
import type { CertificateSummary, TlsSeen } from '../dialogue/observation.js';
import { on, type Rule, type Sighting } from './row.js';
import type { SessionPicture } from './session-picture.js';

const MAX_NAMES = 5;

/** RFC 8446 section 6.2. */
export const TLS_ALERTS = {
  ...{ handshakeFailure: 40, badCertificate: 42, revoked: 44, expired: 45, unknown: 46, unknownAuthority: 48 },
  certificateRequired: 116,
} as const;

export const namesIn = ({ names, subject }: CertificateSummary) =>
  names.length === 0 ? subject : names.slice(0, MAX_NAMES).join(', ');

export const day = (time: string) => {
  const at = Date.parse(time);
  return Number.isNaN(at) ? time : new Date(at).toISOString().slice(0, 10);
};

/** A server's certificate that the check found fault with: accepted, it is a warning; in a capture nobody checked. */
export function foundFault(it: TlsSeen, values: Sighting['values']): Sighting {
  const severity = it.failure === null ? 'warning' : 'error';
  return { confidence: 'certain', leg: 'server', severity, values: { ...values, where: whereOf(it) } };
}

export const whereOf = ({ leg }: TlsSeen) => (leg === 'data' ? ' on a data connection' : '');

/** A client refuses what the proxy shows; in a capture, what the server does. */
export function onClientsAlert(
  numbers: readonly number[],
  see: (it: TlsSeen) => Pick<Sighting, 'confidence' | 'values'>,
): Rule {
  return on('tls', (it, session) => {
    if (it.alert?.from !== 'client' || !numbers.includes(it.alert.number)) return null;
    // On the server's leg the client is the proxy, which says so in `verifyError`.
    if (it.side === 'server' && session.isRelayed) return null;
    const { confidence, values } = see(it);
    const whose = session.isRelayed ? { whose: 'proxy' } : {};
    const fault = session.isRelayed ? 'client' : 'server';
    return { leg: 'client', severity: 'error', fault, confidence, values: { ...values, ...whose } };
  });
}

/** A capture holds a certificate, and its own time; nobody has checked it. */
export function onCapturedCertificate(
  see: (it: TlsSeen, certificate: CertificateSummary, session: SessionPicture) => Sighting | null,
): Rule {
  return on('tls', (it, session) =>
    session.isRelayed || it.side !== 'server' || it.certificate === null ? null : see(it, it.certificate, session),
  );
}

/** As RFC 6125 section 6.4 has it: a star stands for one label. */
export function isFor({ names }: CertificateSummary, host: string): boolean {
  const parent = host.slice(host.indexOf('.'));
  return names.some((name) => {
    const own = name.slice(name.indexOf(':') + 1).toLowerCase();
    return own === host.toLowerCase() || (own.startsWith('*.') && own.slice(1) === parent.toLowerCase());
  });
}

/** Nothing was said behind AUTH and its handshake. */
export function isBehindHandshake({ newestExchange }: SessionPicture): boolean {
  return newestExchange === null || newestExchange.command.verb === 'AUTH';
}
