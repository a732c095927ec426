// One direction of a data connection: how much went by, its sha256, what the capture lost of it. Keeps no bytes.
import { createHash, type Hash } from 'node:crypto';
import { otherProtocol } from '../../protocol/other-protocols.js';

export class DataStream {
  /** Bytes that the capture holds. */
  bytes = 0;
  /** Bytes that it lacks. */
  lostBytes = 0;
  /** When the first and the last byte, or the end, were captured. */
  firstAt: number | null = null;
  lastAt: number | null = null;
  /** Whether its sender ended it. */
  ended = false;
  encrypted = false;
  private hash: Hash | null = null;
  private sum: string | null = null;

  take(bytes: Buffer, at: number): void {
    if (this.bytes === 0) this.encrypted = this.lostBytes === 0 && otherProtocol(bytes.subarray(0, 2)) === 'TLS';
    this.firstAt ??= at;
    this.lastAt = at;
    this.bytes += bytes.length;
    if (this.lostBytes > 0) return;
    this.hash ??= createHash('sha256');
    this.hash.update(bytes);
  }

  lose(bytes: number): void {
    this.lostBytes += bytes;
    this.hash = null;
  }

  end(at: number): void {
    this.ended = true;
    this.lastAt = at;
  }

  /** Of all its bytes, in lower-case hexadecimal; null where some are missing. */
  get sha256(): string | null {
    if (this.lostBytes > 0) return null;
    if (this.sum === null || this.hash !== null) this.sum = (this.hash ?? createHash('sha256')).copy().digest('hex');
    return this.sum;
  }
}
