// Opens a listener for one data connection: on a random port of the range, for its peer's hosts alone. A stranger is turned away and
// the listener goes on waiting for the one it is meant for (RFC 2577 sections 3 and 8: port stealing).

import { createServer, type Server, type Socket } from 'node:net';
import { type Endpoint, sameAddress } from '../protocol/endpoint.js';
import { systemErrorCode, systemReason } from '../protocol/system-errors.js';
import type { BindForeign } from './dial.js';
import { remoteEnd } from './socket-ends.js';

/** An inclusive range of ports. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface DataPortRequest {
  /** Where to listen. */
  readonly host: string;
  /** Null for whatever port the system gives. */
  readonly range: PortRange | null;
  /** The hosts that may connect; null for any. */
  readonly admit: readonly string[] | null;
  /** For a host that is not this machine's. */
  readonly bindForeign: BindForeign | null;
  /** The connection that was waited for: paused, half-open allowed. */
  readonly onConnection: (socket: Socket) => void;
  readonly onStranger: (remote: Endpoint) => void;
}

/** A listener that waits for one data connection. */
export interface DataPort {
  readonly port: number;
  close(): void;
}

/** Queue of connections that the kernel keeps; strangers may stand in it before the peer. */
const BACKLOG = 16;

/** Rejects with an Error whose message is a reason for people. */
export async function openDataPort(request: DataPortRequest): Promise<DataPort> {
  for (const port of portsToTry(request.range)) {
    try {
      return await listen(request, port);
    } catch (error) {
      if (request.range === null || systemErrorCode(error) !== 'EADDRINUSE') throw new Error(systemReason(error));
    }
  }
  throw new Error(`every port from ${request.range?.from} to ${request.range?.to} is in use`);
}

/** The whole range, from a random place on, so that the next port cannot be guessed (RFC 2577 section 8). */
function* portsToTry(range: PortRange | null): Generator<number> {
  if (range === null) {
    yield 0;
    return;
  }
  const size = range.to - range.from + 1;
  const first = Math.floor(Math.random() * size);
  for (let step = 0; step < size; step += 1) yield range.from + ((first + step) % size);
}

function listen(request: DataPortRequest, port: number): Promise<DataPort> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.once('error', reject);
    server.on('connection', (socket) => admitOne(server, socket, request));
    server.listen(placeOf(request, port), () => {
      server.off('error', reject);
      // Errors of accept (too many open files) pass: the peer's connection waits in the kernel's queue.
      server.on('error', () => {});
      const address = server.address();
      const openPort = typeof address === 'object' && address !== null ? address.port : port;
      resolve({ port: openPort, close: () => server.close() });
    });
  });
}

function placeOf({ host, bindForeign }: DataPortRequest, port: number) {
  if (bindForeign !== null) return { fd: bindForeign({ address: host, port }) };
  return { host, port, backlog: BACKLOG, exclusive: true };
}

function admitOne(server: Server, socket: Socket, { admit, onConnection, onStranger }: DataPortRequest): void {
  const remote = remoteEnd(socket);
  if (admit !== null && !admit.some((host) => sameAddress(host, remote.address))) {
    socket.destroy();
    onStranger(remote);
    return;
  }
  server.close();
  server.removeAllListeners('connection');
  server.on('connection', (late) => late.destroy());
  onConnection(socket);
}
