// Listens for clients of a server of our own: commands in, replies out, each client on its own. What the commands mean is the
// server's matter.
import type { Socket } from 'node:net';
import type { TlsFacts } from '../dialogue/tls-facts.js';
import { type Command, parseCommandLine } from '../protocol/command.js';
import type { Endpoint } from '../protocol/endpoint.js';
import { DEFAULT_MAX_LINE_BYTES, LineSplitter, type SplitterOutput } from '../protocol/line-splitter.js';
import { isStalledAbort, STALLED_ABORT_MS } from '../protocol/telnet.js';
import { SHUTDOWN_GRACE_MS } from './closing.js';
import { ControlConnection } from './control-connection.js';
import { listen } from './listen.js';
import type { Secured } from './tls/handshake.js';

/** One client. */
export interface ServedConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** The client has not taken most of what was said. */
  readonly congested: boolean;
  /** Sends lines, each with its end. */
  say(lines: readonly string[], ends?: readonly string[]): void;
  /** Stops taking lines, or goes on. */
  setReading(reading: boolean): void;
  /** Goes on encrypted; what was said in the clear and not told yet is dropped. Rejects with what `encrypt` rejects with. */
  secure(encrypt: (plain: Socket) => Promise<Secured>): Promise<TlsFacts>;
  /** Resolves when the client has taken most of what was said. */
  taken(): Promise<void>;
  /** Ends it once everything was sent. */
  close(): void;
}

/** What a client sent as one line. */
export type ServedLine =
  | { readonly kind: 'command'; readonly command: Command }
  /** It does not begin as a command does. */
  | { readonly kind: 'no-command' }
  | { readonly kind: 'too-long' };

export interface ServedEvents {
  line(line: ServedLine): void;
  /** Something is being done for the client, which may well be silent meanwhile. */
  isBusy(): boolean;
  /** The client has been silent for as long as it may. */
  idle(): void;
  /** The client says no more. It may still listen. */
  ended(): void;
  /** The client is gone, or was let go of. Told once, and last. */
  over(): void;
}

export interface ControlServer {
  /** With the real port. */
  readonly address: Endpoint;
  /** Clients that are connected. */
  readonly clientCount: number;
  /** Ends every connection; resolves when none is left. */
  close(): Promise<void>;
}

export interface ControlServerOptions {
  /** One more is turned away. */
  readonly maxClients: number;
  /** A client that says nothing for so long is idle. */
  readonly idleTimeoutMs: number;
  readonly maxLineBytes?: number;
}

/** Rejects with the system's error when it cannot listen there. */
export async function serveControl(
  endpoint: Endpoint,
  options: ControlServerOptions,
  welcome: (connection: ServedConnection) => ServedEvents,
): Promise<ControlServer> {
  const sockets = new Set<Socket>();
  const clients = new Set<ServedControl>();
  const listener = await listen(endpoint, {}, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (sockets.size > options.maxClients) return turnAway(socket);
    const client = new ServedControl(socket, options, welcome);
    clients.add(client);
    socket.once('close', () => clients.delete(client));
  });
  const close = async () => {
    const closed = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    const stopped = listener.close();
    for (const client of clients) client.close();
    const hurry = setTimeout(() => [...sockets].map((socket) => socket.destroy()), SHUTDOWN_GRACE_MS);
    await Promise.all([stopped, ...closed]);
    clearTimeout(hurry);
  };
  return {
    address: listener.address,
    get clientCount() {
      return clients.size;
    },
    close,
  };
}

function turnAway(socket: Socket): void {
  socket.on('error', () => {});
  socket.resume();
  socket.end('421 Too many clients\r\n', () => socket.destroy());
}

class ServedControl implements ServedConnection {
  private readonly control: ControlConnection;
  private splitter: LineSplitter;
  private readonly events: ServedEvents;
  private readonly whenTaken: (() => void)[] = [];
  private stalled: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(
    socket: Socket,
    private readonly options: ControlServerOptions,
    welcome: (connection: ServedConnection) => ServedEvents,
  ) {
    const { idleTimeoutMs } = options;
    this.splitter = this.newSplitter();
    this.control = new ControlConnection(socket, {
      bytes: (bytes) => this.take(bytes),
      ended: () => this.ended(),
      lost: () => this.over(),
      drained: () => this.tellTaken(),
    });
    socket.once('close', () => this.over());
    this.events = welcome(this);
    socket.setTimeout(idleTimeoutMs);
    socket.on('timeout', () => {
      if (this.events.isBusy()) socket.setTimeout(idleTimeoutMs);
      else if (!this.isOver) this.events.idle();
    });
    this.control.setReading(true);
  }

  get local(): Endpoint {
    return this.control.local;
  }

  get remote(): Endpoint {
    return this.control.remote;
  }

  get congested(): boolean {
    return this.control.congested;
  }

  say(lines: readonly string[], ends?: readonly string[]): void {
    this.control.send(Buffer.from(lines.map((line, at) => line + (ends?.[at] ?? '\r\n')).join(''), 'latin1'));
  }

  setReading(reading: boolean): void {
    this.control.setReading(reading);
  }

  /** What came in the clear behind the command that asked for TLS is nobody's word (RFC 4217 section 4). */
  async secure(encrypt: (plain: Socket) => Promise<Secured>): Promise<TlsFacts> {
    clearTimeout(this.stalled);
    this.splitter = this.newSplitter();
    const { facts } = await this.control.secure(encrypt);
    this.control.setReading(true);
    return facts;
  }

  taken(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isOver || !this.congested) resolve();
      else this.whenTaken.push(resolve);
    });
  }

  close(): void {
    this.over();
    this.control.close();
  }

  private newSplitter(): LineSplitter {
    return new LineSplitter(this.options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES);
  }

  private take(bytes: Buffer): void {
    clearTimeout(this.stalled);
    for (const output of this.splitter.push(bytes)) this.line(output);
    if (isStalledAbort(this.splitter.rest))
      this.stalled = setTimeout(() => this.line(this.splitter.flush()), STALLED_ABORT_MS);
  }

  private line(output: SplitterOutput | null): void {
    if (output === null || this.isOver) return;
    const { command } = output.kind === 'line' ? parseCommandLine(output.raw, output.end) : { command: null };
    if (command !== null) this.events.line({ kind: 'command', command });
    else this.events.line({ kind: output.kind === 'line' ? 'no-command' : 'too-long' });
  }

  private ended(): void {
    clearTimeout(this.stalled);
    if (!this.isOver) this.events.ended();
  }

  private over(): void {
    clearTimeout(this.stalled);
    if (this.isOver) return;
    this.isOver = true;
    this.tellTaken();
    this.events.over();
  }

  private tellTaken(): void {
    for (const tell of this.whenTaken.splice(0)) tell();
  }
}
