// One TLS connection of which the secrets are known: records in, what was said inside out.
//
// WHEN THE KEYS CHANGE. Up to TLS 1.2 each direction is encrypted behind its ChangeCipherSpec, with keys made from the master secret and the
// randoms of both hellos. In TLS 1.3 each direction is encrypted from the ServerHello on with its handshake secret, behind its Finished with
// its first traffic secret, and behind each KeyUpdate with the next, which follows from the one before (RFC 8446 section 7.2).
//
// WHAT THE CAPTURE LACKS. A message that changes keys may be lost. So the keys that come next are tried, too, where those of now open nothing.
//
// BACK IN THE CLEAR. Behind CCC, and where a server's TLS has died (vsftpd's 500 OOPS), text comes without records: it is taken as it is.
//
// RESUMPTION. In TLS 1.3 each connection has secrets of its own. Before it a resumed session has the master secret of the first, by a session
// identifier or a ticket; libraries log it again under the new random, and where they do not, Resumptions knows it.
import type { TlsEnd, TlsFacts } from '../../dialogue/tls-facts.js';
import { type CipherSuite, cipherSuite } from './cipher-suites.js';
import { readableSummary } from './clear-handshake.js';
import {
  CERTIFICATE_REQUEST,
  CLIENT_HELLO,
  type ClientHelloFacts,
  FINISHED,
  type HandshakeMessage,
  HandshakeMessages,
  KEY_UPDATE,
  NEW_SESSION_TICKET,
  readCertificate,
  readClientHelloFacts,
  readServerHelloFacts,
  readTicket,
  SERVER_CERTIFICATE,
  SERVER_HELLO,
  type ServerHelloFacts,
} from './handshake-messages.js';
import type { KeyLog } from './key-log.js';
import { type Opened, RecordCipher, TLS_HEADER_BYTES } from './record-cipher.js';
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  HANDSHAKE,
  type RecordEvent,
  RecordStream,
} from './record-stream.js';
import type { Resumptions } from './resumptions.js';

/** Alerts that end nothing in anger: close_notify, user_canceled (RFC 8446 section 6). */
const PEACEFUL_ALERTS: ReadonlySet<number> = new Set([0, 90]);
/** Of a certificate that is refused or missing: they may come when the other side has finished. Others then are about what came later. */
const CERTIFICATE_ALERTS: ReadonlySet<number> = new Set([42, 43, 44, 45, 46, 48, 116]);

/** How many records may have been in a hole. */
const MAX_LOST_RECORDS = 4096;

export type TlsOutput =
  /** The handshake is done, or failed: a fatal alert says so, which may come behind it. */
  | { readonly kind: 'secured'; readonly tls: TlsFacts }
  | { readonly kind: 'data'; readonly bytes: Buffer }
  /** So much of what was said is missing, as far as its records tell. */
  | { readonly kind: 'lost'; readonly bytes: number };

/** Whether the secrets of a connection are known is known with its ServerHello. */
export type TlsState = 'opening' | 'open' | 'closed-to-us';

class Direction {
  readonly records = new RecordStream();
  readonly messages = new HandshakeMessages();
  cipher: RecordCipher | null = null;
  /** No more records come: what is said is text. */
  inTheClear = false;
  /** What comes behind the next change of keys, if that is known already. */
  next: RecordCipher | null = null;

  get candidates(): readonly RecordCipher[] {
    return [this.cipher, this.next ?? this.cipher?.updated ?? null].filter((cipher) => cipher !== null);
  }

  goOn(): void {
    const behind = this.next ?? this.cipher?.updated ?? null;
    this.cipher = behind;
    this.next = null;
  }
}

export class TlsSession {
  state: TlsState = 'opening';
  /** A record did not open with the secrets that are logged for it. */
  secretsFailed = false;
  /** The number of the cipher suite for which it is closed to us. */
  unreadSuite: number | null = null;
  private readonly directions = { client: new Direction(), server: new Direction() };
  private clientHello: ClientHelloFacts | null = null;
  private serverHello: ServerHelloFacts | null = null;
  private suite: CipherSuite | null = null;
  private master: Buffer | null = null;
  private resumed = false;
  /** The server's, as DER. */
  private certificate: Buffer | null = null;
  private isTold = false;
  private asksForCertificate = false;

  constructor(
    private readonly keyLog: KeyLog,
    private readonly resumptions: Resumptions,
  ) {}

