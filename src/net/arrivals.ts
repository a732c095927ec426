// Connections of clients between their coming and their session: who the client is, and by which address it was looking for us.
// A load balancer among those that are trusted must say so first, in a PROXY header; nobody else is asked. Knows no FTP.
import type { Socket } from 'node:net';
import type { ClientRefusal } from '../dialogue/observation.js';
import type { DataCaller } from '../ends/data-port.js';
import { localEnd, remoteEnd } from '../ends/socket-ends.js';
import { type AddressRange, parseAddressRange } from '../protocol/address-range.js';
import { type Endpoint, sameAddress } from '../protocol/endpoint.js';
import { formatProxyHeader, type ProxyProtocolVersion } from '../protocol/proxy-protocol.js';
import { readHeader } from './header-reading.js';

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

/** What a connection on the control port turned out to be. */
export interface ArrivalEvents {
  arrived(arrival: Arrival): void;
  /** The load balancer speaks for itself. */
  healthCheck(arrival: Arrival): void;
}

/**
 * Data connections from load balancers: a PROXY header in front of the data is `accept`ed and stripped, or `require`d, or there is
 * none (`off`), and all bytes are the client's.
 */
export type DataHeaderPolicy = (typeof DATA_HEADER_POLICIES)[number];
export const DATA_HEADER_POLICIES = ['accept', 'require', 'off'] as const;

/** A balancer sends its header with the connection. A client that downloads sends nothing at all, and must not wait for long. */
const DATA_HEADER_GRACE_MS = 300;

export interface ArrivalRules {
  /** Addresses and ranges of the load balancers. */
  readonly acceptFrom: readonly string[];
  readonly dataHeader: DataHeaderPolicy;
  /** What a header may take to come. */
  readonly timeoutMs: number;
}

export class Arrivals {
  private readonly balancers: readonly AddressRange[];
  private readonly waiting = new Set<Socket>();
  private readonly timeoutMs: number;
  private readonly dataHeader: DataHeaderPolicy;

  /** Throws for a range that is none. */
  constructor({ acceptFrom, dataHeader, timeoutMs }: ArrivalRules) {
    this.timeoutMs = timeoutMs;
    this.dataHeader = dataHeader;
    this.balancers = acceptFrom.map((text) => {
      const range = parseAddressRange(text);
      if (range === null) throw new Error(`'${text}' is no IP address or range to accept PROXY headers from`);
      return range;
    });
  }

  /** Connections whose PROXY header is still to come, and health checks. */
  get waitingCount(): number {
    return this.waiting.size;
  }

  /** Takes a paused connection, and reports once it is known who the client is, at once where nothing says otherwise. */
  take(socket: Socket, { arrived, healthCheck }: ArrivalEvents): void {
    const itself = arrivalOf(socket, null);
    const { client } = itself;
    if (!this.isBalancer(client)) return arrived(itself);
    this.waiting.add(socket);
    socket.once('close', () => this.waiting.delete(socket));
    readHeader(socket, { timeoutMs: this.timeoutMs, graceMs: null }, (beginning) => {
      const told = beginning.kind === 'complete' ? beginning.told : null;
      if (beginning.kind === 'complete' && told === null) return healthCheck(itself);
      this.waiting.delete(socket);
      const detail = beginning.kind === 'refused' ? beginning.reason : 'no PROXY header';
      if (told === null) arrived({ ...itself, refusal: { code: 'bad-proxy-header', detail } });
      else arrived({ ...itself, client: told.source, reached: told.destination, via: client });
    });
  }

  /** Whose data connection it is: that of whoever made it, or of the client that a load balancer's header names. */
  callerOf(socket: Socket, tell: (caller: DataCaller) => void): void {
    const remote = remoteEnd(socket);
    if (this.dataHeader === 'off' || !this.isBalancer(remote)) return tell({ remote, fault: null });
    const graceMs = this.dataHeader === 'require' ? null : DATA_HEADER_GRACE_MS;
    readHeader(socket, { timeoutMs: this.timeoutMs, graceMs }, (beginning) => {
      if (beginning.kind === 'none') tell({ remote, fault: null });
      else if (beginning.kind === 'refused') tell({ remote, fault: beginning.reason });
      else if (beginning.told === null)
        tell({ remote, fault: 'a PROXY header that names no client (a health check?)' });
      else tell({ remote: beginning.told.source, fault: null });
    });
  }

  /** Nobody is waited for any longer. */
  close(): void {
    for (const socket of this.waiting) socket.destroy();
  }

  private isBalancer({ address }: Endpoint): boolean {
    return this.balancers.some((range) => range.includes(address));
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
