// One direction of a TLS connection as records, across what the capture lost. Behind a hole that holds the header of a record, the next record is
// found by its looks, and shown by whether it verifies.
import { TLS_HEADER_BYTES } from './record-cipher.js';

export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;

/** RFC 8446 section 5.2; RFC 5246 section 6.2.3 allows more. */
const MAX_FRAGMENT_BYTES = 16 * 1024 + 2048;
const NOTHING = Buffer.alloc(0);

export type RecordEvent =
  | { readonly kind: 'record'; readonly record: Buffer }
  /** The record's content is missing; the records behind it are not. */
  | { readonly kind: 'lost-record'; readonly fragmentBytes: number }
  /** What should be a record is none. */
  | { readonly kind: 'broken'; readonly rest: Buffer };

export class RecordStream {
  private rest: Buffer = NOTHING;
  /** Of a record of which a part was lost, so much is still to come. */
  private skipping = 0;
  /** Bytes that were lost, and it is not known where the next record begins. */
  searching = 0;

  /** `isRecord` is asked for what looks like one behind a hole. */
  *take(bytes: Buffer, isRecord: (record: Buffer) => boolean): Generator<RecordEvent> {
    const skipped = Math.min(this.skipping, bytes.length);
    this.skipping -= skipped;
    this.rest = Buffer.concat([this.rest, bytes.subarray(skipped)]);
    if (this.searching > 0 && !this.find(isRecord)) return;
    while (this.rest.length >= TLS_HEADER_BYTES) {
      if (!looksLikeRecord(this.rest, 0)) {
        const { rest } = this;
        this.rest = NOTHING;
        yield { kind: 'broken', rest };
        return;
      }
      const end = TLS_HEADER_BYTES + this.rest.readUInt16BE(3);
      if (this.rest.length < end) return;
      const record = this.rest.subarray(0, end);
      this.rest = this.rest.subarray(end);
      yield { kind: 'record', record };
    }
  }

  /** So many bytes are not in the capture. */
  *lose(bytes: number): Generator<RecordEvent> {
    let missing = bytes;
    if (this.skipping > 0) {
      const skipped = Math.min(missing, this.skipping);
      this.skipping -= skipped;
      missing -= skipped;
    } else if (this.searching === 0 && this.rest.length >= TLS_HEADER_BYTES) {
      const fragmentBytes = this.rest.readUInt16BE(3);
      const wanted = TLS_HEADER_BYTES + fragmentBytes - this.rest.length;
      this.skipping = Math.max(0, wanted - missing);
      missing = Math.max(0, missing - wanted);
      this.rest = NOTHING;
      yield { kind: 'lost-record', fragmentBytes };
    }
    if (missing === 0) return;
    this.searching += missing + this.rest.length;
    this.rest = NOTHING;
  }

  /** Goes on to the first whole record in what came since the hole. */
  private find(isRecord: (record: Buffer) => boolean): boolean {
    for (let at = 0; at + TLS_HEADER_BYTES <= this.rest.length; at += 1) {
      if (!looksLikeRecord(this.rest, at)) continue;
      const end = at + TLS_HEADER_BYTES + this.rest.readUInt16BE(at + 3);
      if (this.rest.length < end) {
        this.drop(at);
        return false;
      }
      if (!isRecord(this.rest.subarray(at, end))) continue;
      this.drop(at);
      return true;
    }
    this.drop(Math.max(0, this.rest.length - TLS_HEADER_BYTES + 1));
    return false;
  }

  private drop(bytes: number): void {
    this.searching += bytes;
    this.rest = this.rest.subarray(bytes);
  }
}

/** Type, version 3.x, and a length that may be. */
export function looksLikeRecord(bytes: Buffer, at: number): boolean {
  const type = bytes[at] ?? 0;
  if (type < CHANGE_CIPHER_SPEC || type > APPLICATION_DATA || at + TLS_HEADER_BYTES > bytes.length) return false;
  return bytes[at + 1] === 3 && (bytes[at + 2] ?? 0xff) <= 4 && bytes.readUInt16BE(at + 3) <= MAX_FRAGMENT_BYTES;
}