  *take(from: TlsEnd, bytes: Buffer): Generator<TlsOutput> {
    const { records, inTheClear } = this.directions[from];
    if (inTheClear) return yield { kind: 'data', bytes };
    const lostBytes = records.searching;
    for (const event of records.take(bytes, (record) => this.continues(from, record, lostBytes))) {
      yield* this.takeEvent(from, event);
      if (this.state === 'closed-to-us') return;
    }
  }

  *lose(from: TlsEnd, bytes: number): Generator<TlsOutput> {
    const { records, messages, inTheClear } = this.directions[from];
    if (inTheClear) return yield { kind: 'lost', bytes };
    messages.forget();
    if (this.state === 'opening') this.state = 'closed-to-us';
    else for (const event of records.lose(bytes)) yield* this.takeEvent(from, event);
    if (records.searching > 0) yield { kind: 'lost', bytes };
  }

  private *takeEvent(from: TlsEnd, event: RecordEvent): Generator<TlsOutput> {
    switch (event.kind) {
      case 'record':
        return yield* this.takeRecord(from, event.record);
      case 'lost-record':
        return yield* this.loseRecord(from, event.fragmentBytes);
      case 'broken':
        this.directions[from].inTheClear = this.state === 'open' && isText(event.rest);
        if (this.directions[from].inTheClear) yield { kind: 'data', bytes: event.rest };
        else this.state = 'closed-to-us';
    }
  }

  private *loseRecord(from: TlsEnd, fragmentBytes: number): Generator<TlsOutput> {
    const { cipher } = this.directions[from];
    if (cipher === null) return;
    cipher.number += 1;
    yield { kind: 'lost', bytes: Math.max(0, fragmentBytes - cipher.overheadBytes) };
  }

  /** Whether a record is one of those that may come behind a hole. */
  private continues(from: TlsEnd, record: Buffer, lostBytes: number): boolean {
    const ahead = Math.min(MAX_LOST_RECORDS, Math.ceil(lostBytes / TLS_HEADER_BYTES));
    return this.directions[from].candidates.some((cipher) => cipher.goesOnWith(record, ahead));
  }

  private *takeRecord(from: TlsEnd, record: Buffer): Generator<TlsOutput> {
    const direction = this.directions[from];
    const type = record.readUInt8(0);
    const isTls13 = this.serverHello?.isTls13 ?? false;
    if (isTls13 && type === CHANGE_CIPHER_SPEC) return;
    const isEncrypted = isTls13 ? type === APPLICATION_DATA : direction.cipher !== null;
    const opened = isEncrypted ? this.open(direction, record) : plain(record);
    if (opened === null) {
      // Without the secret of the handshake only what comes behind it can be opened.
      if (direction.cipher === null && isTls13) return;
      this.state = 'closed-to-us';
      this.secretsFailed = true;
      return;
    }
    if (opened.type === APPLICATION_DATA && isEncrypted) {
      yield* this.secured();
      if (opened.content.length > 0) yield { kind: 'data', bytes: opened.content };
    } else if (opened.type === HANDSHAKE) {
      for (const message of direction.messages.take(opened.content)) this.takeMessage(from, message);
      if (this.isHandshakeDone) yield* this.secured();
    } else if (opened.type === CHANGE_CIPHER_SPEC) this.changeCipher(from);
    else if (opened.type === ALERT) yield* this.alerted(from, opened.content[1] ?? 0);
  }

  /** Both sides have changed to the keys of what they say. */
  private get isHandshakeDone(): boolean {
    const { client, server } = this.directions;
    return [client, server].every(({ cipher, next }) => cipher !== null && next === null);
  }

  private *secured(): Generator<TlsOutput> {
    if (this.isTold) return;
    this.isTold = true;
    yield { kind: 'secured', tls: this.facts };
  }

  private *alerted(from: TlsEnd, number: number): Generator<TlsOutput> {
    if (PEACEFUL_ALERTS.has(number) || (this.isTold && !CERTIFICATE_ALERTS.has(number))) return;
    this.isTold = true;
    yield { kind: 'secured', tls: { ...this.facts, fault: 'alert', alert: { from, number } } };
  }

  private get facts(): TlsFacts {
    const { suite, clientHello, serverHello, resumed, certificate } = this;
    return {
      protocol: serverHello?.isTls13 ? 'TLSv1.3' : 'TLSv1.2',
      cipher: suite?.name ?? null,
      serverName: clientHello?.serverName ?? null,
      resumed,
      certificate: certificate === null ? null : readableSummary(certificate),
      ...(this.asksForCertificate ? { asksForCertificate: true } : {}),
      ...(clientHello?.offersSession ? { offersSession: true } : {}),
    };
  }

