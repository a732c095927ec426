// What can be seen of a handshake without its secrets: it is enough to tell why one failed. Both hellos are in the clear, up to TLS 1.2 the
// certificates are, and so are most alerts of whoever breaks off before it has keys of its own.
import { X509Certificate } from 'node:crypto';
import { certificateSummary, type TlsEnd, type TlsFacts } from '../../dialogue/tls-facts.js';
import { cipherSuite } from './cipher-suites.js';
import {
  CERTIFICATE_REQUEST,
  CLIENT_HELLO,
  type ClientHelloFacts,
  type HandshakeMessage,
  HandshakeMessages,
  readCertificate,
  readClientHelloFacts,
  readServerHelloFacts,
  SERVER_CERTIFICATE,
  SERVER_HELLO,
  type ServerHelloFacts,
} from './handshake-messages.js';
import { TLS_HEADER_BYTES } from './record-cipher.js';
import { ALERT, HANDSHAKE, RecordStream } from './record-stream.js';

/** Handshakes are shorter. */
const MAX_BYTES = 64 * 1024;
/** Level and number; encrypted ones are longer. */
const ALERT_BYTES = 2;
const FATAL = 2;

export class ClearHandshake {
  private readonly directions = {
    client: { records: new RecordStream(), messages: new HandshakeMessages() },
    server: { records: new RecordStream(), messages: new HandshakeMessages() },
  };
  private bytes = 0;
  private clientHello: ClientHelloFacts | null = null;
  private serverHello: ServerHelloFacts | null = null;
  private certificate: Buffer | null = null;
  private asksForCertificate = false;
  private done = false;

  /** What it came to, once a fatal alert in the clear ended it; null until then, and for good where none does. */
  take(from: TlsEnd, bytes: Buffer): TlsFacts | null {
    if (this.done) return null;
    this.bytes += bytes.length;
    for (const event of this.directions[from].records.take(bytes, () => false)) {
      const number = event.kind === 'record' ? this.takeRecord(from, event.record) : this.stop();
      if (number !== null) return { ...this.facts, fault: 'alert', alert: { from, number } };
    }
    if (this.bytes > MAX_BYTES) this.stop();
    return null;
  }

  /** Bytes are missing: what follows cannot be told apart. */
  stop(): null {
    this.done = true;
    return null;
  }

  /** The number of a fatal alert; null for everything else. */
  private takeRecord(from: TlsEnd, record: Buffer): number | null {
    const content = record.subarray(TLS_HEADER_BYTES);
    switch (record[0]) {
      case HANDSHAKE:
        for (const message of this.directions[from].messages.take(content)) this.takeMessage(from, message);
        return null;
      case ALERT:
        this.stop();
        return content.length === ALERT_BYTES && content[0] === FATAL ? (content[1] ?? null) : null;
      default:
        return null;
    }
  }

  private takeMessage(from: TlsEnd, { type, body }: HandshakeMessage): void {
    if (from === 'client') {
      if (type === CLIENT_HELLO) this.clientHello = readClientHelloFacts(body);
    } else if (type === SERVER_HELLO) this.serverHello = readServerHelloFacts(body);
    else if (type === SERVER_CERTIFICATE) this.certificate = readCertificate(body, false);
    else if (type === CERTIFICATE_REQUEST) this.asksForCertificate = true;
  }

  private get facts(): TlsFacts {
    const { clientHello, serverHello, certificate } = this;
    return {
      protocol: serverHello === null ? null : serverHello.isTls13 ? 'TLSv1.3' : 'TLSv1.2',
      cipher: serverHello === null ? null : (cipherSuite(serverHello.suite)?.name ?? null),
      serverName: clientHello?.serverName ?? null,
      resumed: false,
      certificate: certificate === null ? null : readableSummary(certificate),
      ...(this.asksForCertificate ? { asksForCertificate: true } : {}),
      ...(clientHello?.offersSession ? { offersSession: true } : {}),
    };
  }
}

/** Null where it cannot be read. */
export function readableSummary(certificate: Buffer): TlsFacts['certificate'] {
  try {
    return certificateSummary(new X509Certificate(certificate));
  } catch {
    return null;
  }
}
