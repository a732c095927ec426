// A data connection that is not relayed: of a client or a server of our own. Dialled or waited for, perhaps encrypted, then read
// to its end or written to its end, with backpressure. Knows no FTP.
import type { Socket } from 'node:net';
import type { Endpoint } from '../protocol/endpoint.js';
import { DataLeg } from './data-leg.js';
import { type AwaitedPort, openDataPort } from './data-port-pool.js';
import type { DialFrom } from './dial.js';
import type { PortRange } from './port-ranges.js';
import type { Secured } from './tls/handshake.js';
import { tlsReason } from './tls/handshake-facts.js';

/** What is done with a chunk, whose memory is good until the promise is settled. */
export type TakeChunk = (chunk: Buffer) => void | Promise<void>;

export interface DataTimeouts {
  /** Until the connection stands. */
  readonly connectMs: number;
  /** Without a byte, while something is carried. */
  readonly stallMs: number;
}

/** The connection broke, or was broken off, before all was through. The message is a reason for people. */
export class BrokenConnection extends Error {
  override readonly name = 'BrokenConnection';
}

export class DataConnection {
  constructor(
    private leg: DataLeg,
    private readonly stallMs: number,
  ) {
    leg.socket.on('error', () => {});
  }

  /** Rejects with an Error whose message is a reason for people, also once `signal` is aborted. */
  static dial(
    to: Endpoint,
    from: DialFrom,
    { connectMs, stallMs }: DataTimeouts,
    signal: AbortSignal,
  ): Promise<DataConnection> {
    const leg = DataLeg.dial(to, from, connectMs);
    const { socket } = leg;
    const abort = () => socket.destroy(new Error('given up'));
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(new Error(tlsReason(error)));
      socket.once('error', fail);
      socket.once('close', () => signal.removeEventListener('abort', abort));
      socket.once('connect', () => {
        signal.removeEventListener('abort', abort);
        socket.off('error', fail);
        resolve(new DataConnection(leg, stallMs));
      });
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort);
    });
  }

  get local(): Endpoint {
    return this.leg.local;
  }

  get remote(): Endpoint {
    return this.leg.remote;
  }

  /** Goes on encrypted. Rejects with what `encrypt` rejects with. */
  async secure(encrypt: (plain: Socket) => Promise<Secured>): Promise<Secured> {
    const secured = await encrypt(this.leg.socket);
    this.leg = this.leg.over(secured);
    this.leg.socket.on('error', () => {});
    return secured;
  }

  /** Reads to the end. Rejects with a BrokenConnection when there is none, or with what `take` rejects with. */
  receive(take: TakeChunk): Promise<void> {
    const { leg } = this;
    this.guard();
    return new Promise((resolve, reject) => {
      let taken: Promise<void> = Promise.resolve();
      const done = () => {
        // Peers that end without close_notify exist: whether all has come is for the reply to say. A reset says that it has not.
        if (leg.wasReset) reject(new BrokenConnection('connection reset by peer'));
        else taken.then(resolve, reject);
      };
      this.whenBroken(reject);
      if (leg.socket.readableEnded) done();
      else leg.socket.once('end', done);
      leg.read((chunk) => {
        const pending = take(chunk);
        if (pending === undefined) return true;
        taken = pending.then(() => leg.resume());
        taken.catch(reject);
        return false;
      });
    });
  }

  /**
   * Writes all of it, and the end; reports each chunk when it was taken. Asks for the next one when there is room for it. Rejects
   * with a BrokenConnection, or with what `chunks` throws.
   */
  async send(
    chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
    taken: (chunk: Buffer) => void = () => {},
  ): Promise<void> {
    const { socket } = this.leg;
    await this.write(chunks, taken);
    socket.end();
    if (!socket.writableFinished) await this.until('finish');
  }

  /** As `send`, for what is not all: TLS says no farewell then. */
  async sendStart(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    await this.write(chunks, () => {});
    await new Promise<void>((resolve, reject) => {
      const stopWaiting = this.whenBroken(reject);
      this.leg.cutOff(() => {
        stopWaiting();
        resolve();
      });
    });
  }

  /** As `send`, without the end. */
  async write(chunks: AsyncIterable<Buffer> | Iterable<Buffer>, taken: (chunk: Buffer) => void): Promise<void> {
    const { socket } = this.leg;
    this.guard();
    this.leg.discard();
    for await (const chunk of chunks) {
      if (!socket.write(chunk)) await this.until('drain');
      taken(chunk);
    }
  }

  /** Lets go of it: what is still to be sent is sent, what still comes is thrown away. */
  close(): void {
    this.leg.close();
  }

  /** Breaks it off, so that the peer cannot take what it got for all. */
  reset(): void {
    if (!this.leg.socket.destroyed) this.leg.reset();
  }

  private guard(): void {
    const { socket } = this.leg;
    socket.setTimeout(this.stallMs, () => socket.destroy(new Error(`nothing moved for ${this.stallMs / 1000} s`)));
  }

  private until(event: 'drain' | 'finish'): Promise<void> {
    const { socket } = this.leg;
    return new Promise((resolve, reject) => {
      const stopWaiting = this.whenBroken(reject);
      socket.once(event, () => {
        stopWaiting();
        resolve();
      });
    });
  }

  /** Gives what makes it tell nothing any more. */
  private whenBroken(tell: (error: BrokenConnection) => void): () => void {
    const { socket } = this.leg;
    const closed = () =>
      tell(new BrokenConnection(socket.errored === null ? 'closed before its end' : tlsReason(socket.errored)));
    if (socket.closed) closed();
    else socket.once('close', closed);
    return () => socket.off('close', closed);
  }
}

/** A data port of our own, and the connection that comes there. */
export class AwaitedData {
  private tell: (outcome: DataConnection | Error) => void = () => {};
  private readonly outcome = new Promise<DataConnection | Error>((resolve) => {
    this.tell = resolve;
  });
  private listening: AwaitedPort | null = null;
  private arrived: DataConnection | null = null;
  private isTaken = false;

  private constructor(private readonly timeouts: DataTimeouts) {}

  /** Listens at `host` for one connection from `admit`. Rejects with an Error whose message is a reason for people. */
  static async listen(
    host: string,
    admit: string,
    timeouts: DataTimeouts,
    range: PortRange | null = null,
  ): Promise<AwaitedData> {
    const awaited = new AwaitedData(timeouts);
    awaited.listening = await openDataPort({
      host,
      range,
      admit: [admit],
      onConnection: (socket) => awaited.take(socket),
      onStranger: () => {},
      onVanished: () => {},
    });
    return awaited;
  }

  get port(): number {
    return this.listening?.port ?? 0;
  }

  /** Hands over the connection. Rejects with an Error whose message is a reason when none comes in time or the port is closed. */
  async connection(): Promise<DataConnection> {
    this.isTaken = true;
    const timer = setTimeout(() => this.end('no one connected to the data port'), this.timeouts.connectMs);
    const outcome = await this.outcome;
    clearTimeout(timer);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  /** Listens no more. A connection that nobody has asked for is sent away. */
  close(): void {
    this.end('given up');
    if (!this.isTaken) this.arrived?.reset();
  }

  private take(socket: Socket): void {
    this.listening?.close();
    this.arrived = new DataConnection(DataLeg.adopt(socket), this.timeouts.stallMs);
    this.tell(this.arrived);
  }

  private end(reason: string): void {
    this.listening?.close();
    this.tell(new Error(reason));
  }
}
