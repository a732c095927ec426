// What TLS handshakes say in the clear that decides how the records behind them are opened (RFC 8446 section 4, RFC 5246 section 7.4).

export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;
export const NEW_SESSION_TICKET = 4;
export const SERVER_CERTIFICATE = 11;
export const CERTIFICATE_REQUEST = 13;
export const FINISHED = 20;
export const KEY_UPDATE = 24;

const MESSAGE_HEADER_BYTES = 4;
/** Certificates may be long. */
const MAX_MESSAGES_BYTES = 256 * 1024;
const SERVER_NAME = 0;
const SESSION_TICKET = 35;
const PRE_SHARED_KEY = 41;
const SUPPORTED_VERSIONS = 43;
const TLS_1_3 = 0x0304;
/** The random of a ServerHello that asks for another ClientHello (RFC 8446 section 4.1.3). */
const RETRY = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

export interface HandshakeMessage {
  readonly type: number;
  readonly body: Buffer;
}

/** Messages of one direction, however they are cut into records. */
export class HandshakeMessages {
  private rest: Buffer = Buffer.alloc(0);

  *take(content: Buffer): Generator<HandshakeMessage> {
    this.rest = Buffer.concat([this.rest, content]);
    while (this.rest.length >= MESSAGE_HEADER_BYTES) {
      const end = MESSAGE_HEADER_BYTES + this.rest.readUIntBE(1, 3);
      if (end > MAX_MESSAGES_BYTES) this.rest = Buffer.alloc(0);
      if (this.rest.length < end) return;
      const message = { type: this.rest.readUInt8(0), body: this.rest.subarray(MESSAGE_HEADER_BYTES, end) };
      this.rest = this.rest.subarray(end);
      yield message;
    }
  }

  forget(): void {
    this.rest = Buffer.alloc(0);
  }
}

export interface ClientHelloFacts {
  readonly random: Buffer;
  /** Of the session that it wants to resume, in hexadecimal; empty when there is none. */
  readonly sessionId: string;
  readonly ticket: string;
  /** Of the server that it wants (SNI); null where it names none. */
  readonly serverName: string | null;
  /** It wants to resume a session. */
  readonly offersSession: boolean;
}

export interface ServerHelloFacts {
  readonly random: Buffer;
  readonly sessionId: string;
  readonly suite: number;
  readonly isTls13: boolean;
  readonly isRetry: boolean;
  /** It resumes a session of TLS 1.3. */
  readonly takesKey: boolean;
}

/** Null when the message is no ClientHello. */
export function readClientHelloFacts(body: Buffer): ClientHelloFacts | null {
  const reader = new Fields(body);
  reader.skip(2);
  const random = reader.bytes(32);
  const sessionId = reader.vector(1).toString('hex');
  reader.vector(2);
  reader.vector(1);
  const extensions = reader.extensions();
  const ticket = extensions.get(SESSION_TICKET)?.toString('hex') ?? '';
  const serverName = serverNameIn(extensions.get(SERVER_NAME));
  // In TLS 1.3 a session identifier means nothing (RFC 8446 appendix D.4), and a ticket is a pre-shared key.
  const isTls13 = extensions.has(SUPPORTED_VERSIONS);
  const offersSession = extensions.has(PRE_SHARED_KEY) || ticket !== '' || (sessionId !== '' && !isTls13);
  return random.length === 32 ? { random, sessionId, ticket, serverName, offersSession } : null;
}

/** Null when the message is no ServerHello. */
export function readServerHelloFacts(body: Buffer): ServerHelloFacts | null {
  const reader = new Fields(body);
  reader.skip(2);
  const random = reader.bytes(32);
  const sessionId = reader.vector(1).toString('hex');
  const suite = reader.number(2);
  reader.skip(1);
  const extensions = reader.extensions();
  const version = extensions.get(SUPPORTED_VERSIONS);
  const isTls13 = version?.length === 2 && version.readUInt16BE(0) === TLS_1_3;
  if (random.length !== 32) return null;
  const isRetry = random.toString('hex') === RETRY;
  return { random, sessionId, suite, isTls13, isRetry, takesKey: extensions.has(PRE_SHARED_KEY) };
}

/** The ticket of a NewSessionTicket of TLS 1.2, in hexadecimal (RFC 5077 section 3.3). */
export function readTicket(body: Buffer): string {
  const reader = new Fields(body);
  reader.skip(4);
  return reader.vector(2).toString('hex');
}

/** The sender's own certificate in a Certificate message, as DER; empty where it has none. */
export function readCertificate(body: Buffer, isTls13: boolean): Buffer {
  const reader = new Fields(body);
  if (isTls13) reader.vector(1);
  return new Fields(reader.vector(3)).vector(3);
}

/** A list of names by their types, of which there is one: a host's (RFC 6066 section 3). */
function serverNameIn(extension: Buffer | undefined): string | null {
  const names = new Fields(new Fields(extension ?? Buffer.alloc(0)).vector(2));
  names.skip(1);
  return names.vector(2).toString('latin1') || null;
}

/** Reads fields one by one; behind the end there is nothing. */
class Fields {
  private at = 0;

  constructor(private readonly body: Buffer) {}

  skip(length: number): void {
    this.at += length;
  }

  bytes(length: number): Buffer {
    const bytes = this.body.subarray(this.at, this.at + length);
    this.at += length;
    return bytes;
  }

  number(length: number): number {
    const bytes = this.bytes(length);
    return bytes.length < length ? 0 : bytes.readUIntBE(0, length);
  }

  vector(lengthBytes: number): Buffer {
    return this.bytes(this.number(lengthBytes));
  }

  extensions(): Map<number, Buffer> {
    const all = new Fields(this.vector(2));
    const extensions = new Map<number, Buffer>();
    while (all.at + 4 <= all.body.length) extensions.set(all.number(2), all.vector(2));
    return extensions;
  }
}
