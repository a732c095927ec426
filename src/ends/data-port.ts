// Opens a listener for one data connection: on a random port of the range, for its peer's hosts alone. A stranger is turned away and
// the listener goes on waiting for the one it is meant for (RFC 2577 sections 3 and 8: port stealing).
import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Endpoint, sameAddress } from '../protocol/endpoint.js';
import { systemErrorCode, systemReason } from '../protocol/system-errors.js';
import type { BindForeign } from './dial.js';
import { type Listener, listen } from './listen.js';
import { remoteEnd } from './socket-ends.js';

/** An inclusive range of ports. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Who made a connection to a data port. */
export interface DataCaller {
  /** The peer itself, or the client that a load balancer names. */
  readonly remote: Endpoint;
  /** Why it cannot be anybody's data connection, in words; null when it can. */
  readonly fault: string | null;
}

/** Reports who made a paused connection, now or once its first bytes tell; not at all once it is closed. */
export type CallerOf = (socket: Socket, tell: (caller: DataCaller) => void) => void;

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
  /**
   * Somebody else was turned away. `before` is whose connection has the port, where it is taken: of two that may both be the peer's, one
   * is not. The first of these is reported.
   */
  readonly onStranger: (stranger: DataCaller, before: Endpoint | null) => void;
  /** Somebody connected and broke the connection off before it could be taken: the system does not know any more who that was. */
  readonly onVanished: () => void;
  /** Default: the connection's own end. */
  readonly callerOf?: CallerOf | null;
}

/** A listener that waits for one data connection. It goes on listening until it is closed, and turns away who comes too late. */
export interface DataPort {
  readonly port: number;
  close(): void;
}

/** Queue of connections that the kernel keeps; strangers may stand in it before the peer. As many may be waited for to say who they are. */
const BACKLOG = 16;

const ITSELF: CallerOf = (socket, tell) => tell({ remote: remoteEnd(socket), fault: null });

/** Rejects with an Error whose message is a reason for people. */
export async function openDataPort(request: DataPortRequest): Promise<DataPort> {
  for (const port of portsToTry(request.range)) {
    try {
      return await listenAt(request, port);
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
  const first = randomInt(size);
  for (let step = 0; step < size; step += 1) yield range.from + ((first + step) % size);
}

async function listenAt(request: DataPortRequest, port: number): Promise<DataPort> {
  const { host: address, bindForeign, admit, onConnection, onStranger, onVanished } = request;
  const callerOf = request.callerOf ?? ITSELF;
  const unknown = new Set<Socket>();
  const close = () => {
    void listener.close();
    for (const socket of unknown) socket.destroy();
  };
  let takenBy: Endpoint | null = null;
  let hasToldLate = false;
  const judge = (socket: Socket, caller: DataCaller) => {
    unknown.delete(socket);
    const isAdmitted = admit === null || admit.some((host) => sameAddress(host, caller.remote.address));
    const isGood = isAdmitted && caller.fault === null;
    if (!isGood || takenBy !== null) {
      socket.destroy();
      if (isGood && hasToldLate) return;
      hasToldLate ||= isGood;
      return onStranger(caller, isGood ? takenBy : null);
    }
    takenBy = caller.remote;
    onConnection(socket);
  };
  const take = (socket: Socket) => {
    const hasVanished = remoteEnd(socket).address === '';
    if (hasVanished || unknown.size === BACKLOG) {
      socket.destroy();
      if (hasVanished && takenBy === null) onVanished();
      return;
    }
    unknown.add(socket);
    socket.once('close', () => unknown.delete(socket));
    callerOf(socket, (caller) => judge(socket, caller));
  };
  const listener: Listener = await listen({ address, port }, { bindForeign, backlog: BACKLOG }, take);
  return { port: listener.address.port, close };
}
