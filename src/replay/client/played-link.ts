// A data port of a replaying client with what it carries: connected when a transfer is asked for, good for the next transfer when the
// server turns that one down. Sums what passes, and makes no decision on what is transferred.
import { createHash } from 'node:crypto';
import type { LegMode } from '../../dialogue/observation.js';
import { ClientDataPort } from '../../ends/client-data-port.js';
import type { DataConnection, TakeChunk } from '../../ends/data-connection.js';
import type { SessionTls } from '../../ends/tls/session-tls.js';
import { MAX_LISTING_BYTES } from './listings.js';

/** What came over a data connection. */
export interface Received {
  readonly bytes: number;
  /** Null when not all of it is known. */
  readonly sha256: string | null;
  /** One character a byte; null when it was not asked for, or is too long. */
  readonly text: string | null;
}

export class PlayedLink {
  readonly port: ClientDataPort;
  private secured = false;
  bytes = 0;

  constructor(
    readonly mode: LegMode,
    patienceMs: number,
  ) {
    this.port = new ClientDataPort({ connectMs: patienceMs, stallMs: patienceMs });
  }

  /** It has begun to encrypt, or to carry: good for no other transfer. */
  get spent(): boolean {
    return this.port.isClosed || this.secured || this.bytes > 0;
  }

  /** Rejects with an Error whose message is a reason. */
  async connect(encrypt: SessionTls | null): Promise<DataConnection> {
    const connection = await this.port.connection();
    if (encrypt === null || this.secured) return connection;
    this.secured = true;
    await connection.secure(encrypt.encryptionFor('server', null, { isData: true }));
    return connection;
  }

  /** Reads to the end, and shows every chunk to `look`, which may hold up the reading. */
  async receive(connection: DataConnection, keepText: boolean, look: TakeChunk): Promise<Received> {
    const hash = createHash('sha256');
    const kept: Buffer[] = [];
    await connection.receive((chunk) => {
      this.bytes += chunk.length;
      hash.update(chunk);
      if (keepText && this.bytes <= MAX_LISTING_BYTES) kept.push(Buffer.from(chunk));
      return look(chunk);
    });
    const isWhole = keepText && this.bytes <= MAX_LISTING_BYTES;
    const text = isWhole ? Buffer.concat(kept).toString('latin1') : null;
    return { bytes: this.bytes, sha256: hash.digest('hex'), text };
  }

  /** Writes all of it, and the end where that was it. */
  async send(
    connection: DataConnection,
    chunks: AsyncIterable<Buffer>,
    isWhole: boolean,
    moved: () => void,
  ): Promise<Received> {
    const hash = createHash('sha256');
    const taken = (chunk: Buffer) => {
      this.bytes += chunk.length;
      hash.update(chunk);
      moved();
    };
    await (isWhole ? connection.send(chunks, taken) : connection.write(chunks, taken));
    return { bytes: this.bytes, sha256: hash.digest('hex'), text: null };
  }
}
