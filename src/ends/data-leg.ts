// One data connection, read into one buffer that is used over and over: reading is half of what a relay costs, and a fresh
// buffer for every read doubles it. Paused until `read` is called.
import type { Socket } from 'node:net';
import type { Endpoint } from '../protocol/endpoint.js';
import { closeGently } from './closing.js';
import { type DialFrom, dial } from './dial.js';
import { GatheredReads } from './gathered-reads.js';
import { type OnRead, readsInto } from './read-buffer.js';
import { wasReset } from './reset-detection.js';
import { localEnd, remoteEnd } from './socket-ends.js';
import type { Secured } from './tls/handshake.js';

/**
 * Bytes that one read may bring: what is written at once then fits one segment on loopback (65483 bytes). 64 KiB and more leave
 * a small last segment, which costs as much as a full one: uploads made 1.3 GB/s with 256 KiB, and make 2.4 with this.
 */
const READ_BUFFER_BYTES = 63 * 1024;

/** Buffers of legs that are closed, for the next ones: making and collecting them costs a small transfer as much as its bytes. */
const freeBuffers: Buffer[] = [];
const MOST_FREE_BUFFERS = 64;

/** Takes a chunk, whose memory is good until the next one comes; false: none comes until `resume`. */
export type ChunkTaker = (chunk: Buffer) => boolean;

export class DataLeg {
  private taker: ChunkTaker = () => false;
  private gathered: GatheredReads | null = null;
  /** The taker is not done with the last chunk, maybe not even when the socket is closed. */
  private holdsChunk = false;
  /** What came while it was only watched. */
  private early: Buffer | null = null;
  /** The last that asked is called: legs that are kept serve many. */
  private onEnd: (() => void) | null = null;
  private onClosed: (() => void) | null = null;

  private constructor(
    readonly socket: Socket,
    /** A chunk is good until the next one comes, and no longer. */
    readonly reusesMemory: boolean,
    /** What is beneath TLS. */
    private readonly plain: Socket = socket,
    /** Whether the peer's end, once it is in, may have come before all was sent. Without TLS nobody can tell. */
    readonly endedAbruptly: () => boolean = () => false,
  ) {
    socket.pause();
    // The end of what was written is not held back until the peer has acknowledged the rest.
    socket.setNoDelay(true);
  }

  /** Starts to connect: the socket tells by its events how that goes, and that it took too long. Throws when it cannot come from there. */
  static dial(remote: Endpoint, from: DialFrom, timeoutMs: number): DataLeg {
    const read = readInto();
    return new DataLeg(dial(remote, from, timeoutMs, { onread: read.onread }), true).takesFrom(read);
  }

  /** Takes over an accepted, paused socket. */
  static adopt(accepted: Socket): DataLeg {
    // Who looked for a PROXY header may have found bytes of its own, or its end.
    const isFresh = accepted.readableLength === 0 && !accepted.readableEnded;
    const read = isFresh ? readInto() : null;
    if (read === null || !readsInto(accepted, read.onread)) return DataLeg.fromEvents(new DataLeg(accepted, false));
    return new DataLeg(accepted, true).takesFrom(read);
  }

  /** The leg goes on encrypted, through a socket around its own. */
  over({ socket, endedAbruptly }: Secured): DataLeg {
    const leg = new DataLeg(socket, true, this.socket, endedAbruptly);
    leg.gathered = new GatheredReads(socket, (chunk) => leg.taker(chunk));
    return leg;
  }

  private takesFrom(read: ReadInto): this {
    read.deliver = (chunk) => {
      this.holdsChunk = !this.taker(chunk);
      return !this.holdsChunk;
    };
    this.socket.once('close', () => {
      if (!this.holdsChunk && freeBuffers.length < MOST_FREE_BUFFERS) freeBuffers.push(read.buffer);
    });
    return this;
  }

  private static fromEvents(leg: DataLeg): DataLeg {
    const { socket } = leg;
    socket.on('data', (chunk: Buffer) => {
      if (!leg.taker(chunk)) socket.pause();
    });
    return leg;
  }

  get local(): Endpoint {
    return localEnd(this.socket);
  }

