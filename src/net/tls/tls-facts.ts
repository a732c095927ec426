// What a TLS connection turned out to be, and what made one fail, in words for observations.
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { systemErrorCode, systemReason } from '../../protocol/system-errors.js';
import type { CertificateSummary, TlsFacts } from '../../session/observation.js';

/** Rejects a handshake: one clear reason, and what was known of the connection by then. */
export class TlsFailure extends Error {
  override readonly name = 'TlsFailure';

  constructor(
    readonly reason: string,
    readonly facts: TlsFacts,
  ) {
    super(reason);
  }
}

/**
 * To be read once the handshake is done: before, nothing is settled. The peer's certificate is handed in, because Node 20 gives
 * it out once: the second `getPeerX509Certificate()` holds nothing.
 */
export function tlsFacts(
  socket: TLSSocket,
  serverName: string | null,
  certificate: X509Certificate | undefined,
): TlsFacts {
  const cipher = socket.destroyed ? null : socket.getCipher();
  return {
    protocol: socket.getProtocol(),
    cipher: cipher?.standardName ?? cipher?.name ?? null,
    serverName,
    resumed: socket.isSessionReused(),
    certificate: certificate === undefined ? null : certificateSummary(certificate),
  };
}

export function noTlsFacts(serverName: string | null): TlsFacts {
  return { protocol: null, cipher: null, serverName, resumed: false, certificate: null };
}

function certificateSummary(certificate: X509Certificate): CertificateSummary {
  const oneLine = (name: string) => name.split('\n').join(', ');
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: certificate.subjectAltName?.split(', ') ?? [],
    validFrom: certificate.validFrom,
    validTo: certificate.validTo,
    fingerprint256: certificate.fingerprint256,
  };
}

/** OpenSSL's and Node's codes, in words that say what to look at. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'the peer does not speak TLS here (plain FTP?)'],
  ['ERR_SSL_HTTP_REQUEST', 'the peer speaks HTTP, not TLS'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'the peer does not speak TLS here (plain FTP?)'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'no TLS version in common'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'no TLS version in common'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'the peer does not trust our certificate authority'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'the peer does not accept our certificate'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'the peer does not accept our certificate'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'the peer asks for a certificate of ours'],
  ['ERR_SSL_NO_SHARED_CIPHER', 'no cipher in common'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'the peer broke off the handshake (no cipher or version in common?)'],
  ['ECONNRESET', 'the peer broke off the handshake'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate was signed by an authority that is not trusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate was signed by an authority that is not known'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its certificate was signed by an authority that is not known'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'its certificate was signed by an authority that is not known'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name'],
]);

/** Why a handshake failed. */
export function tlsReason(error: unknown): string {
  const known = REASONS.get(systemErrorCode(error) ?? '');
  const said = systemReason(error);
  return known ?? said;
}

/** What a failed handshake came to, whatever it was that failed. */
export function failureOf(error: unknown): { readonly reason: string; readonly tls: TlsFacts } {
  if (error instanceof TlsFailure) return { reason: error.reason, tls: error.facts };
  return { reason: tlsReason(error), tls: noTlsFacts(null) };
}
