// What a session is given to begin with, and what follows from it for the proxy's own ends of its connections: from which address
// it dials, where it listens, and what it tells peers of that.
import type { SessionOrigin, Side } from '../dialogue/observation.js';
import type { DataPortPool } from '../ends/data-port-pool.js';
import { type BindForeign, type DialFrom, FROM_ANYWHERE } from '../ends/dial.js';
import type { PortRange } from '../ends/port-ranges.js';
import type { SessionTls } from '../ends/tls/session-tls.js';
import { addressFamily, type Endpoint, sameAddress } from '../protocol/endpoint.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import type { SessionPolicy } from '../relay/policy.js';
import type { ModesOf } from '../relay/server-leg-opening.js';
import { type Arrival, goesPastBalancer } from './arrivals.js';
import type { Located } from './forward-servers.js';
import type { Acknowledge } from './linux/quick-ack.js';
import { valueFor } from './options/endpoint-values.js';
import type { ProxySettings } from './proxy-settings.js';
import type { Pump } from './pump.js';

export interface SessionStart {
  readonly number: number;
  readonly arrival: Arrival;
  /** The server; the settings need not name it. Null in forward mode, where the client does. */
  readonly server: FtpEndpoint | null;
  /** Whether a connection between these ends is one that this proxy made to a server. */
  readonly isOwn: (from: Endpoint, to: Endpoint) => boolean;
  /** Finds the servers that clients name, and says which they may have. */
  readonly locate: (server: FtpEndpoint) => Promise<Located>;
  /** How the session came to the proxy. */
  readonly how: SessionOrigin;
  /** For the side towards which the proxy has an address that is not its own. */
  readonly bindForeign: Readonly<Record<Side, BindForeign | null>>;
  readonly settings: ProxySettings;
  readonly policy: SessionPolicy;
  readonly tls: SessionTls;
  /** Acknowledges at once what came on a connection. */
  readonly acknowledge: Acknowledge;
  /** Where data connections from either side are waited for. */
  readonly dataPorts: Readonly<Record<Side, DataPortPool>>;
  /** What carries large transfers. */
  readonly pump: Pump | null;
  /** What sessions have learnt of servers' data modes. */
  readonly modesOf: ModesOf;
  /** Called with what this session fails of. */
  readonly onFault: (error: unknown) => void;
  /** Called once nothing of the session is left open. */
  readonly onOver: () => void;
}

/** Where the proxy listens for a data connection. */
export interface DataPortPlace {
  readonly host: string;
  readonly range: PortRange | null;
  /** What the peer is told instead of `host`; null for that itself. */
  readonly advertised: string | null;
}

/** From where the server is dialled. */
export function serverSource({ bindForeign, settings }: SessionStart, client: Endpoint): DialFrom {
  const address = bindForeign.server === null ? settings.serverSourceAddress : client.address;
  return { local: address === undefined ? null : { address, port: 0 }, bindForeign: bindForeign.server };
}

/** From where a data connection to `target` is dialled; `control` is the control connection to that side, as seen from our end. */
export function dataFrom(
  start: SessionStart,
  side: Side,
  control: { readonly local: Endpoint; readonly remote: Endpoint },
  target: Endpoint,
): DialFrom {
  const { bindForeign, settings, arrival } = start;
  const port = side === 'client' ? (settings.activeSourcePort ?? 0) : 0;
  // A client that a load balancer brought is reached past it, from whatever address leads there.
  const anywhere = side === 'client' && goesPastBalancer(arrival, target);
  // The system chooses the address that it chose for the control connection, and a free port faster than when the address is named. Not
  // for IPv6, where a host's own addresses come and go (RFC 8981).
  const asBefore =
    side === 'server' &&
    addressFamily(target.address) === 1 &&
    bindForeign.server === null &&
    settings.serverSourceAddress === undefined &&
    sameAddress(control.remote.address, target.address);
  if (asBefore) return FROM_ANYWHERE;
  return { local: { address: anywhere ? '' : control.local.address, port }, bindForeign: bindForeign[side] };
}

/** Where a data connection from that side is waited for; `host` is the proxy's address on the control connection to it. */
export function dataPortFacing(start: SessionStart, facing: Side, host: string): DataPortPlace {
  const { dataPorts, advertise } = start.settings;
  // Who takes the proxy for the server is to go on doing so.
  const mistakenFor = start.how === 'transparent' && facing === 'client' ? start.server?.address : undefined;
  return {
    host,
    range: valueFor(facing, dataPorts) ?? null,
    advertised: valueFor(facing, advertise) ?? mistakenFor ?? null,
  };
}
