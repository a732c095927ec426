// Listens for clients of a server of our own: lines in, replies out, each client on its own. Knows no FTP beyond its line ends.

import { createServer, type Socket } from 'node:net';
import type { Endpoint } from '../protocol/endpoint.js';
import { DEFAULT_MAX_LINE_BYTES, LineSplitter, type SplitterOutput } from '../protocol/line-splitter.js';
import { isStalledAbort } from '../protocol/telnet.js';
import { ControlConnection } from './control-connection.js';

/** ABOR sent as urgent data loses its LF: after so long it is taken for whole. */
const STALLED_ABORT_MS = 200;

/** One client. */
export interface ServedConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Sends lines, each with its end. */
  say(lines: readonly string[], ends?: readonly string[]): void;
  /** Stops taking lines, or goes on. */
  setReading(reading: boolean): void;
  /** Resolves when the client has taken most of what was said. */
  taken(): Promise<void>;
  /** Ends it once everything was sent. */
  close(): void;
}

export interface ServedEvents {
  /** A line with its end, as bytes. Null: it was too long. */
  line(raw: Buffer | null, end: '\r\n' | '\n' | '\r' | ''): void;
  /** Something is being done for the client, which may well be silent meanwhile. */
  isBusy(): boolean;
  /** The client has gone, or says no more. Told once. */
  ended(): void;
}

export interface ControlServer {
  /** With the real port. */
  readonly address: Endpoint;
  /** Ends every connection; resolves when none is left. */
  close(): Promise<void>;
}

export interface ControlServerOptions {
  /** One more is turned away. */
  readonly maxClients: number;
  /** A client that says nothing for so long is let go of. */
  readonly idleTimeoutMs: number;
}

/** Rejects with the system's error when it cannot listen there. */
export function serveControl(
  { address: host, port }: Endpoint,
  { maxClients, idleTimeoutMs }: ControlServerOptions,
  welcome: (connection: ServedConnection) => ServedEvents,
): Promise<ControlServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (sockets.size > maxClients) turnAway(socket);
    else serve(socket, idleTimeoutMs, welcome);
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // Errors of accept (too many open files) pass.
      server.on('error', () => {});
      const bound = server.address();
      const real = typeof bound === 'object' && bound !== null ? bound.port : port;
      resolve({ address: { address: host, port: real }, close });
    });
  });
}

function turnAway(socket: Socket): void {
  socket.on('error', () => {});
  socket.resume();
  socket.end('421 Too many clients\r\n', () => socket.destroy());
}

function serve(socket: Socket, idleTimeoutMs: number, welcome: (connection: ServedConnection) => ServedEvents): void {
  const splitter = new LineSplitter(DEFAULT_MAX_LINE_BYTES);
  let isOver = false;
  const whenTaken: (() => void)[] = [];
  const tellTaken = () => {
    for (const tell of whenTaken.splice(0)) tell();
  };
  let stalled: NodeJS.Timeout | undefined;
  const take = (output: SplitterOutput | null) => {
    if (output?.kind === 'line') events.line(output.raw, output.end);
    else if (output !== null) events.line(null, '');
  };
  const end = () => {
    clearTimeout(stalled);
    if (isOver) return;
    isOver = true;
    tellTaken();
    events.ended();
  };
  const control = new ControlConnection(socket, {
    bytes: (bytes) => {
      clearTimeout(stalled);
      for (const output of splitter.push(bytes)) take(output);
      if (isStalledAbort(splitter.rest)) stalled = setTimeout(() => take(splitter.flush()), STALLED_ABORT_MS);
    },
    ended: () => {
      end();
      control.close();
    },
    lost: end,
    drained: tellTaken,
  });
  const events = welcome({
    local: control.local,
    remote: control.remote,
    say: (lines, ends) =>
      control.send(Buffer.from(lines.map((line, at) => line + (ends?.[at] ?? '\r\n')).join(''), 'latin1')),
    taken: () =>
      new Promise((resolve) => {
        if (isOver || !control.congested) resolve();
        else whenTaken.push(resolve);
      }),
    setReading: (reading) => control.setReading(reading),
    close: () => {
      end();
      control.close();
    },
  });
  socket.setTimeout(idleTimeoutMs, () => {
    if (events.isBusy()) socket.setTimeout(idleTimeoutMs);
    else socket.destroy();
  });
  control.setReading(true);
}
