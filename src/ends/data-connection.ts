// A data connection that is not relayed: of a client or a server of our own. Dialled or waited for, perhaps encrypted, then read
// to its end or written to its end, with backpressure. Knows no FTP.

import type { Socket } from 'node:net';
import type { Endpoint } from '../protocol/endpoint.js';
import { DataLeg } from './data-leg.js';
import type { PortRange } from './data-port.js';
import { openDataPort } from './data-port.js';
import type { Secured } from './tls/handshake.js';
import { tlsReason } from './tls/handshake-facts.js';

/** How long a peer may take to close after us. */
const CLOSE_GRACE_MS = 5_000;

/** What is done with a chunk, whose memory is good until the promise is settled. */
export type TakeChunk = (chunk: Buffer) => void | Promise<void>;

/** A data port of our own that waits for its peer. */
export interface AwaitedData {
  readonly port: number;
  /** Never rejects: who does not come is not waited for any more once it is closed. */
  readonly connected: Promise<DataConnection>;
  close(): void;
}

export class DataConnection {
  private constructor(
    private leg: DataLeg,
    private readonly timeoutMs: number,
  ) {
    this.guard();
  }

  /** Rejects with an Error whose message is a reason for people. */
  static dial(to: Endpoint, timeoutMs: number): Promise<DataConnection> {
    const leg = DataLeg.dial(to, { local: null, bindForeign: null });
    return new Promise((resolve, reject) => {
      const tooLate = setTimeout(() => fail(new Error(`no connection within ${timeoutMs / 1000} s`)), timeoutMs);
      const fail = (error: Error) => {
        clearTimeout(tooLate);
        leg.socket.on('error', () => {});
        leg.socket.destroy();
        reject(new Error(tlsReason(error)));
      };
      leg.socket.once('error', fail);
      leg.socket.once('connect', () => {
        clearTimeout(tooLate);
        leg.socket.off('error', fail);
        resolve(new DataConnection(leg, timeoutMs));
      });
    });
  }

  /** Listens at `host` for one connection from `admit`. Rejects with an Error whose message is a reason for people. */
  static async listen(
    host: string,
    admit: string,
    timeoutMs: number,
    range: PortRange | null = null,
  ): Promise<AwaitedData> {
    let arrived: (connection: DataConnection) => void = () => {};
    const connected = new Promise<DataConnection>((resolve) => {
      arrived = resolve;
    });
    const { port, close } = await openDataPort({
      host,
      range,
      admit: [admit],
      bindForeign: null,
      onConnection: (socket) => arrived(new DataConnection(DataLeg.adopt(socket), timeoutMs)),
      onStranger: () => {},
    });
    return { port, connected, close };
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
    this.guard();
    return secured;
  }

  /** Reads to the end. Rejects when the connection breaks before it, with a reason in words. */
  receive(take: TakeChunk): Promise<void> {
    const { socket } = this.leg;
    return new Promise((resolve, reject) => {
      let taken: Promise<void> = Promise.resolve();
      // Peers that end without close_notify exist: whether all has come is for the reply to say.
      const done = () => taken.then(resolve, reject);
      this.whenBroken(reject);
      if (socket.readableEnded) done();
      else socket.once('end', done);
      this.leg.read((chunk) => {
        const pending = take(chunk);
        if (pending === undefined) return true;
        taken = pending.then(() => this.leg.resume());
        taken.catch(reject);
        return false;
      });
    });
  }

  /** Writes all of it, and the end. Rejects when the connection breaks before, or with what `chunks` throws. */
  async send(chunks: AsyncIterable<Buffer>): Promise<void> {
    const { socket } = this.leg;
    const broken = new Promise<never>((_resolve, reject) => this.whenBroken(reject));
    broken.catch(() => {});
    this.leg.discard();
    for await (const chunk of chunks) {
      const room = socket.write(chunk) ? null : new Promise<void>((resolve) => socket.once('drain', resolve));
      if (room !== null) await Promise.race([room, broken]);
    }
    await Promise.race([new Promise<void>((resolve) => socket.end(() => resolve())), broken]);
  }

  /** Lets go of it: what is still to be sent is sent, what still comes is thrown away. */
  close(): void {
    const { socket } = this.leg;
    if (socket.destroyed) return;
    const tooLate = setTimeout(() => socket.destroy(), CLOSE_GRACE_MS);
    socket.once('close', () => clearTimeout(tooLate));
    socket.end();
    this.leg.discard();
  }

  /** Breaks it off, so that the peer cannot take what it got for all. */
  reset(): void {
    if (!this.leg.socket.destroyed) this.leg.reset();
  }

  private guard(): void {
    const { socket } = this.leg;
    socket.on('error', () => {});
    socket.setTimeout(this.timeoutMs, () => socket.destroy(new Error(`nothing moved for ${this.timeoutMs / 1000} s`)));
  }

  private whenBroken(tell: (error: Error) => void): void {
    const { socket } = this.leg;
    const closed = () => tell(new Error(socket.errored === null ? 'closed before its end' : tlsReason(socket.errored)));
    if (socket.closed) closed();
    else socket.once('close', closed);
  }
}
