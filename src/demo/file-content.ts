// What a file of the sample server holds: bytes, bytes made on demand, or (big uploads) only their count and checksum; and what it
// becomes while an upload arrives.
// Knows neither sockets nor FTP.
import { createHash } from 'node:crypto';

/** Bytes made when they are asked for, so that a test can serve 1 GiB without holding it. */
export interface GeneratedContent {
  readonly size: number;
  /** Fills all of `target` with the file's bytes from `offset` on. */
  readonly fill: (target: Buffer, offset: number) => void;
}

/** An upload too big to keep: it can be listed and checked, not downloaded. */
interface DigestContent {
  readonly size: number;
  readonly sha256: string;
}

export type ReadableContent = Buffer | GeneratedContent;
export type FileContent = ReadableContent | DigestContent;

/** One write's worth: large enough to be fast, small enough that a slow reader costs nothing. */
export const chunkBytes = 256 * 1024;

export function contentSize(content: FileContent): number {
  return Buffer.isBuffer(content) ? content.length : content.size;
}

export function isReadable(content: FileContent): content is ReadableContent {
  return Buffer.isBuffer(content) || 'fill' in content;
}

/** The bytes from `offset` to the end. A generated chunk is overwritten by the next one: use it before asking for more. */
export function* contentChunks(content: ReadableContent, offset = 0): Generator<Buffer, void, undefined> {
  const size = contentSize(content);
  const scratch = Buffer.isBuffer(content)
    ? null
    : Buffer.allocUnsafe(Math.max(0, Math.min(chunkBytes, size - offset)));
  for (let at = offset; at < size; at += chunkBytes) {
    const length = Math.min(chunkBytes, size - at);
    if (Buffer.isBuffer(content)) {
      yield content.subarray(at, at + length);
    } else if (scratch !== null) {
      const chunk = scratch.subarray(0, length);
      content.fill(chunk, at);
      yield chunk;
    }
  }
}

/** All of the file at once: for small files. */
export function contentBytes(content: ReadableContent): Buffer {
  if (Buffer.isBuffer(content)) return content;
  const bytes = Buffer.allocUnsafe(content.size);
  content.fill(bytes, 0);
  return bytes;
}

export function contentSha256(content: FileContent): string {
  if (!isReadable(content)) return content.sha256;
  const hash = createHash('sha256');
  for (const chunk of contentChunks(content)) hash.update(chunk);
  return hash.digest('hex');
}

// A prime, so that no power-of-two chunk boundary ever falls on the same byte of the pattern twice in a row.
const patternBytes = 65_521;
const pattern = Buffer.from(
  Array.from({ length: patternBytes }, (_, index) => (index * 167 + (index >> 8) * 13) & 0xff),
);

/** Content in which every block starts with its own number: a lost, doubled or swapped piece changes the checksum. */
export function patternContent(size: number): GeneratedContent {
  return { size, fill: fillPattern };
}

function fillPattern(target: Buffer, offset: number): void {
  const label = Buffer.alloc(8);
  let written = 0;
  while (written < target.length) {
    const block = Math.floor((offset + written) / patternBytes);
    const from = (offset + written) % patternBytes;
    label.writeBigUInt64BE(BigInt(block));
    const copied = pattern.copy(target, written, from);
    if (from < label.length) label.copy(target, written, from);
    written += copied;
  }
}

export interface UploadStart {
  /** What was there before and is written over from `offset` on. */
  readonly existing: Buffer;
  readonly offset: number;
  /** A result longer than this keeps its size and sha256 only. */
  readonly maxKeptBytes: number;
}

/** Kept up to a bound, past that only counted and hashed. */
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
