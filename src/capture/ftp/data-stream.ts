// One direction of a data connection: how much went by, its sha256, what the capture lost of it. Keeps no bytes.
import { createHash, type Hash } from 'node:crypto';
import { otherProtocol } from '../../protocol/other-protocols.js';

const NOTHING_SUMMED = createHash('sha256').digest('hex');

export class PayloadStream {
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
    if (this.lostBytes > 0 || this.sum !== null) return;
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

  /** Of all its bytes, in lower-case hexadecimal; null where some are missing. Once asked for, it is final. */
  get sha256(): string | null {
    if (this.lostBytes > 0) return null;
    if (this.bytes === 0) return NOTHING_SUMMED;
    this.sum ??= this.hash?.digest('hex') ?? null;
    this.hash = null;
    return this.sum;
  }
}
