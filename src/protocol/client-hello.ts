// What a TLS client says first (ClientHello, RFC 8446 section 4.1.2), as far as it names a server (server_name, RFC 6066 section 3).
// Bytes to facts; knows no sockets.

export type ClientHello =
  /** What was read so far may become one. */
  | { readonly kind: 'incomplete' }
  /** `serverName` is null where it asks for none. */
  | { readonly kind: 'hello'; readonly serverName: string | null }
  | { readonly kind: 'other' };

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME_EXTENSION = 0;
const HOST_NAME = 0;
const RECORD_HEAD_BYTES = 5;
const MESSAGE_HEAD_BYTES = 4;
/** Legacy version and random. */
const FIXED_BYTES = 34;

const INCOMPLETE: ClientHello = { kind: 'incomplete' };
const OTHER: ClientHello = { kind: 'other' };

/** `bytes` is all that came from the connection's beginning on. */
export function parseClientHello(bytes: Buffer): ClientHello {
  const message = handshakeBytes(bytes);
  if (message === null) return OTHER;
  if (message.length < MESSAGE_HEAD_BYTES) return INCOMPLETE;
  if (message.readUInt8(0) !== CLIENT_HELLO) return OTHER;
  const end = MESSAGE_HEAD_BYTES + message.readUIntBE(1, 3);
  if (message.length < end) return INCOMPLETE;
  try {
    return { kind: 'hello', serverName: serverNameIn(message.subarray(MESSAGE_HEAD_BYTES, end)) };
  } catch {
    return OTHER;
  }
}

/** A name that can be asked for: an address is none (RFC 6066 section 3), and this machine's own names mean the proxy. */
export function askableName(text: string): string | null {
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name.length > 253 || !/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name) || /(?:^|\.)\d+$/.test(name)) return null;
  return /(?:^|\.)localhost$/.test(name) ? null : name;
}

/** The content of the handshake records, whole or not; null where something else comes first. */
function handshakeBytes(bytes: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.readUInt8(at) !== HANDSHAKE_RECORD) return parts.length === 0 ? null : Buffer.concat(parts);
    if (bytes.length < at + RECORD_HEAD_BYTES) break;
    const end = at + RECORD_HEAD_BYTES + bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + RECORD_HEAD_BYTES, end));
    at = end;
  }
  return Buffer.concat(parts);
}

/** Throws a RangeError where a length leads out of the message. */
function serverNameIn(hello: Buffer): string | null {
  let at = FIXED_BYTES;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  // Before TLS 1.3 a hello may have no extensions at all.
  for (at += 2; at < hello.length; ) {
    const type = hello.readUInt16BE(at);
    const end = at + 4 + hello.readUInt16BE(at + 2);
    if (type === SERVER_NAME_EXTENSION && hello.readUInt8(at + 6) === HOST_NAME) {
      const length = hello.readUInt16BE(at + 7);
      return hello.toString('latin1', at + 9, at + 9 + length);
    }
    at = end;
  }
  return null;
}
