// The data port of a replaying client: announced to the server or by it, connected when a transfer is asked for, good for the next
// transfer when the server turns that one down. Makes no decision on what is transferred.
import { createHash } from 'node:crypto';
import type { LegMode } from '../../dialogue/observation.js';
import { type AwaitedData, DataConnection, type TakeChunk } from '../../ends/data-connection.js';
import type { SessionTls } from '../../ends/tls/session-tls.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import { MAX_LISTING_BYTES } from '../listings.js';

/** What came over a data connection. */
export interface Received {
  readonly bytes: number;
  /** Null when not all of it is known. */
  readonly sha256: string | null;
  /** One character a byte; null when it was not asked for, or is too long. */
  readonly text: string | null;
}

export class DataLink {
  private connecting: Promise<DataConnection> | null = null;
  private awaited: AwaitedData | null = null;
  private connection: DataConnection | null = null;
  private tellTarget: (target: Endpoint | null) => void = () => {};
  private readonly target = new Promise<Endpoint | null>((resolve) => {
    this.tellTarget = resolve;
  });
  private closed = false;
  private secured = false;
  bytes = 0;

  constructor(
    readonly mode: LegMode,
    private readonly timeoutMs: number,
  ) {}

  /** It has begun to encrypt, or to carry: good for no other transfer. */
  get spent(): boolean {
    return this.closed || this.secured || this.bytes > 0;
  }

  /** Opens a port of our own for the server. Rejects with an Error whose message is a reason. */
  async listen(local: Endpoint, server: Endpoint): Promise<Endpoint> {
    this.awaited = await DataConnection.listen(local.address, server.address, this.timeoutMs);
    return { address: local.address, port: this.awaited.port };
  }

  /** What the server's reply announced; null when it announced nothing. */
  announced(target: Endpoint | null): void {
    this.tellTarget(target);
  }

  /** Rejects with an Error whose message is a reason. */
  async connect(encrypt: SessionTls | null): Promise<DataConnection> {
    this.connecting ??= this.reach();
    const connection = await this.connecting;
    if (encrypt === null || this.secured) return connection;
    this.secured = true;
    await connection.secure(encrypt.encryptionFor('server', null));
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

  /** Writes all of it, and the end. */
  async send(connection: DataConnection, chunks: AsyncIterable<Buffer>, moved: () => void): Promise<Received> {
    const hash = createHash('sha256');
    const count = (chunk: Buffer) => {
      this.bytes += chunk.length;
      hash.update(chunk);
      moved();
    };
    await connection.send(counted(chunks, count));
    return { bytes: this.bytes, sha256: hash.digest('hex'), text: null };
  }

  close(): void {
    this.closed = true;
    this.announced(null);
    this.awaited?.close();
    this.connection?.close();
  }

  /** Whatever is under way over it has failed. */
  reset(): void {
    this.closed = true;
    this.announced(null);
    this.awaited?.close();
    this.connection?.reset();
  }

  private async reach(): Promise<DataConnection> {
    const connection = await this.arrival();
    if (this.closed) connection.reset();
    this.connection = connection;
    return connection;
  }

  private async arrival(): Promise<DataConnection> {
    if (this.awaited !== null) return this.awaited.connected;
    const target = await this.target;
    if (target === null) throw new Error('the server announced no data port');
    return DataConnection.dial(target, this.timeoutMs);
  }
}

async function* counted(chunks: AsyncIterable<Buffer>, count: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    count(chunk);
    yield chunk;
  }
}
