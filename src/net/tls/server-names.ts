// By which names a client may look for the server when it has the proxy in front of it: what a certificate
// made for the server has to say. Pure: knows of certificates only what Node tells of a peer's.
import { domainToASCII } from 'node:url';
import { canonicalAddress } from '../../protocol/endpoint.js';

/** As much of `tls.PeerCertificate` as is used here; Node gives an object without either when the peer sent none. */
interface PresentedCertificate {
  readonly subject?: { readonly CN?: string | readonly string[] | undefined } | undefined;
  readonly subjectaltname?: string | undefined;
}

export interface ServerIdentity {
  /** The server as the user named it. */
  readonly host: string;
  /** What the server showed. */
  readonly certificate?: PresentedCertificate | null;
  /** Addresses (and names, where the client told one) by which the client reached the proxy. */
  readonly reachedAs?: readonly string[];
}

/** Certificates of big providers hold hundreds of names, and all of them would travel with every handshake. */
const MAX_NAMES = 100;

/** In canonical spelling, each once: the server's own name first, then what the client used, then the certificate's. */
export function namesOfServer({ host, certificate, reachedAs = [] }: ServerIdentity): string[] {
  const candidates = [asciiName(host), ...reachedAs, ...namesIn(certificate ?? {})];
  return certificateNames(candidates).slice(0, MAX_NAMES);
}

/** Those that a certificate can carry, in canonical spelling, each once. */
export function certificateNames(candidates: readonly string[]): string[] {
  return [...new Set(candidates.map(certificateName).filter((name) => name !== null))];
}

/** A host name (the first label may be `*`) or an IP address in its one spelling; null for anything else. */
export function certificateName(text: string): string | null {
  const address = addressIn(text);
  if (address !== null) return address;
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name.length > 253 || /(?:^|\.)\d+$/.test(name)) return null;
  return /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/.test(name)
    ? name
    : null;
}

/** An IP address in its one spelling. A certificate may hold thousands of names, and reading each as IPv6 would take long. */
function addressIn(text: string): string | null {
  return /^[\d.]+$|:/.test(text) ? canonicalAddress(text) : null;
}

/** International names as certificates have them. ASCII stays as it is: `domainToASCII` would make an address of `1.2.3`. */
function asciiName(host: string): string {
  return /^[\x20-\x7e]*$/.test(host) ? host : domainToASCII(host);
}

function namesIn({ subject, subjectaltname = '' }: PresentedCertificate): string[] {
  const commonNames = [subject?.CN ?? []].flat();
  return [...alternativeNames(subjectaltname), ...commonNames];
}

/**
 * Reads Node's spelling of alternative names: `DNS:a.example, IP Address:10.0.0.1, DNS:"with \"quotes\", or commas"`, the
 * quoted ones in JSON since CVE-2021-44532. What follows something malformed is not read, as it may be a part of it.
 */
function alternativeNames(text: string): string[] {
  const names: string[] = [];
  for (const [, kind = '', value = ''] of text.matchAll(/([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/gy)) {
    if (names.length === MAX_NAMES) break;
    if (kind !== 'DNS' && kind !== 'IP Address') continue;
    const name = value.startsWith('"') ? unquoted(value) : value;
    // A DNS name that looks like an address is none, and no client would take it for one.
    if (name !== null && (kind === 'IP Address') === (addressIn(name) !== null)) names.push(name);
  }
  return names;
}

function unquoted(value: string): string | null {
  try {
    const text: unknown = JSON.parse(value);
    return typeof text === 'string' ? text : null;
  } catch {
    return null;
  }
}