  get remote(): Endpoint {
    return remoteEnd(this.socket);
  }

  /** The connection itself, where its bytes go by as they are: not through TLS. */
  get bare(): Socket | null {
    return this.plain === this.socket ? this.socket : null;
  }

  /** The same, where no byte of it is read before it is taken: whoever reads the connection in place of the leg, between two chunks, misses none. */
  get bareSource(): Socket | null {
    return this.reusesMemory ? this.bare : null;
  }

  /** Whether the peer broke the connection off, though its end looks like one; asked at the end. False when nobody knows. */
  get wasReset(): boolean {
    return !this.socket.writableEnded && wasReset(this.plain);
  }

  /**
   * Breaks the connection off, so that the peer cannot take what it got for all. Where the end is just on its way, behind it: the
   * system refuses a reset until then, and Node would keep the handle forever, and not even exit.
   */
  reset(): void {
    const { socket } = this;
    if (socket.writableEnded && !socket.writableFinished && !socket.destroyed && socket.writableLength === 0) {
      socket.once('finish', () => this.breakOff());
    } else this.breakOff();
  }

  private breakOff(): void {
    this.plain.resetAndDestroy();
    this.socket.destroy();
  }

  /**
   * Sends what is still to be sent, and closes without a word of farewell (close_notify): the peer has what it has, and is not
   * told that this was all. Without TLS there is no such word, and the end is an ordinary one. Calls back once all is sent.
   */
  cutOff(sent: () => void = () => {}): void {
    if (this.plain === this.socket) this.socket.end(sent);
    else if (this.socket.writable) this.socket.write('', (error) => this.destroyed(error ? null : sent));
  }

  /** Sends what is still to be sent, then the end, or what `finish` sends; reads on, so that the peer's end is seen. */
  close(finish: () => void = () => this.end()): void {
    closeGently(this.socket, () => {
      finish();
      this.discard();
    });
  }

  /** To end what has ended makes an error each time, which nobody hears and which takes longer than the end. */
  private end(): void {
    if (!this.socket.writableEnded) this.socket.end();
  }

  private destroyed(sent: (() => void) | null): void {
    this.socket.destroy();
    sent?.();
  }

  /** Begins to read. */
  read(taker: ChunkTaker): void {
    const { early } = this;
    this.early = null;
    this.taker = taker;
    if (early === null || taker(early)) this.resume();
  }

  /** Nobody reads it yet: calls back when the peer ends it all the same, or breaks it, unless bytes come before that. They are kept. */
  watch(gone: (how: 'ended' | 'reset') => void): void {
    const tell = () => gone(this.wasReset || this.socket.errored !== null ? 'reset' : 'ended');
    if (this.onClosed === null) this.socket.once('close', () => this.onClosed?.());
    this.onClosed = tell;
    this.whenEnded(tell);
    this.hold();
  }

  /** Reads one chunk at most, and keeps it for whoever reads next. */
  hold(): void {
    this.read((chunk) => {
      this.early = Buffer.from(chunk);
      return false;
    });
  }

  /** Goes on reading after a taker said false. */
  resume(): void {
    this.holdsChunk = false;
    (this.gathered ?? this.socket).resume();
  }

  /** Calls back when the peer has ended, and the taker has got everything. */
  whenEnded(ended: () => void): void {
    if (this.gathered) this.gathered.whenEnded(ended);
    else if (this.socket.readableEnded) ended();
    else {
      if (this.onEnd === null) this.socket.once('end', () => this.onEnd?.());
      this.onEnd = ended;
    }
  }

  /** Reads on, and throws it away: only the connection's end is waited for. */
  discard(): void {
    this.read(() => true);
  }
}

interface ReadInto {
  readonly buffer: Buffer;
  deliver: (chunk: Buffer) => boolean;
  readonly onread: OnRead;
}

function readInto(): ReadInto {
  const buffer = freeBuffers.pop() ?? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  const callback = (bytes: number) => read.deliver(buffer.subarray(0, bytes));
  const read: ReadInto = { buffer, deliver: () => false, onread: { buffer, callback } };
  return read;
}
