// Unpacks a recording that is packed with gzip or zstd as it is read. What was whole before a cut or damage comes out before the error does.
import * as zlib from 'node:zlib';
import { CaptureError } from '../capture-error.js';

/** A thousand times as much may come out of it, and waits in memory. */
const STEP_BYTES = 16 * 1024;
const CHUNK_BYTES = 256 * 1024;

export type Packing = 'gzip' | 'zstd';

/** So many bytes tell. */
export const PACKING_BYTES = 4;
const GZIP_MAGIC = 0x1f8b;
const ZSTD_MAGIC = 0x28b52ffd;

/** How a file that begins so is packed; null when it is not. */
export function packingOf(head: Buffer): Packing | null {
  if (head.length >= 2 && head.readUInt16BE(0) === GZIP_MAGIC) return 'gzip';
  return head.length >= PACKING_BYTES && head.readUInt32BE(0) === ZSTD_MAGIC ? 'zstd' : null;
}

/** Throws CaptureError where the packed data breaks off or is damaged. */
export async function* unpack(file: AsyncIterable<Buffer>, packing: Packing): AsyncGenerator<Buffer> {
  const unpacking = new Unpacking(packing);
  try {
    for await (const chunk of file) {
      for (let from = 0; from < chunk.length; from += STEP_BYTES) {
        yield* await unpacking.push(chunk.subarray(from, from + STEP_BYTES));
        unpacking.throwFailure();
      }
    }
    yield* await unpacking.end();
    unpacking.throwFailure();
  } finally {
    unpacking.destroy();
  }
}

/** Node's stream, step by step: after an error it would drop what it had unpacked, and leave whoever waits for a write. */
class Unpacking {
  private readonly stream: zlib.Gunzip;
  private unpacked: Buffer[] = [];
  private failure: NodeJS.ErrnoException | null = null;
  private isOver = false;
  private finishStep: () => void = () => {};

  constructor(private readonly packing: Packing) {
    this.stream = packing === 'gzip' ? zlib.createGunzip({ chunkSize: CHUNK_BYTES }) : zstdStream();
    this.stream.on('data', (chunk: Buffer) => this.unpacked.push(chunk));
    this.stream.on('end', () => {
      this.isOver = true;
      this.finishStep();
    });
    this.stream.on('error', (error) => {
      this.failure = error;
      this.finishStep();
    });
  }

  push(packed: Buffer): Promise<Buffer[]> {
    return this.step(() => this.stream.write(packed, () => this.finishStep()));
  }

  end(): Promise<Buffer[]> {
    return this.step(() => this.stream.end());
  }

  throwFailure(): void {
    const { failure } = this;
    if (!failure) return;
    const cut = failure.code === 'Z_BUF_ERROR' || failure.code === 'ERR_STREAM_PREMATURE_CLOSE';
    const { packing } = this;
    throw new CaptureError(cut ? `the ${packing} file is cut` : `the ${packing} file is damaged: ${failure.message}`);
  }

  destroy(): void {
    this.stream.destroy();
  }

  /** Behind the end zeros may follow, which fill a block up: they are taken by nobody, and no step with them would ever finish. */
  private async step(start: () => void): Promise<Buffer[]> {
    if (this.isOver) return [];
    await new Promise<void>((resolve) => {
      this.finishStep = resolve;
      start();
    });
    return this.unpacked.splice(0);
  }
}

/** Node.js has it since 22.15, and its types in this project are older. */
function zstdStream(): zlib.Gunzip {
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
  if (typeof create !== 'function') {
    throw new CaptureError('the file is compressed with zstd, which Node.js reads from 22.15 on (or unpack it first)');
  }
  return create({ chunkSize: CHUNK_BYTES });
}
