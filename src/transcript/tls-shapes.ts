// Which fields of a handshake must be there, and of which type. Those that transcripts lack that are older may be absent.
import type { CertificateSummary, ChainLink, TlsAlert, TlsFacts, TlsFault } from '../dialogue/observation.js';
import {
  type AllOf,
  hasFields,
  isCount,
  isFlag,
  isOneOf,
  isSide,
  isText,
  isTexts,
  orAbsent,
  orNull,
  type Unchecked,
} from './shape-checks.js';

const TLS_FAULT: AllOf<TlsFault> = {
  ...{ alert: true, certificate: true, 'not-tls': true, 'not-begun': true },
  ...{ timeout: true, closed: true, reset: true, other: true },
};

export function areTlsFacts(it: Unchecked<TlsFacts>): boolean {
  return (
    orNull(isText, it.protocol) &&
    orNull(isText, it.cipher) &&
    orNull(isText, it.serverName) &&
    isFlag(it.resumed) &&
    orNull(isCertificate, it.certificate) &&
    orAbsent(isTexts, it.shownNames) &&
    orAbsent(isTlsFault, it.fault) &&
    orAbsent(isAlert, it.alert) &&
    orAbsent(isText, it.verifyError) &&
    orAbsent(isChain, it.chain) &&
    orAbsent(isFlag, it.asksForCertificate) &&
    orAbsent(isFlag, it.offersSession) &&
    orAbsent(isText, it.said)
  );
}

function isCertificate(value: unknown): boolean {
  if (!hasFields(value)) return false;
  const it: Unchecked<CertificateSummary> = value;
  const texts = [it.subject, it.issuer, it.validFrom, it.validTo, it.fingerprint256];
  return texts.every(isText) && isTexts(it.names) && orAbsent(isText, it.issuerUrl);
}

function isTlsFault(value: unknown): boolean {
  return isOneOf(TLS_FAULT, value);
}

export function isAlert(value: unknown): boolean {
  if (!hasFields(value)) return false;
  const { from, number }: Unchecked<TlsAlert> = value;
  return isSide(from) && isCount(number);
}

function isChain(value: unknown): boolean {
  return Array.isArray(value) && value.every(isChainLink);
}

function isChainLink(value: unknown): boolean {
  if (!hasFields(value)) return false;
  const { subject, issuer }: Unchecked<ChainLink> = value;
  return isText(subject) && isText(issuer);
}
