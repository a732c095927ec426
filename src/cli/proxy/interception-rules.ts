// The commands that make Linux hand connections to a transparent proxy, and those that undo it. Text only: nothing is run.
import type { PortRange } from '../../ends/port-ranges.js';
import type { InterceptionMethod } from '../../net/interception.js';
import { addressFamily } from '../../protocol/endpoint.js';
import { type FtpEndpoint, IMPLICIT_FTPS_PORT } from '../../protocol/server-name.js';

export interface InterceptionWish {
  readonly method: InterceptionMethod;
  /** Where the proxy listens. */
  readonly listen: readonly FtpEndpoint[];
  /** Where clients think that servers listen. */
  readonly ftpPort: number;
  /** The proxy's data ports for clients. */
  readonly dataPorts: PortRange | null;
}

export interface InterceptionRules {
  readonly set: readonly string[];
  readonly undo: readonly string[];
}

const TABLE = 'inet ftpscope';
const CHAIN = `${TABLE} intercept`;
/** Of packets that stay on this machine, and of the routing table that keeps them here. */
const MARK = '0x849';
const ROUTING_TABLE = '2121';
const FAMILIES = [
  ['-4', '0.0.0.0/0'],
  ['-6', '::/0'],
] as const;

export function interceptionRules(wish: InterceptionWish): InterceptionRules {
  return wish.method === 'redirect' ? redirectRules(wish) : tproxyRules(wish);
}

function redirectRules({ listen, ftpPort, dataPorts }: InterceptionWish): InterceptionRules {
  const control = listen.map(
    (endpoint) => `nft add rule ${CHAIN} ${matching(endpoint, ftpPort)} redirect to :${endpoint.port}`,
  );
  const families = [...new Set(listen.map(familyOf))];
  const data =
    dataPorts === null
      ? []
      : families.map(
          (family) =>
            `nft add rule ${CHAIN} iifname != lo ${family}tcp dport ${dataPorts.from}-${dataPorts.to} redirect`,
        );
  return {
    set: [...chainOf('type nat hook prerouting priority dstnat'), ...control, ...data],
    undo: [`nft delete table ${TABLE}`],
  };
}

function tproxyRules({ listen, ftpPort }: InterceptionWish): InterceptionRules {
  const listeners = `{ ${[...new Set(listen.map(({ port }) => port))].join(', ')} }`;
  const keep = `meta mark set ${MARK} accept`;
  const control = listen.map(
    (endpoint) =>
      `nft add rule ${CHAIN} ${matching(endpoint, ftpPort)} tproxy ${addressing(endpoint)}to :${endpoint.port} ${keep}`,
  );
  return {
    set: [
      ...chainOf('type filter hook prerouting priority mangle'),
      // What belongs to a connection or a data port that the proxy has at a foreign address. Its own listeners have every address,
      // and are not to catch what goes to their port elsewhere (`socket wildcard` would say that, but not of handshakes).
      `nft add rule ${CHAIN} tcp dport != ${listeners} socket transparent 1 ${keep}`,
      ...control,
      ...FAMILIES.flatMap(([family, everywhere]) => [
        `ip ${family} rule add fwmark ${MARK} lookup ${ROUTING_TABLE}`,
        `ip ${family} route add local ${everywhere} dev lo table ${ROUTING_TABLE}`,
      ]),
    ],
    undo: [
      `nft delete table ${TABLE}`,
      ...FAMILIES.flatMap(([family]) => [
        `ip ${family} rule delete fwmark ${MARK} lookup ${ROUTING_TABLE}`,
        `ip ${family} route flush table ${ROUTING_TABLE}`,
      ]),
    ],
  };
}

const chainOf = (hook: string) => [`nft add table ${TABLE}`, `nft 'add chain ${CHAIN} { ${hook}; policy accept; }'`];

/** Not what this machine sends to itself: that may be the proxy's own. */
function matching(endpoint: FtpEndpoint, ftpPort: number): string {
  return `iifname != lo ${familyOf(endpoint)}tcp dport ${endpoint.implicitTls ? IMPLICIT_FTPS_PORT : ftpPort}`;
}

/** A listener on `::` takes both families. */
function familyOf(endpoint: FtpEndpoint): string {
  const addressed = addressing(endpoint);
  return addressed === '' ? '' : `meta nfproto ${addressed === 'ip ' ? 'ipv4' : 'ipv6'} `;
}

function addressing({ address }: FtpEndpoint): '' | 'ip ' | 'ip6 ' {
  if (address === '::') return '';
  return addressFamily(address) === 2 ? 'ip6 ' : 'ip ';
}
