// A file's bytes as lines of text, a block of them at a time, however the bytes arrive. Knows nothing of what the lines say.
import { isAscii } from 'node:buffer';

const LINE_FEED = 0x0a;

export class TranscriptLines {
  /** Of a line whose end has not come yet. */
  private pending: Buffer[] = [];
  private pendingBytes = 0;

  /** How many bytes wait for the end of their line: whoever feeds this bounds them. */
  get unfinishedBytes(): number {
    return this.pendingBytes;
  }

  /** The lines that end in this chunk, without their ends. */
  take(chunk: Buffer): readonly string[] {
    const end = chunk.lastIndexOf(LINE_FEED);
    if (end < 0) {
      this.keep(chunk);
      return [];
    }
    const whole = this.pendingAnd(chunk.subarray(0, end));
    this.keep(chunk.subarray(end + 1));
    return decoded(whole).split('\n');
  }

  /** What stands behind the last line end; empty where the file ends with one. */
  rest(): string {
    return decoded(this.pendingAnd(Buffer.alloc(0)));
  }

  private keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
  }

  private pendingAnd(bytes: Buffer): Buffer {
    if (this.pendingBytes === 0) return bytes;
    const joined = Buffer.concat([...this.pending, bytes]);
    this.pending = [];
    this.pendingBytes = 0;
    return joined;
  }
}

/** Nearly all is ASCII, and then half as big in memory. What is not UTF-8 comes out as U+FFFD. */
function decoded(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}
