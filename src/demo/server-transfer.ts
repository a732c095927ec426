// One transfer of the sample server, from a data port that is set to its outcome. Knows no verbs.
import { BrokenConnection, type DataConnection } from '../ends/data-connection.js';
import type { ServerDataPort } from '../ends/server-data-port.js';

export type TransferOutcome =
  | { readonly kind: 'complete' | 'aborted' | 'broken' }
  | { readonly kind: 'no-connection'; readonly reason: string };

export interface TransferDescription {
  readonly verb: string;
  readonly path: string;
  /** Known for downloads only. */
  readonly totalBytes: number | null;
}

/** Moves all of the bytes, and the end, which is the file's end. */
export type Move = (connection: DataConnection, onBytes: (count: number) => void) => Promise<void>;

export class RunningTransfer {
  readonly description: TransferDescription;
  readonly #port: ServerDataPort;
  #bytes = 0;
  #aborted = false;
  #connection: DataConnection | null = null;

  constructor(description: TransferDescription, port: ServerDataPort) {
    this.description = description;
    this.#port = port;
  }

  get bytes(): number {
    return this.#bytes;
  }

  abort(): void {
    this.#aborted = true;
    this.#port.close();
    this.#connection?.reset();
  }

  /** Rejects with what makes the bytes, when that fails. */
  async run(move: Move): Promise<TransferOutcome> {
    try {
      this.#connection = await this.#port.connection();
    } catch (error) {
      if (this.#aborted) return { kind: 'aborted' };
      return { kind: 'no-connection', reason: error instanceof Error ? error.message : String(error) };
    }
    const connection = this.#connection;
    if (this.#aborted) connection.reset();
    try {
      await move(connection, (count) => {
        this.#bytes += count;
      });
      connection.close();
      return { kind: this.#aborted ? 'aborted' : 'complete' };
    } catch (error) {
      connection.reset();
      if (this.#aborted) return { kind: 'aborted' };
      if (error instanceof BrokenConnection) return { kind: 'broken' };
      throw error;
    }
  }
}

export function sending(chunks: Iterable<Buffer>): Move {
  return (connection, onBytes) => connection.send(chunks, (chunk) => onBytes(chunk.length));
}

export function receiving(sink: (chunk: Buffer) => void): Move {
  return (connection, onBytes) =>
    connection.receive((chunk) => {
      // The chunk's memory is used again.
      sink(Buffer.from(chunk));
      onBytes(chunk.length);
    });
}
