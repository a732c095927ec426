// Recognises, by its first bytes, what people connect by mistake to an FTP port, so that the mistake can be named.
import { startsProxyHeader } from './proxy-protocol.js';
import { verbFacts } from './verbs.js';

const TLS_HANDSHAKE = 0x16;
const TLS_ALERT = 0x15;
const TLS_MAJOR_VERSION = 0x03;

/** Names the protocol that a peer's first bytes belong to; null when they may be FTP. */
export function otherProtocol(firstBytes: Buffer): string | null {
  if (beginsTls(firstBytes)) return 'TLS';
  // Where it is accepted, it has been taken off before anybody looks.
  if (startsProxyHeader(firstBytes)) return 'the PROXY protocol, which is not accepted from its address';
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
