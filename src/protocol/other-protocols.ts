// Recognises, by its first bytes, what people connect by mistake to an FTP port, so that the mistake can be named.
import { startsProxyHeader } from './proxy-protocol.js';
import { verbFacts } from './verbs.js';

const TLS_HANDSHAKE = 0x16;
const TLS_ALERT = 0x15;
const TLS_MAJOR_VERSION = 0x03;

export type OtherProtocol = (typeof OTHER_PROTOCOLS)[number];
/** `PROXY`: a load balancer's header from an address from which none is accepted; where it is, it has been taken off before. */
export const OTHER_PROTOCOLS = ['TLS', 'PROXY', 'SSH', 'HTTP', 'POP3', 'IMAP', 'VNC'] as const;

/** As one says it of a peer: "it speaks ...". */
export function protocolWords(protocol: OtherProtocol): string {
  return protocol === 'PROXY' ? 'the PROXY protocol, which is not accepted from its address' : protocol;
}

/** Names the protocol that a peer's first bytes belong to; null when they may be FTP. */
export function otherProtocol(firstBytes: Buffer): OtherProtocol | null {
  if (beginsTls(firstBytes)) return 'TLS';
  if (startsProxyHeader(firstBytes)) return 'PROXY';
  const text = firstBytes.toString('latin1');
  if (/^SSH-\d/.test(text)) return 'SSH';
  if (/^HTTP\/\d/.test(text) || isHttpRequest(text)) return 'HTTP';
  if (/^\+OK\b/.test(text)) return 'POP3';
  if (/^\* (OK|PREAUTH|BYE)\b/.test(text)) return 'IMAP';
  if (/^RFB \d{3}\./.test(text)) return 'VNC';
  return null;
}

/** A file name may hold a space and `HTTP/1.1`, so an FTP verb in front makes it FTP. */
function isHttpRequest(text: string): boolean {
  const method = /^([A-Z]+) \S+ HTTP\/\d/.exec(text)?.[1];
  return method !== undefined && verbFacts(method) === undefined;
}

/** A handshake or an alert, going by its first two bytes. */
export function beginsTls(bytes: Buffer): boolean {
  return (bytes[0] === TLS_HANDSHAKE || bytes[0] === TLS_ALERT) && bytes[1] === TLS_MAJOR_VERSION;
}
