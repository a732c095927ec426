// A control connection as TLS is spoken over it, with a look at what comes in: a peer that writes plain text in the middle of TLS (vsftpd's
// last words, 500 OOPS) makes OpenSSL fail with a mere code, and what it said would be lost. Not for data: Node moves every byte
// through JavaScript then.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { asksForCertificate } from './certificate-request.js';
import { RecordFraming } from './record-framing.js';

/** Of what comes in before the handshake is done. */
const MAX_OPENING_BYTES = 64 * 1024;

export class TappedStream extends Duplex {
  private readonly framing = new RecordFraming();
  /** What came in so far; null once nobody asks for it any more. */
  private opening: Buffer | null = Buffer.alloc(0);

  constructor(private readonly plain: Socket) {
    super({ allowHalfOpen: true });
    plain.on('data', (chunk: Buffer) => {
      this.framing.take(chunk);
      if (this.opening !== null && this.opening.length < MAX_OPENING_BYTES) {
        this.opening = Buffer.concat([this.opening, chunk]);
      }
      if (!this.push(chunk)) plain.pause();
    });
    plain.on('end', () => this.push(null));
    plain.on('error', (error) => this.destroy(error));
    plain.on('close', () => this.destroy());
    plain.pause();
  }

  /** What came that is no TLS record, as text; null when all was. */
  get plainText(): string | null {
    return this.framing.plainText;
  }

  /** The handshake is over. Whether the server asked for a certificate in it, as far as that could be seen. */
  endOpening(): boolean {
    const asks = this.opening !== null && asksForCertificate(this.opening);
    this.opening = null;
    return asks;
  }

  override _read(): void {
    this.plain.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.plain.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.plain.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.plain.destroy();
    done(error);
  }
}
