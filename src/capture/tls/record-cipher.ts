// The records of one direction, from one change of keys to the next. What opens a record is its key, and a nonce made of a fixed part and the
// record's number. The number is not sent: both ends count. A record that verifies has the number that was tried, so that the count can be found
// again behind a hole in the capture.
//
//   TLS 1.3 (RFC 8446 section 5.3)   nonce = number XOR 12 fixed bytes; verified with it: the record's header.
//                                     Inside: the content, its real type, zeros.
//   TLS 1.2, ChaCha20 (RFC 7905)      the same nonce; verified: number, type, version, length of the content.
//   TLS 1.2, GCM (RFC 5288)           nonce = 4 fixed bytes and 8 that stand in front of the record; verified as above.
import { createDecipheriv, createHmac, type DecipherGCM } from 'node:crypto';
import type { CipherSuite } from './cipher-suites.js';

export const TLS_HEADER_BYTES = 5;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
/** In front of each record of TLS 1.2 with GCM. */
const EXPLICIT_NONCE_BYTES = 8;
const SALT_BYTES = 4;

export interface Opened {
  readonly type: number;
  readonly content: Buffer;
}

/** What is encrypted with, and how its nonces are made. */
interface RecordKeys {
  readonly suite: CipherSuite;
  readonly key: Buffer;
  readonly fixed: Buffer;
  /** Null up to TLS 1.2. */
  readonly secret: Buffer | null;
}

export class RecordCipher {
  /** Of the next record. */
  number = 0;

  private constructor(private readonly keys: RecordKeys) {}

  /** Of TLS 1.3, from a traffic secret (RFC 8446 section 7.3). */
  static ofSecret(suite: CipherSuite, secret: Buffer): RecordCipher {
    const key = expandLabel(suite, secret, 'key', suite.keyBytes);
    return new RecordCipher({ suite, key, fixed: expandLabel(suite, secret, 'iv', NONCE_BYTES), secret });
  }

  /** Of TLS 1.2, both directions, from the master secret (RFC 5246 section 6.3). AEAD suites have no MAC keys. */
  static ofMaster(
    suite: CipherSuite,
    master: Buffer,
    randoms: { readonly client: Buffer; readonly server: Buffer },
  ): Record<'client' | 'server', RecordCipher> {
    const { keyBytes, hash } = suite;
    const fixedBytes = suite.algorithm === 'chacha20-poly1305' ? NONCE_BYTES : SALT_BYTES;
    const seed = Buffer.concat([Buffer.from('key expansion'), randoms.server, randoms.client]);
    const block = pseudoRandom(hash, master, seed, 2 * (keyBytes + fixedBytes));
    const part = (from: number, length: number) => block.subarray(from, from + length);
    const of = (index: number) =>
      new RecordCipher({
        suite,
        key: part(index * keyBytes, keyBytes),
        fixed: part(2 * keyBytes + index * fixedBytes, fixedBytes),
        secret: null,
      });
    return { client: of(0), server: of(1) };
  }

  /** The one behind a key update (RFC 8446 section 7.2). */
  get updated(): RecordCipher | null {
    const { suite, secret } = this.keys;
    if (secret === null) return null;
    return RecordCipher.ofSecret(suite, expandLabel(suite, secret, 'traffic upd', secret.length));
  }

  /** How much of a record's length is not content. */
  get overheadBytes(): number {
    const { secret, fixed } = this.keys;
    return TAG_BYTES + (secret !== null ? 1 : fixed.length === SALT_BYTES ? EXPLICIT_NONCE_BYTES : 0);
  }

  /** Opens the next record; null when it is not that one. */
  open(record: Buffer): Opened | null {
    const opened = this.openAs(record, this.number);
    if (opened !== null) this.number += 1;
    return opened;
  }

  /** Whether the record is the next, or one of `ahead` behind it; goes on to it then. */
  goesOnWith(record: Buffer, ahead: number): boolean {
    for (let number = this.number; number <= this.number + ahead; number += 1) {
      if (this.openAs(record, number) === null) continue;
      this.number = number;
      return true;
    }
    return false;
  }

  private openAs(record: Buffer, number: number): Opened | null {
    const { suite, key, fixed, secret } = this.keys;
    const start = TLS_HEADER_BYTES + (fixed.length === SALT_BYTES ? EXPLICIT_NONCE_BYTES : 0);
    const end = record.length - TAG_BYTES;
    if (end < start) return null;
    const counted = Buffer.alloc(8);
    counted.writeBigUInt64BE(BigInt(number));
    const nonce =
      fixed.length === SALT_BYTES
        ? Buffer.concat([fixed, record.subarray(TLS_HEADER_BYTES, start)])
        : xored(fixed, counted);
    const header = Buffer.from(record.subarray(0, TLS_HEADER_BYTES));
    if (secret === null) header.writeUInt16BE(end - start, 3);
    const decipher = decipherOf(suite, key, nonce);
    decipher.setAAD(secret === null ? Buffer.concat([counted, header]) : header);
    decipher.setAuthTag(record.subarray(end));
    const content = decipher.update(record.subarray(start, end));
    try {
      decipher.final();
    } catch {
      return null;
    }
    return secret === null ? { type: record.readUInt8(0), content } : innerOf(content);
  }
}

function decipherOf({ algorithm }: CipherSuite, key: Buffer, nonce: Buffer): DecipherGCM {
  const options = { authTagLength: TAG_BYTES };
  if (algorithm === 'chacha20-poly1305') return createDecipheriv(algorithm, key, nonce, options);
  return createDecipheriv(algorithm, key, nonce, options);
}

/** The content's type is its last byte that is not zero. */
function innerOf(inner: Buffer): Opened | null {
  let end = inner.length;
  while (end > 0 && inner[end - 1] === 0) end -= 1;
  return end === 0 ? null : { type: inner.readUInt8(end - 1), content: inner.subarray(0, end - 1) };
}

function xored(fixed: Buffer, counted: Buffer): Buffer {
  const nonce = Buffer.from(fixed);
  for (const [index, byte] of counted.entries()) {
    const at = NONCE_BYTES - counted.length + index;
    nonce[at] = (nonce[at] ?? 0) ^ byte;
  }
  return nonce;
}

/** HKDF-Expand-Label (RFC 8446 section 7.1) without a context, for no more than one block of the hash. */
function expandLabel({ hash }: CipherSuite, secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.from([length >> 8, length & 0xff, name.length, ...name, 0, 1]);
  return createHmac(hash, secret).update(info).digest().subarray(0, length);
}

/** The PRF of TLS 1.2 (RFC 5246 section 5). */
function pseudoRandom(hash: CipherSuite['hash'], secret: Buffer, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  let a: Buffer = seed;
  for (let filled = 0; filled < length; ) {
    a = createHmac(hash, secret).update(a).digest();
    const block = createHmac(hash, secret).update(a).update(seed).digest();
    blocks.push(block);
    filled += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}
