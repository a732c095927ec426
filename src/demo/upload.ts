// The file an upload becomes while its bytes arrive: kept up to a bound, past that only counted and hashed.
// Knows neither sockets nor FTP replies.
import { createHash } from 'node:crypto';
import type { FileContent } from './file-content.js';

export interface UploadStart {
  /** What was there before and is written over from `offset` on. */
  readonly existing: Buffer;
  readonly offset: number;
  /** A result longer than this keeps its size and sha256 only. */
  readonly maxKeptBytes: number;
}

export class Upload {
  readonly #existing: Buffer;
  readonly #maxKeptBytes: number;
  readonly #hash = createHash('sha256');
  #kept: Buffer[] = [];
  #size = 0;

  constructor({ existing, offset, maxKeptBytes }: UploadStart) {
    this.#existing = existing;
    this.#maxKeptBytes = maxKeptBytes;
    this.write(existing.subarray(0, offset));
  }

  write(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#size += chunk.length;
    if (this.#size > this.#maxKeptBytes) this.#kept = [];
    else this.#kept.push(chunk);
  }

  /** The file as it is now. A restarted upload writes over the old bytes and leaves those behind it (no truncation). */
  finish(): FileContent {
    if (this.#size < this.#existing.length) this.write(this.#existing.subarray(this.#size));
    if (this.#size > this.#maxKeptBytes) return { size: this.#size, sha256: this.#hash.digest('hex') };
    return Buffer.concat(this.#kept, this.#size);
  }
}
