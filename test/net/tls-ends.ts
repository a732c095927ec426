// TLS for scripted peers, in either role. The records that come are counted beneath TLS, so that a test can tell an end with
// close_notify from one without: Node tells nobody.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Peer } from '../support/scripted-server.js';

const PATIENCE_MS = 4000;
const ALERT = 21;
const APPLICATION_DATA = 23;
/** TLS 1.3 hides an alert in application data: two bytes, their type, and the tag. */
const HIDDEN_ALERT_BYTES = 2 + 1 + 16;

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

export function only(version: TlsVersion) {
  const old = version === 'TLSv1' || version === 'TLSv1.1';
  return { minVersion: version, maxVersion: version, ...(old ? { ciphers: 'DEFAULT:@SECLEVEL=0' } : {}) } as const;
}

/** One end of a TLS connection. */
export interface TlsEnd {
  readonly socket: tls.TLSSocket;
  /** Whether the last record that came was an alert: at the end of the connection, the peer's close_notify. */
  saidFarewell(): boolean;
  /** The key log lines of this end. */
  readonly keyLog: readonly string[];
  /** What is beneath TLS. */
  readonly tap: RecordTap;
}

/** Passes everything on, and looks at the records that come. */
class RecordTap extends Duplex {
  /** How many have come. */
  bytes = 0;
  lastRecord: { readonly type: number; readonly length: number } | null = null;
  private rest = Buffer.alloc(0);

  constructor(private readonly plain: Socket) {
    super({ allowHalfOpen: plain.allowHalfOpen });
    plain.on('data', (chunk: Buffer) => {
      this.look(chunk);
      if (!this.push(chunk)) plain.pause();
    });
    plain.on('end', () => this.push(null));
    plain.on('error', (error) => this.destroy(error));
    plain.on('close', () => this.destroy());
    this.on('error', () => {});
  }

  override _read(): void {
    this.plain.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.plain.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.plain.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.plain.destroy();
    done(error);
  }

  private look(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.rest = Buffer.concat([this.rest, chunk]);
    while (this.rest.length >= 5 && this.rest.length >= 5 + this.rest.readUInt16BE(3)) {
      this.lastRecord = { type: this.rest[0] ?? 0, length: this.rest.readUInt16BE(3) };
      this.rest = this.rest.subarray(5 + this.lastRecord.length);
    }
  }
}

/** The peer's connection goes on encrypted; this end begins. */
export function startTls(peer: Peer, options: tls.ConnectionOptions): Promise<TlsEnd> {
  const tap = new RecordTap(peer.detach());
  const socket = tls.connect({ socket: tap, rejectUnauthorized: true, ...options });
  return ended(peer, tap, socket, 'secureConnect');
}

/** The peer's connection goes on encrypted; the other end begins. */
export function serveTls(peer: Peer, options: tls.TLSSocketOptions): Promise<TlsEnd> {
  const tap = new RecordTap(peer.detach());
  const socket = new tls.TLSSocket(tap, { ...options, isServer: true });
  return ended(peer, tap, socket, 'secure');
}

function ended(peer: Peer, tap: RecordTap, socket: tls.TLSSocket, done: string): Promise<TlsEnd> {
  onTestFinished(() => void socket.destroy());
  peer.goOnIn(socket);
  const keyLog: string[] = [];
  socket.on('keylog', (line: Buffer) => keyLog.push(line.toString()));
  const saidFarewell = () => {
    const { type, length } = tap.lastRecord ?? { type: 0, length: 0 };
    return type === ALERT || (type === APPLICATION_DATA && length === HIDDEN_ALERT_BYTES);
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited ${PATIENCE_MS} ms for a TLS handshake`)), PATIENCE_MS);
    socket.once('error', reject);
    socket.once('_tlsError', reject);
    socket.once('close', () => reject(new Error('closed during the handshake')));
    // What is ended within the event is ended without close_notify: TLS 1.3 still has its tickets to send.
    socket.once(done, () => {
      clearTimeout(timer);
      setImmediate(() => resolve({ socket, tap, keyLog, saidFarewell }));
    });
    socket.once('close', () => clearTimeout(timer));
  });
}
