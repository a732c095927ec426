// Unpacks a gzipped capture as it is read. What was whole before a cut or damage comes out before the error does.
import { once } from 'node:events';
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
  const unpacking = createGunzip({ chunkSize: CHUNK_BYTES });
  const unpacked: Buffer[] = [];
  let failure: NodeJS.ErrnoException | null = null;
  unpacking.on('data', (chunk: Buffer) => unpacked.push(chunk));
  // A write that meets damage is never answered otherwise.
  let answer = () => {};
  unpacking.on('error', (error) => {
    failure = error;
    answer();
  });
  try {
    for await (const chunk of file) {
      for (let from = 0; from < chunk.length && !failure; from += STEP_BYTES) {
        await new Promise<void>((resolve) => {
          answer = resolve;
          unpacking.write(chunk.subarray(from, from + STEP_BYTES), () => resolve());
        });
        yield* unpacked.splice(0);
      }
      if (failure) break;
    }
    if (!failure) {
      unpacking.end();
      await once(unpacking, 'end').catch(() => undefined);
    }
    yield* unpacked.splice(0);
    if (failure) throw broken(failure);
  } finally {
    unpacking.destroy();
  }
}

function broken(failure: NodeJS.ErrnoException): CaptureError {
  return new CaptureError(
    failure.code === 'Z_BUF_ERROR' ? 'the gzip file is cut' : `the gzip file is damaged: ${failure.message}`,
  );
}
