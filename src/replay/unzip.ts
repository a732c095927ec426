// What gzip packed, unpacked on the way. A file that was cut gives all that was whole before it gives its error.
import { once } from 'node:events';
import { pipeline } from 'node:stream';
import { constants, createGunzip, type Gunzip, gunzipSync } from 'node:zlib';

const MAGIC = Buffer.from([0x1f, 0x8b]);

export function isGzip(start: Buffer): boolean {
  return start.subarray(0, MAGIC.length).equals(MAGIC);
}

/** The first bytes of what was packed, from the first ones of a file; empty when they cannot be unpacked. */
export function unzippedStart(start: Buffer): Buffer {
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}

/** Throws zlib's error when the data is damaged or ends too early. */
export async function* unzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const reader = new Reader(gunzip);
  // The error itself comes out of the loop.
  pipeline(endingBehindReader(chunks, gunzip, reader), gunzip, () => {});
  try {
    for await (const chunk of gunzip) {
      yield chunk;
      reader.hasTakenOne();
    }
  } finally {
    reader.hasTakenOne();
  }
}

/** Whoever reads the unpacked bytes. */
class Reader {
  private wake: () => void = () => {};

  constructor(private readonly gunzip: Gunzip) {}

  hasTakenOne(): void {
    this.wake();
  }

  async hasTakenAll(): Promise<void> {
    while (this.gunzip.readableLength > 0 && !this.gunzip.destroyed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

/** A premature end is an error, and a stream that has one drops what it has unpacked and nobody has read yet. */
async function* endingBehindReader(chunks: AsyncIterable<Buffer>, gunzip: Gunzip, reader: Reader) {
  yield* chunks;
  if (gunzip.writableNeedDrain) await once(gunzip, 'drain');
  await new Promise<void>((resolve) => gunzip.flush(() => resolve()));
  await reader.hasTakenAll();
}
