// The scripted client's data connections: where the server said it listens, or a port of our own that it dials.
// Part of the demo's strangers: imports nothing from the proxy nor from the sample server; sends no commands.
import { createServer, connect as dial, isIPv4, type Server, type Socket } from 'node:net';
import { ScriptedClientError } from './client-control.js';

export type DataMode = 'passive' | 'extended-passive' | 'active' | 'extended-active';

export interface ClientEndpoint {
  readonly host: string;
  readonly port: number;
}

/** One data connection to come: dialled (passive modes) or awaited (active modes) by `connection()`. */
export interface ClientData {
  readonly mode: DataMode;
  /** What was announced: the server's port in passive modes, our own in active modes. */
  readonly announced: ClientEndpoint;
  /** Dials or waits on the first call; the same socket on every call. */
  connection(): Promise<Socket>;
  /** Ends the connection and stops listening. */
  close(): void;
}

/** `227 ... (h1,h2,h3,h4,p1,p2)`, with or without parentheses (RFC 1123 section 4.1.2.6). */
export function parsePassiveReply(line: string): ClientEndpoint | null {
  const octets = /(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)/.exec(line.slice(4))?.slice(1).map(Number);
  if (octets === undefined || octets.some((octet) => octet > 255)) return null;
  return { host: octets.slice(0, 4).join('.'), port: (octets[4] ?? 0) * 256 + (octets[5] ?? 0) };
}

/** `229 ... (|||port|)`: only a port, the host is the control connection's (RFC 2428 section 3). */
export function parseExtendedPassiveReply(line: string): number | null {
  const port = /\((.)\1\1(\d{1,5})\1\)/.exec(line)?.[2];
  return port === undefined ? null : Number(port);
}

export function portCommand({ host, port }: ClientEndpoint): string {
  return `PORT ${host.replaceAll('.', ',')},${port >> 8},${port & 0xff}`;
}

export function extendedPortCommand({ host, port }: ClientEndpoint): string {
  return `EPRT |${isIPv4(host) ? 1 : 2}|${host}|${port}|`;
}

export function passiveData(mode: DataMode, announced: ClientEndpoint, timeoutMs: number): ClientData {
  let socket: Socket | null = null;
  let connected: Promise<Socket> | null = null;
  const connection = (): Promise<Socket> => {
    connected ??= new Promise((resolve, reject) => {
      const dialling = dial({ ...announced, allowHalfOpen: true });
      socket = dialling;
      const where = `data connection to ${announced.host} port ${announced.port}`;
      const timer = setTimeout(() => dialling.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
      dialling.on('error', (error) => reject(new ScriptedClientError(`${where}: ${error.message}`)));
      dialling.once('close', () => {
        clearTimeout(timer);
        reject(new ScriptedClientError(`${where}: closed`));
      });
      dialling.once('connect', () => {
        clearTimeout(timer);
        dialling.pause();
        resolve(dialling);
      });
    });
    return connected;
  };
  return { mode, announced, connection, close: () => socket?.destroy() };
}

/** Listens on the control connection's own address, for one connection. */
export async function activeData(mode: DataMode, host: string, timeoutMs: number): Promise<ClientData> {
  const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const port = await listening(listener, host);
  let socket: Socket | null = null;
  let giveUp: ((error: Error) => void) | null = null;
  const arrival = new Promise<Socket>((resolve, reject) => {
    giveUp = reject;
    listener.on('connection', (arrived: Socket) => {
      listener.close();
      arrived.on('error', () => {});
      if (socket !== null) arrived.destroy();
      else {
        socket = arrived;
        resolve(arrived);
      }
    });
  });
  // Nobody may be waiting when close() gives up.
  arrival.catch(() => {});
  const connection = (): Promise<Socket> => {
    const timer = setTimeout(
      () => giveUp?.(new ScriptedClientError(`the server did not connect to port ${port} in ${timeoutMs} ms`)),
      timeoutMs,
    );
    return arrival.finally(() => clearTimeout(timer));
  };
  const close = (): void => {
    listener.close();
    socket?.destroy();
    giveUp?.(new ScriptedClientError(`stopped listening on port ${port}`));
  };
  return { mode, announced: { host, port }, connection, close };
}

function listening(listener: Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once('error', (error) => reject(new ScriptedClientError(`cannot listen on ${host}: ${error.message}`)));
    listener.listen(0, host, () => {
      const address = listener.address();
      if (address !== null && typeof address === 'object') resolve(address.port);
      else reject(new ScriptedClientError(`cannot listen on ${host}`));
    });
  });
}

/** Reads until the end of the connection; `true` when the peer ended it, `false` when it broke or stood still. */
export function readData(socket: Socket, sink: (chunk: Buffer) => void, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.on('data', sink);
    socket.once('end', () => {
      socket.end();
      resolve(true);
    });
    socket.once('close', () => resolve(false));
    if (socket.destroyed) resolve(false);
    socket.resume();
  });
}

/** Writes with backpressure and ends the connection; `false` when it broke or stood still. */
export async function writeData(
  socket: Socket,
  chunks: Iterable<Buffer>,
  onChunk: (chunk: Buffer) => void,
  timeoutMs: number,
): Promise<boolean> {
  socket.setTimeout(timeoutMs, () => socket.destroy());
  socket.resume();
  for (const chunk of chunks) {
    const taken = await new Promise<boolean>((resolve) => {
      socket.write(chunk, (error) => resolve(!error && !socket.destroyed));
    });
    if (!taken) return false;
    onChunk(chunk);
  }
  return await new Promise((resolve) => {
    if (socket.destroyed) resolve(false);
    socket.once('close', () => resolve(false));
    socket.end(() => resolve(!socket.destroyed));
  });
}
