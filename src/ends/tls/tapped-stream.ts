// A control connection as TLS is spoken over it, with a look at what comes in: a peer that writes plain text in the middle of TLS (vsftpd's
// last words, 500 OOPS) makes OpenSSL fail with a mere code, and what it said would be lost. Not for data: Node moves every byte
// through JavaScript then.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { RecordFraming } from './record-framing.js';

export class TappedStream extends Duplex {
  private readonly framing = new RecordFraming();

  constructor(private readonly plain: Socket) {
    super({ allowHalfOpen: true });
    plain.on('data', (chunk: Buffer) => {
      this.framing.take(chunk);
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
