// The commands that make Linux hand connections to a transparent proxy, and those that undo it. Text only: nothing is run. Either may be run
// again: nftables takes each as one transaction, in which the table is made anew, so that no connection passes by in between.
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
  const control = listen.map((endpoint) => `${matching(endpoint, ftpPort)} redirect to :${endpoint.port}`);
  const families = [...new Set(listen.map(familyOf))];
  const data =
    dataPorts === null
      ? []
      : families.map((family) => `iifname != lo ${family}tcp dport ${dataPorts.from}-${dataPorts.to} redirect`);
  return {
    set: tableOf('type nat hook prerouting priority dstnat', [...control, ...data]),
    undo: [UNDO_TABLE],
  };
}

function tproxyRules({ listen, ftpPort }: InterceptionWish): InterceptionRules {
  const listeners = `{ ${[...new Set(listen.map(({ port }) => port))].join(', ')} }`;
  const keep = `meta mark set ${MARK} accept`;
  const control = listen.map(
    (endpoint) => `${matching(endpoint, ftpPort)} tproxy ${addressing(endpoint)}to :${endpoint.port} ${keep}`,
  );
  return {
    set: [
      ...tableOf('type filter hook prerouting priority mangle', [
        // What belongs to a connection or a data port that the proxy has at a foreign address. Its own listeners have every address,
        // and are not to catch what goes to their port elsewhere (`socket wildcard` would say that, but not of handshakes).
        `tcp dport != ${listeners} socket transparent 1 ${keep}`,
        ...control,
      ]),
      ...FAMILIES.flatMap(([family, everywhere]) => [
        unrouted(family),
        `ip ${family} rule add fwmark ${MARK} lookup ${ROUTING_TABLE}`,
        `ip ${family} route replace local ${everywhere} dev lo table ${ROUTING_TABLE}`,
      ]),
    ],
    undo: [
      UNDO_TABLE,
      ...FAMILIES.flatMap(([family]) => [
        unrouted(family),
        `ip ${family} route flush table ${ROUTING_TABLE} 2>/dev/null || true`,
      ]),
    ],
  };
}

/** `add` before `delete` is for a table that is not there. */
const DROP_TABLE = `add table ${TABLE}; delete table ${TABLE}`;
const UNDO_TABLE = `nft '${DROP_TABLE}'`;

/** One command for one transaction. */
function tableOf(hook: string, rules: readonly string[]): string[] {
  const lines = [`${hook}; policy accept;`, ...rules].map((line) => `    ${line}`);
  return [`nft '${DROP_TABLE}; table ${TABLE} {`, '  chain intercept {', ...lines, '  }', "}'"];
}

/** A rule that is added twice is there twice, or refused, as the version of `ip` has it. */
function unrouted(family: string): string {
  return `while ip ${family} rule delete fwmark ${MARK} lookup ${ROUTING_TABLE} 2>/dev/null; do :; done`;
}

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
