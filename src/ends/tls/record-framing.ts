// The records of a TLS connection, as far as it takes to see where they end and something else begins.

/** Type, version, length (RFC 8446 section 5.1). */
const HEADER_BYTES = 5;
/** From change_cipher_spec to heartbeat. */
const TYPES = { least: 20, most: 24 };
const MAJOR_VERSION = 3;
/** So much is kept of what is no record. */
const MAX_KEPT_BYTES = 512;

export class RecordFraming {
  private header = Buffer.alloc(0);
  /** Of the record that is coming in. */
  private bytesLeft = 0;
  private strange: Buffer | null = null;

  /** What is no record, as text, one character a byte; null while all is well. */
  get plainText(): string | null {
    return this.strange?.toString('latin1') ?? null;
  }

  take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && this.strange === null) {
      const inRecord = Math.min(this.bytesLeft, rest.length);
      this.bytesLeft -= inRecord;
      rest = this.takeHeader(rest.subarray(inRecord));
    }
    if (this.strange !== null) this.strange = Buffer.concat([this.strange, rest]).subarray(0, MAX_KEPT_BYTES);
  }

  private takeHeader(bytes: Buffer): Buffer {
    if (bytes.length === 0) return bytes;
    const missing = HEADER_BYTES - this.header.length;
    this.header = Buffer.concat([this.header, bytes.subarray(0, missing)]);
    if (!isHeader(this.header)) {
      this.strange = this.header;
    } else if (this.header.length === HEADER_BYTES) {
      this.bytesLeft = this.header.readUInt16BE(3);
      this.header = Buffer.alloc(0);
    }
    return bytes.subarray(missing);
  }
}

/** As far as it is there. */
function isHeader([type = TYPES.least, major = MAJOR_VERSION]: Buffer): boolean {
  return type >= TYPES.least && type <= TYPES.most && major === MAJOR_VERSION;
}
