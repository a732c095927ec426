// Between TCP and FTP: connections whose TLS secrets are known go on as if they had not been encrypted, all others unchanged. A handshake may come at a
// connection's start (implicit FTPS, data), or behind AUTH TLS: where a segment begins with a ClientHello. Until the ServerHello shows whether
// it can be decrypted, the connection's events are held.
import type { TellNotice } from '../capture-error.js';
import type { CapturedConnection, ConnectionEnd, ConnectionEvent } from '../connection-event.js';
import { CLIENT_HELLO, readClientHelloFacts } from './handshake-messages.js';
import type { KeyLog } from './key-log.js';
import { TLS_HEADER_BYTES } from './record-cipher.js';
import { HANDSHAKE, looksLikeRecord } from './record-stream.js';
import { Resumptions } from './resumptions.js';
import { type TlsOutput, TlsSession } from './tls-session.js';

/** A server sends no more before its hello is whole. */
const MAX_HELD_BYTES = 64 * 1024;
const HELLO_AT = TLS_HEADER_BYTES + 4;

const MAX_NOTICES = 8;
const BROKEN = 'TLS records that do not fit the logged secrets: what came behind them counts as missing';

interface Secured {
  readonly session: TlsSession;
  /** The end that began the handshake. */
  readonly clientEnd: ConnectionEnd;
  /** Null once it is known that the connection can be decrypted. */
  held: ConnectionEvent[] | null;
  heldBytes: number;
}

export class TlsDecryption {
  private readonly connections = new Map<CapturedConnection, Secured | 'unknown'>();
  private readonly resumptions = new Resumptions();
  private readonly told = new Set<string>();

  constructor(
    private readonly keyLog: KeyLog,
    private readonly notice: TellNotice,
  ) {}

  /** The events that take this one's place; null when it goes on as it is. */
  take(event: ConnectionEvent): readonly ConnectionEvent[] | null {
    if (this.keyLog.isEmpty) return null;
    const { connection } = event;
    const secured = this.connections.get(connection);
    if (secured === 'unknown') {
      if (event.kind === 'closed') this.connections.delete(connection);
      return null;
    }
    if (secured === undefined) return this.begins(event) ? this.begin(event) : null;
    if (event.kind === 'closed') this.connections.delete(connection);
    if (secured.held !== null) return this.hold(secured, secured.held, event);
    return this.decrypt(secured, event);
  }

  private begins(event: ConnectionEvent): event is Extract<ConnectionEvent, { kind: 'bytes' }> {
    if (event.kind !== 'bytes') return false;
    const { bytes } = event;
    return bytes[0] === HANDSHAKE && looksLikeRecord(bytes, 0) && bytes[TLS_HEADER_BYTES] === CLIENT_HELLO;
  }

  private begin(event: Extract<ConnectionEvent, { kind: 'bytes' }>): readonly ConnectionEvent[] | null {
    const hello = readClientHelloFacts(event.bytes.subarray(HELLO_AT));
    const mayResume = hello !== null && !this.resumptions.isEmpty && hello.sessionId !== '';
    if (hello === null || !(this.keyLog.knows(hello.random) || mayResume)) {
      this.connections.set(event.connection, 'unknown');
      return null;
    }
    const session = new TlsSession(this.keyLog, this.resumptions);
    const held: ConnectionEvent[] = [];
    const secured: Secured = { session, clientEnd: event.from, held, heldBytes: 0 };
    this.connections.set(event.connection, secured);
    return this.hold(secured, held, event);
  }

  /** Looks at what is said until it is known whether it can be decrypted. */
  private hold(secured: Secured, held: ConnectionEvent[], event: ConnectionEvent): readonly ConnectionEvent[] {
    const kept = event.kind === 'bytes' ? { ...event, bytes: Buffer.from(event.bytes) } : event;
    held.push(kept);
    if (kept.kind === 'bytes') secured.heldBytes += kept.bytes.length;
    const outputs = this.decrypt(secured, kept);
    const { state } = secured.session;
    if (state === 'open') {
      secured.held = null;
      return outputs;
    }
    if (state === 'opening' && event.kind !== 'closed' && secured.heldBytes <= MAX_HELD_BYTES) return [];
    if (event.kind !== 'closed') this.connections.set(event.connection, 'unknown');
    const { unreadSuite, secretsFailed } = secured.session;
    if (secretsFailed) this.tell('TLS connections whose records do not fit their logged secrets are not decrypted');
    if (unreadSuite !== null) this.tell(`TLS connections ${suiteNotice(unreadSuite)}`);
    return held;
  }

  private decrypt({ session, clientEnd, held }: Secured, event: ConnectionEvent): readonly ConnectionEvent[] {
    if (event.kind !== 'bytes' && event.kind !== 'lost') return event.kind === 'conflict' ? [] : [event];
    const from = event.from === clientEnd ? 'client' : 'server';
    const isOpen = held === null;
    const wasClosed = session.state === 'closed-to-us';
    const outputs = wasClosed
      ? []
      : [...(event.kind === 'bytes' ? session.take(from, event.bytes) : session.lose(from, event.bytes))];
    if (session.state === 'closed-to-us' && !wasClosed && isOpen) this.tell(BROKEN);
    const lost = wasClosed && event.kind === 'bytes' ? [{ kind: 'lost', bytes: event.bytes.length } as const] : [];
    return [...outputs, ...lost].map((output) => eventOf(output, event));
  }

  private tell(text: string): void {
    if (this.told.has(text) || this.told.size === MAX_NOTICES) return;
    this.told.add(text);
    this.notice({ kind: 'skipped', text });
  }
}

function suiteNotice(suite: number): string {
  const name = `0x${suite.toString(16).padStart(4, '0')}`;
  return `with the cipher suite ${name} are not decrypted: only AES-GCM and ChaCha20-Poly1305 are`;
}

function eventOf(
  output: TlsOutput,
  { connection, from, at }: Extract<ConnectionEvent, { kind: 'bytes' | 'lost' }>,
): ConnectionEvent {
  if (output.kind === 'secured') return { kind: 'secured', at, connection, tls: output.tls };
  if (output.kind === 'data') return { kind: 'bytes', at, connection, from, bytes: output.bytes };
  return { kind: 'lost', at, connection, from, bytes: output.bytes };
}