  private open(direction: Direction, record: Buffer): Opened | null {
    const opened = direction.cipher?.open(record) ?? null;
    if (opened !== null) return opened;
    const behind = direction.next ?? direction.cipher?.updated ?? null;
    const openedBehind = behind?.open(record) ?? null;
    if (openedBehind === null) return null;
    direction.cipher = behind;
    direction.next = null;
    return openedBehind;
  }

  private takeMessage(from: TlsEnd, { type, body }: HandshakeMessage): void {
    const isTls13 = this.serverHello?.isTls13 ?? false;
    if (type === CLIENT_HELLO && from === 'client') this.clientHello = readClientHelloFacts(body);
    else if (type === SERVER_HELLO && from === 'server') this.takeServerHello(readServerHelloFacts(body));
    else if (type === SERVER_CERTIFICATE && from === 'server') this.certificate = readCertificate(body, isTls13);
    else if (type === CERTIFICATE_REQUEST && from === 'server') this.asksForCertificate = true;
    else if (type === NEW_SESSION_TICKET && !isTls13) this.keepForResumption(readTicket(body));
    else if (isTls13 && this.changesKeys(from, type)) this.directions[from].goOn();
  }

  /** A client that shows its certificate later finishes once more, and changes no keys with it (RFC 8446 section 4.6.2). */
  private changesKeys(from: TlsEnd, type: number): boolean {
    return type === KEY_UPDATE || (type === FINISHED && this.directions[from].next !== null);
  }

  private takeServerHello(hello: ServerHelloFacts | null): void {
    if (hello === null || hello.isRetry || this.clientHello === null) return;
    this.serverHello = hello;
    this.suite = cipherSuite(hello.suite);
    this.resumed = hello.takesKey;
    if (this.suite === null) this.unreadSuite = hello.suite;
    const known = this.suite !== null && (hello.isTls13 ? this.findTraffic(this.suite) : this.findMaster(hello));
    this.state = known ? 'open' : 'closed-to-us';
  }

  private findTraffic(suite: CipherSuite): boolean {
    const { client, server } = this.directions;
    client.cipher = this.cipherOf(suite, 'CLIENT_HANDSHAKE_TRAFFIC_SECRET');
    server.cipher = this.cipherOf(suite, 'SERVER_HANDSHAKE_TRAFFIC_SECRET');
    client.next = this.cipherOf(suite, 'CLIENT_TRAFFIC_SECRET_0');
    server.next = this.cipherOf(suite, 'SERVER_TRAFFIC_SECRET_0');
    return client.next !== null && server.next !== null;
  }

  private cipherOf(suite: CipherSuite, label: Parameters<KeyLog['secret']>[0]): RecordCipher | null {
    const secret = this.clientHello === null ? null : this.keyLog.secret(label, this.clientHello.random);
    return secret === null ? null : RecordCipher.ofSecret(suite, secret);
  }

  private findMaster({ sessionId }: ServerHelloFacts): boolean {
    if (this.clientHello === null) return false;
    const { random, ticket, sessionId: wanted } = this.clientHello;
    const logged = this.keyLog.secret('CLIENT_RANDOM', random);
    const resumed = sessionId !== '' && sessionId === wanted;
    this.master = logged ?? (resumed ? this.resumptions.find(sessionId, ticket) : null);
    this.keepForResumption(sessionId);
    return this.master !== null;
  }

  private keepForResumption(name: string): void {
    if (this.master !== null) this.resumptions.keep(name, this.master);
  }

  private changeCipher(from: TlsEnd): void {
    const { suite, master, clientHello, serverHello } = this;
    if (suite === null || master === null || clientHello === null || serverHello === null) return;
    // Who resumes a session lets the server finish first (RFC 5246 section 7.3).
    if (from === 'server' && this.directions.client.cipher === null) this.resumed = true;
    const randoms = { client: clientHello.random, server: serverHello.random };
    this.directions[from].cipher = RecordCipher.ofMaster(suite, master, randoms)[from];
  }
}

/** As the first bytes of a command or a reply are. */
function isText(bytes: Buffer): boolean {
  return /^[ -~]{3}/.test(bytes.toString('latin1', 0, 3));
}

function plain(record: Buffer): Opened {
  return { type: record.readUInt8(0), content: record.subarray(TLS_HEADER_BYTES) };
}
