// The bytes of a recording, from a file or from a stream (stdin, a named pipe). Can be read again where that was asked for:
// a stream is then put aside in a temporary file that nobody else can read, and that is gone with the program.
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Packing, unpack } from '../capture/file/unpack.js';
import { OWNER_ONLY } from '../files/private-file.js';
import { systemErrorCode, systemReason } from '../protocol/system-errors.js';
import { RecordedFileError } from './recorded-file-error.js';

export const STDIN = '-';

/** Larger ones outlive the young generation of the garbage collector while they are parsed, and cost more than they save. */
const CHUNK_BYTES = 64 * 1024;
/** Of a file at a time: asking the system costs more than the bytes do. */
const READ_BYTES = 512 * 1024;

/** The process's own, or what stands for it. */
export type Stdin = AsyncIterable<Buffer> & { destroy?(): unknown };

export interface RecordedBytes {
  /** As people know it. */
  readonly name: string;
  /** Null for a stream, which has none before its end. */
  readonly size: number | null;
  /** From the first byte on. A stream that is not kept can be read once. */
  read(): AsyncGenerator<Buffer>;
  /** The first bytes, at least as many as asked for unless there are fewer. Does not take them away from `read`. */
  start(length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** @throws RecordedFileError (rejects) when there is no such file, or it cannot be read. */
export async function openRecordedBytes(path: string, rereadable: boolean, stdin: Stdin): Promise<RecordedBytes> {
  if (path === STDIN) return rereadable ? putAside('stdin', stdin) : new StreamBytes('stdin', stdin, letGo(stdin));
  const handle = await orUnreadable(path, () => open(path, 'r'));
  try {
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new RecordedFileError('unreadable', `cannot read ${path}: it is a folder`);
    if (stats.isFile()) return new FileBytes(path, handle, stats.size);
    const stream = chunksOfPipe(path, handle);
    if (!rereadable) return new StreamBytes(path, stream, () => handle.close());
    const bytes = await putAside(path, stream);
    await handle.close();
    return bytes;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Somebody may still write to it; whoever waits for that would never end. */
function letGo(stdin: Stdin): () => Promise<void> {
  return async () => void stdin.destroy?.();
}

class FileBytes implements RecordedBytes {
  constructor(
    readonly name: string,
    private readonly handle: FileHandle,
    readonly size: number | null,
  ) {}

  read(): AsyncGenerator<Buffer> {
    return chunksOfFile(this.name, this.handle);
  }

  async start(length: number): Promise<Buffer> {
    const { buffer, bytesRead } = await orUnreadable(this.name, () =>
      this.handle.read(Buffer.alloc(length), 0, length, 0),
    );
    return buffer.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

class StreamBytes implements RecordedBytes {
  readonly size = null;
  private readonly chunks: AsyncIterator<Buffer>;
  /** Has been looked at, and not been read. */
  private ahead: Buffer[] = [];

  constructor(
    readonly name: string,
    stream: AsyncIterable<Buffer>,
    readonly close: () => Promise<void>,
  ) {
    this.chunks = stream[Symbol.asyncIterator]();
  }

  async *read(): AsyncGenerator<Buffer> {
    const { ahead } = this;
    this.ahead = [];
    yield* ahead;
    yield* { [Symbol.asyncIterator]: () => this.chunks };
  }

  async start(length: number): Promise<Buffer> {
    for (;;) {
      const start = Buffer.concat(this.ahead);
      if (start.length >= length) return start;
      const next = await this.chunks.next();
      if (next.done) return start;
      this.ahead.push(next.value);
    }
  }
}

/** The temporary file has no name any more once it is open, and so goes with whoever holds it, however that ends. */
async function putAside(name: string, stream: AsyncIterable<Buffer>): Promise<RecordedBytes> {
  const path = join(tmpdir(), `ftpscope-${randomUUID()}`);
  const handle = await orUnreadable(name, () => open(path, 'wx+', OWNER_ONLY), `to put it aside in ${path}`);
  try {
    await rm(path);
    for await (const chunk of stream) {
      await orUnreadable(name, () => handle.writeFile(chunk), `to put it aside in ${tmpdir()}`);
    }
    return new FileBytes(name, handle, (await handle.stat()).size);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The next piece is read while one is worked on. */
async function* chunksOfFile(name: string, handle: FileHandle): AsyncGenerator<Buffer> {
  let at = 0;
  let coming = nextPiece(name, handle, READ_BYTES, at);
  for (;;) {
    const piece = await coming;
    if (piece.length === 0) return;
    at += piece.length;
    coming = nextPiece(name, handle, READ_BYTES, at);
    // Whoever lets go of the file in between hears of no fault any more.
    coming.catch(() => {});
    for (let from = 0; from < piece.length; from += CHUNK_BYTES) yield piece.subarray(from, from + CHUNK_BYTES);
  }
}

/** A pipe gives what is there, from wherever it stands. */
async function* chunksOfPipe(name: string, handle: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    const piece = await nextPiece(name, handle, CHUNK_BYTES, null);
    if (piece.length === 0) return;
    yield piece;
  }
}

async function nextPiece(name: string, handle: FileHandle, length: number, position: number | null): Promise<Buffer> {
  const reading = () => handle.read(Buffer.allocUnsafe(length), 0, length, position);
  const { buffer, bytesRead } = await orUnreadable(name, reading);
  return buffer.subarray(0, bytesRead);
}

async function orUnreadable<T>(name: string, act: () => Promise<T>, purpose = ''): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (systemErrorCode(error) === null) throw error;
    const what = purpose === '' ? `cannot read ${name}` : `cannot read ${name} ${purpose}`;
    throw new RecordedFileError('unreadable', `${what}: ${systemReason(error)}`);
  }
}

/** The same, counted as it is read, and unpacked for those who do not do that themselves. */
export class RecordedSource {
  constructor(
    private readonly bytes: RecordedBytes,
    private readonly packing: Packing | null,
    private readonly options: { readonly onBytes?: (bytes: number) => void },
  ) {}

  get name(): string {
    return this.bytes.name;
  }

  get size(): number | null {
    return this.bytes.size;
  }

  /** As it was before it was packed. */
  unpacked(): AsyncGenerator<Buffer> {
    return this.packing === null ? this.read() : unpack(this.read(), this.packing);
  }

  close(): Promise<void> {
    return this.bytes.close();
  }

  /** The same, and nobody counts it: for those who only look at its beginning. */
  peek(): AsyncGenerator<Buffer> {
    return this.bytes.read();
  }

  /** As it is. */
  async *read(): AsyncGenerator<Buffer> {
    for await (const chunk of this.bytes.read()) {
      this.options.onBytes?.(chunk.length);
      yield chunk;
    }
  }
}
