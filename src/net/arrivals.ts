// Connections of clients between their coming and their session: who the client is, and by which address it was looking for us.
// A load balancer among those that are trusted must say so first, in a PROXY header; nobody else is asked. Knows no FTP.
import type { Socket } from 'node:net';
import type { ClientRefusal } from '../dialogue/observation.js';
import { localEnd, remoteEnd } from '../ends/socket-ends.js';
import { type AddressRange, parseAddressRange } from '../protocol/address-range.js';
import { type Endpoint, sameAddress } from '../protocol/endpoint.js';
import { formatProxyHeader, type ProxyProtocolVersion, parseProxyHeader } from '../protocol/proxy-protocol.js';
import { systemReason } from '../protocol/system-errors.js';

/** A client that has come. */
export interface Arrival {
  /** Paused, with every byte behind the PROXY header still to be read. */
  readonly socket: Socket;
  readonly client: Endpoint;
  /** Our own end of the connection. */
  readonly listener: Endpoint;
  /** Where the client connected to, as far as it knows. */
  readonly reached: Endpoint;
  /** The load balancer that told of the client; null when the client came itself. */
  readonly via: Endpoint | null;
  /** Why there is nothing to be done with the connection; null when it is good. */
  readonly refusal: Refusal | null;
}

export interface Refusal {
  readonly code: ClientRefusal;
  /** For the client, too. */
  readonly detail: string;
}

export class Arrivals {
  private readonly balancers: readonly AddressRange[];
  private readonly waiting = new Set<Socket>();

  /** Throws for a range that is none. `timeoutMs` is what a header may take to come. */
  constructor(
    acceptFrom: readonly string[],
    private readonly timeoutMs: number,
  ) {
    this.balancers = acceptFrom.map((text) => {
      const range = parseAddressRange(text);
      if (range === null) throw new Error(`'${text}' is no IP address or range to accept PROXY headers from`);
      return range;
    });
  }

  /** Connections whose PROXY header is still to come. */
  get waitingCount(): number {
    return this.waiting.size;
  }

  /** Takes a paused connection; `arrived` is called once it is known who the client is, at once where nothing says otherwise. */
  take(socket: Socket, arrived: (arrival: Arrival) => void): void {
    const itself = arrivalOf(socket, null);
    const { client } = itself;
    if (!this.balancers.some((range) => range.includes(client.address))) return arrived(itself);
    this.waiting.add(socket);
    socket.once('close', () => this.waiting.delete(socket));
    readHeader(socket, this.timeoutMs, (header) => {
      this.waiting.delete(socket);
      if (typeof header === 'string') arrived({ ...itself, refusal: { code: 'bad-proxy-header', detail: header } });
      else if (header.told === null) arrived(itself);
      else arrived({ ...itself, client: header.told.source, reached: header.told.destination, via: client });
    });
  }

  /** Nobody is waited for any longer. */
  close(): void {
    for (const socket of this.waiting) socket.destroy();
  }
}

/** A client that comes itself. */
export function arrivalOf(socket: Socket, refusal: Refusal | null): Arrival {
  const listener = localEnd(socket);
  return { socket, client: remoteEnd(socket), listener, reached: listener, via: null, refusal };
}

/** The header that tells a server of the client; null when none is wanted. */
export function headerFor({ client, reached }: Arrival, version: ProxyProtocolVersion | undefined): Buffer | null {
  return version === undefined ? null : formatProxyHeader(version, { source: client, destination: reached });
}

/** Whether data for there goes past the load balancer that brought the client: our address towards that one may be of no use. */
export function goesPastBalancer({ via }: Arrival, { address }: Endpoint): boolean {
  return via !== null && !sameAddress(via.address, address);
}

type CompleteHeader = Extract<ReturnType<typeof parseProxyHeader>, { kind: 'complete' }>;

/**
 * Reads the header that a connection begins with, and nothing behind it. Calls back once, with the header or with why there is
 * none; not at all for a connection that we close ourselves.
 */
function readHeader(socket: Socket, timeoutMs: number, done: (header: CompleteHeader | string) => void): void {
  let bytes = Buffer.alloc(0);
  const settle = (header: CompleteHeader | string) => {
    stop();
    socket.pause();
    if (typeof header !== 'string' && bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
    done(header);
  };
  const refuse = (why: string) => settle(`no valid PROXY header: ${why}`);
  const take = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    const header = parseProxyHeader(bytes);
    if (header.kind === 'complete') settle(header);
    if (header.kind === 'malformed') refuse(header.reason);
  };
  const ended = () => refuse(`the connection ended after ${bytes.length} bytes`);
  const failed = (error: Error) => refuse(`${systemReason(error)} after ${bytes.length} bytes`);
  const timer = setTimeout(() => refuse(`only ${bytes.length} bytes of it within ${timeoutMs / 1000} s`), timeoutMs);
  const stop = () => {
    clearTimeout(timer);
    socket.off('data', take).off('end', ended).off('error', failed).off('close', stop);
  };
  socket.on('data', take).on('end', ended).on('error', failed).on('close', stop).resume();
}
