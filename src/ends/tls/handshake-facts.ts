// What a TLS connection turned out to be, and what made one fail, in words for observations.
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { TlsAlert, TlsEnd, TlsFacts, TlsFault } from '../../dialogue/observation.js';
import { certificateSummary, NO_TLS_FACTS } from '../../dialogue/tls-facts.js';
import { systemErrorCode, systemReason } from '../../protocol/system-errors.js';

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
    // Null once the socket is destroyed.
    resumed: socket.isSessionReused() === true,
    certificate: certificate === undefined ? null : certificateSummary(certificate),
  };
}

export function noTlsFacts(serverName: string | null): TlsFacts {
  return { ...NO_TLS_FACTS, serverName };
}

/** Of a peer that waits for a greeting where TLS comes first. */
export const NEVER_BEGAN = 'never began the handshake (plain FTP?)';
export const NO_TLS_HERE = 'the peer does not speak TLS here (plain FTP?)';

/** OpenSSL's and Node's codes, in words that say what to look at. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['ERR_SSL_WRONG_VERSION_NUMBER', NO_TLS_HERE],
  ['ERR_SSL_HTTP_REQUEST', 'the peer speaks HTTP, not TLS'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', NO_TLS_HERE],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'no TLS version in common'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'no TLS version in common'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'the peer does not trust our certificate authority'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'the peer does not accept our certificate'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'the peer does not accept our certificate'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'the peer asks for a certificate of ours'],
  ['ERR_SSL_NO_SHARED_CIPHER', 'no cipher in common'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'the peer broke off the handshake (no cipher or version in common?)'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate was signed by an authority that is not trusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate was signed by an authority that is not known'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its certificate was signed by an authority that is not known'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'its certificate was signed by an authority that is not known'],
  ['INVALID_PURPOSE', 'its certificate is not one for a server'],
  ['INVALID_CA', 'its certificate was signed by what is no authority'],
  ['CERT_SIGNATURE_FAILURE', 'the signature of its certificate is wrong'],
  ['EE_KEY_TOO_SMALL', 'the key of its certificate is too small'],
  ['CA_KEY_TOO_SMALL', 'the key of its authority is too small'],
  ['CA_MD_TOO_WEAK', 'its certificate is signed too weakly (SHA-1, MD5)'],
]);

/** Why a connection failed that was to be encrypted, or was. */
export function tlsReason(error: unknown): string {
  // OpenSSL 3.5 (Node 22 and later) calls alerts so that earlier ones called by SSL 3's name.
  const code = systemErrorCode(error)?.replace('SSL/TLS_ALERT', 'SSLV3_ALERT');
  const known = REASONS.get(code ?? '');
  return known ?? opensslReason(error) ?? systemReason(error);
}

/**
 * Why a connection broke over which TLS stood. Who writes without it then was in it before: vsftpd's last words (500 OOPS) do. `said` is
 * what was written, where that is known.
 */
export function brokenTlsReason(error: unknown, said: string | null = null): string {
  if (!NO_RECORD.has(systemErrorCode(error) ?? '')) return tlsReason(error);
  return withWords('plain text inside TLS', said);
}

/** OpenSSL's codes for what is no TLS record at all. */
const NO_RECORD: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
]);

/** Why a handshake failed. `said`: what the peer wrote that is no TLS, where that is known. */
export function handshakeReason(error: unknown, said: string | null = null): string {
  if (systemErrorCode(error) === 'ECONNRESET') return 'the peer broke off the handshake';
  return NO_RECORD.has(systemErrorCode(error) ?? '') ? withWords(tlsReason(error), said) : tlsReason(error);
}

function withWords(reason: string, said: string | null): string {
  const line = lineSaid(said);
  return line === null ? reason : `${reason}: ${line}`;
}

/** One line of text: what is none, says nothing to people. */
export function lineSaid(said: string | null): string | null {
  const [line = ''] = /^[\x20-\x7e\t]{3,200}/.exec(said ?? '') ?? [];
  return line.trim() || null;
}

/** What OpenSSL said, without its codes and places: `TLS: bad record type`. */
function opensslReason(error: unknown): string | null {
  const fromOpenssl = error instanceof Error && 'library' in error && 'reason' in error;
  return fromOpenssl && typeof error.reason === 'string' ? `TLS: ${error.reason}` : null;
}

/** OpenSSL's reasons for what the peer's alerts say: 1000 and the alert's number (SSL_AD_REASON_OFFSET). */
const FIRST_ALERT_REASON = 1000;

/** The alert that the peer sent, by OpenSSL's error; null where it is about something else. */
export function receivedAlert(error: unknown): number | null {
  const hex = error instanceof Error ? /\berror:0A000([0-9A-F]{3}):/.exec(error.message)?.[1] : undefined;
  const number = Number.parseInt(hex ?? '0', 16) - FIRST_ALERT_REASON;
  return number >= 0 && number <= 255 ? number : null;
}

/** The alerts that OpenSSL sends for these (RFC 8446 section 6.2). */
const OWN_ALERTS: ReadonlyMap<string, number> = new Map([
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 70],
  ['ERR_SSL_VERSION_TOO_LOW', 70],
  ['ERR_SSL_NO_SHARED_CIPHER', 40],
]);

/** Why a handshake failed, for programs. `self`: which end we are. */
export function handshakeFault(error: unknown, self: TlsEnd): { readonly fault: TlsFault; readonly alert?: TlsAlert } {
  const code = systemErrorCode(error) ?? '';
  const theirs = receivedAlert(error);
  if (theirs !== null)
    return { fault: 'alert', alert: { from: self === 'client' ? 'server' : 'client', number: theirs } };
  const own = OWN_ALERTS.get(code);
  if (own !== undefined) return { fault: 'alert', alert: { from: self, number: own } };
  if (NO_RECORD.has(code)) return { fault: 'not-tls' };
  return { fault: code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'other' };
}

/** What a failed handshake came to, whatever it was that failed. */
export function failureOfHandshake(error: unknown): { readonly reason: string; readonly tls: TlsFacts } {
  if (error instanceof TlsFailure) return { reason: error.reason, tls: error.facts };
  return { reason: handshakeReason(error), tls: noTlsFacts(null) };
}
