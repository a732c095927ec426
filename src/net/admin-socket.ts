// A socket of this machine through which a running proxy is watched: whoever may open the file gets lines, and may send some.
// Knows nothing of what the lines say.
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { closeGently } from '../ends/closing.js';
import { untilClosed, untilListening } from '../ends/listen.js';
import { systemErrorCode } from '../protocol/system-errors.js';

/** Whoever reads slower than this is let go: the proxy waits for nobody who only looks. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024;
/** Nobody has more to say. */
const MAX_LINE_CHARACTERS = 4096;

export interface AdminSocketEvents {
  /** Somebody came: what is sent to them first. */
  readonly welcome: () => Iterable<string>;
  /** A line from somebody, without its end. */
  readonly line: (text: string) => void;
}

export class AdminSocket {
  private readonly watchers = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly events: AdminSocketEvents,
  ) {
    server.on('connection', (socket) => this.welcome(socket));
  }

  /**
   * Listens at `path`, with mode 0600. A file left behind by a proxy that is gone is replaced. Rejects with the system's error,
   * EADDRINUSE when somebody listens there or when the file is something else.
   */
  static async open(path: string, events: AdminSocketEvents): Promise<AdminSocket> {
    if (await isLeftBehind(path)) unlinkSync(path);
    const server = createServer();
    await untilListening(server, () => {
      // The file is made with the call: nobody else may open it even for a moment, and no mode is set later through a link.
      const before = process.umask(0o177);
      try {
        server.listen(path);
      } finally {
        process.umask(before);
      }
    });
    return new AdminSocket(server, events);
  }

  /** Sends text to everybody who watches. */
  send(text: string): void {
    for (const socket of this.watchers) this.sendTo(socket, text);
  }

  /** Lets everybody go, and removes the file. */
  close(): Promise<void> {
    const closed = untilClosed(this.server);
    for (const socket of this.watchers) closeGently(socket);
    return closed;
  }

  private welcome(socket: Socket): void {
    this.watchers.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.watchers.delete(socket));
    for (const text of this.events.welcome()) socket.write(text);
    onLines(socket, (line) => this.events.line(line));
  }

  private sendTo(socket: Socket, text: string): void {
    if (socket.writableLength > MAX_PENDING_BYTES) socket.destroy();
    else socket.write(text);
  }
}

/** A connection to a proxy's socket. */
export interface Attachment {
  /** What comes from the proxy, until it or we end it. */
  readonly bytes: AsyncIterable<Buffer>;
  /** Sends a line, given without its end. */
  send(line: string): void;
  close(): void;
}

/** Connects to a proxy's socket. Rejects with the system's error. */
export async function attachTo(path: string): Promise<Attachment> {
  const socket = await connectTo(path);
  return { bytes: bytesOf(socket), send: (line) => void socket.write(`${line}\n`), close: () => void socket.destroy() };
}

async function* bytesOf(socket: Socket): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of socket) if (Buffer.isBuffer(chunk)) yield chunk;
  } catch {
    // Broken by the proxy's end or by ours: there is no more.
  }
}

function connectTo(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      // An end is told by the stream; what exactly broke helps nobody.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

async function isLeftBehind(path: string): Promise<boolean> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isSocket()) return false;
  if (process.geteuid !== undefined && stats.uid !== process.geteuid()) return false;
  try {
    (await connectTo(path)).destroy();
    return false;
  } catch (error) {
    return systemErrorCode(error) === 'ECONNREFUSED';
  }
}

function onLines(socket: Socket, take: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    if (rest.length > MAX_LINE_CHARACTERS) socket.destroy();
  });
}
