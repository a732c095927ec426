// Unpacks a gzipped capture as it is read. What was whole before a cut or damage comes out before the error does.
import { createGunzip } from 'node:zlib';
import { CaptureError } from '../capture-error.js';

/** A thousand times as much may come out of it, and waits in memory. */
const STEP_BYTES = 16 * 1024;
const CHUNK_BYTES = 256 * 1024;

export function isGzip(head: Buffer): boolean {
  return head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;
}

/** Throws CaptureError where the gzip data breaks off or is damaged. */
export async function* gunzip(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const unpacking = new Unpacking();
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
  private readonly stream = createGunzip({ chunkSize: CHUNK_BYTES });
  private unpacked: Buffer[] = [];
  private failure: NodeJS.ErrnoException | null = null;
  private isOver = false;
  private finishStep: () => void = () => {};

  constructor() {
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
    const cut = failure.code === 'Z_BUF_ERROR';
    throw new CaptureError(cut ? 'the gzip file is cut' : `the gzip file is damaged: ${failure.message}`);
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
