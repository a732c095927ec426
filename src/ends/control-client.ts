// A client's control connection of our own: sends lines, gathers replies, encrypts when asked to. Knows replies by their form,
// and not what they answer.
import type { TlsFacts } from '../dialogue/observation.js';
import { type GatheredReply, ReplyLines } from '../dialogue/reply-lines.js';
import type { Endpoint } from '../protocol/endpoint.js';
import { LineSplitter, MAX_REPLY_LINE_BYTES } from '../protocol/line-splitter.js';
import { otherProtocol, protocolWords } from '../protocol/other-protocols.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import { ControlConnection } from './control-connection.js';
import { FROM_ANYWHERE } from './dial.js';
import type { SessionTls } from './tls/session-tls.js';

export interface ControlClientOptions {
  /** Until the connection stands. */
  readonly timeoutMs: number;
  /** Null for a client that never encrypts. */
  readonly tls: SessionTls | null;
  /** The address to connect from; null for the system's choice. */
  readonly localAddress: string | null;
}

export interface ControlClientEvents {
  reply(reply: GatheredReply): void;
  /** Nothing more will come; why, in words. Told once. */
  closed(reason: string): void;
}

/** RFC 4217 section 4: the server begins to negotiate behind it, so what it says in the clear after it is not the server's word. */
const SECURITY_EXCHANGE_COMPLETE = 234;

/** Of a line that is no reply: enough to see what speaks there. */
const MAX_NOISE_KEPT = 80;

export class ControlClient {
  private splitter = new LineSplitter(MAX_REPLY_LINE_BYTES);
  private readonly lines = new ReplyLines();
  private isClosed = false;
  private heard = false;
  /** What was last said that is no reply, since the last reply. */
  noise: string | null = null;
  private readonly connection: ControlConnection;
  private readonly tls: SessionTls | null;

  private constructor(
    server: Endpoint,
    { timeoutMs, tls, localAddress }: ControlClientOptions,
    private readonly events: ControlClientEvents,
    connected: () => void,
  ) {
    this.tls = tls;
    this.connection = ControlConnection.dial(
      server,
      localAddress === null ? FROM_ANYWHERE : { local: { address: localAddress, port: 0 }, bindForeign: null },
      timeoutMs,
      {
        bytes: (bytes) => this.take(bytes),
        ended: () => this.close('the server closed the connection'),
        lost: (reason) => this.close(reason),
        drained: () => {},
      },
      connected,
    );
  }

  /** Rejects with an Error whose message says why there is no connection. */
  static async connect(
    server: FtpEndpoint,
    options: ControlClientOptions,
    events: ControlClientEvents,
  ): Promise<ControlClient> {
    const client = await new Promise<ControlClient>((resolve, reject) => {
      const closed = (reason: string) => {
        reject(new Error(reason));
        events.closed(reason);
      };
      const made = new ControlClient(server, options, { ...events, closed }, () => resolve(made));
    });
    if (server.implicitTls) await client.secure();
    client.connection.setReading(true);
    return client;
  }

  get local(): Endpoint {
    return this.connection.local;
  }

  get remote(): Endpoint {
    return this.connection.remote;
  }

  send(line: string, end: string): void {
    this.sendBytes(Buffer.from(line + end, 'latin1'));
  }

  sendBytes(bytes: Buffer): void {
    this.connection.send(bytes);
  }

  /** Rejects with a TlsFailure. */
  async secure(): Promise<TlsFacts> {
    if (this.tls === null) throw new Error('this client never encrypts');
    const { facts } = await this.connection.secure(this.tls.encryptionFor('server', null));
    this.splitter = new LineSplitter(MAX_REPLY_LINE_BYTES);
    this.connection.setReading(true);
    return facts;
  }

  /** Resolves when nothing of the connection is left. */
  get gone(): Promise<void> {
    const { socket } = this.connection;
    return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** Ends it from this side; nothing more is told. */
  end(): void {
    this.isClosed = true;
    this.connection.close();
  }

  /** Ends it at once: what was said last may be lost. Nothing more is told. */
  destroy(): void {
    this.isClosed = true;
    this.connection.socket.destroy();
  }

  private take(bytes: Buffer): void {
    const other = this.heard ? null : otherProtocol(bytes);
    this.heard = true;
    if (other !== null) return this.close(`the server speaks ${protocolWords(other)}, not FTP`);
    for (const output of this.splitter.push(bytes)) {
      if (this.isClosed) return;
      if (output.kind === 'too-long') return this.close('the server sent a line that is too long');
      this.line(output.text.toString('latin1'), output.end);
    }
  }

  private line(text: string, end: GatheredReply['ends'][number]): void {
    const place = this.lines.take(text, end);
    // What is no reply: a line ahead of the greeting, or behind a reply that has ended. Clients pass over it.
    if (place === null) {
      this.noise = text.slice(0, MAX_NOISE_KEPT);
      return;
    }
    this.noise = null;
    if (!place.last) return;
    const { reply } = place.gathering;
    if (reply.code === SECURITY_EXCHANGE_COMPLETE) {
      this.connection.setReading(false);
      this.splitter.discard();
    }
    this.events.reply(reply);
  }

  private close(reason: string): void {
    if (this.isClosed) return;
    this.end();
    this.events.closed(reason);
  }
}
