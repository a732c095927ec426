// One transfer of the sample server, from an open data port to its outcome: bytes out with backpressure, or bytes in.
// Part of the demo's strangers: imports nothing from the proxy, and knows neither verbs nor the control connection.
import type { Socket } from 'node:net';
import type { DataOpening, DataPort } from './server-data.js';

export type TransferOutcome =
  | { readonly kind: 'complete' | 'aborted' | 'broken' }
  | { readonly kind: 'no-connection'; readonly reason: string };

export interface TransferDescription {
  readonly verb: string;
  readonly path: string;
  /** Known for downloads only. */
  readonly totalBytes: number | null;
}

/** Moves the bytes; `true` when all of them went and the connection ended as agreed (its end is the file's end). */
export type Move = (socket: Socket, onBytes: (count: number) => void) => Promise<boolean>;

export class Transfer {
  readonly description: TransferDescription;
  readonly #port: DataPort;
  #bytes = 0;
  #aborted = false;
  #socket: Socket | null = null;

  constructor(description: TransferDescription, port: DataPort) {
    this.description = description;
    this.#port = port;
  }

  get bytes(): number {
    return this.#bytes;
  }

  abort(): void {
    this.#aborted = true;
    this.#port.close();
    this.#socket?.destroy();
  }

  async run(move: Move, stallTimeoutMs: number): Promise<TransferOutcome> {
    const opening: DataOpening = await this.#port.open();
    this.#port.close();
    if ('failure' in opening) {
      return this.#aborted ? { kind: 'aborted' } : { kind: 'no-connection', reason: opening.failure };
    }
    const socket = opening.socket;
    this.#socket = socket;
    if (this.#aborted) socket.destroy();
    socket.setTimeout(stallTimeoutMs, () => socket.destroy());
    try {
      const complete = await move(socket, (count) => {
        this.#bytes += count;
      });
      if (this.#aborted) return { kind: 'aborted' };
      return { kind: complete ? 'complete' : 'broken' };
    } finally {
      // After a finished end() the kernel still delivers what it holds; anything else is over anyway.
      socket.destroy();
    }
  }
}

/** Each chunk is asked for only after the kernel took the one before: a slow reader makes nothing pile up here. */
export function sending(chunks: Iterable<Buffer>): Move {
  return async (socket, onBytes) => {
    // Whatever the reader sends is thrown away, so that its reset is noticed and close() does not turn into one.
    socket.resume();
    for (const chunk of chunks) {
      if (!(await written(socket, chunk))) return false;
      onBytes(chunk.length);
    }
    return await ended(socket);
  };
}

export function receiving(sink: (chunk: Buffer) => void): Move {
  return (socket, onBytes) =>
    new Promise((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        sink(chunk);
        onBytes(chunk.length);
      });
      socket.once('end', () => void ended(socket).then(() => resolve(true)));
      socket.once('close', () => resolve(false));
      if (socket.destroyed) resolve(false);
      socket.resume();
    });
}

function written(socket: Socket, chunk: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    // Node calls back without an error for a write that was under way when the socket was destroyed.
    socket.write(chunk, (error) => resolve(!error && !socket.destroyed));
  });
}

function ended(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve(false);
    socket.once('close', () => resolve(false));
    socket.end(() => resolve(!socket.destroyed));
  });
}
