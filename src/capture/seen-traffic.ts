// What was in a capture, in counts, and what is said of it when it holds no FTP.
import { FTP_PORT } from '../protocol/server-name.js';
import { TCP } from './header-numbers.js';

/** IANA's numbers of what is often there. */
const PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'ICMP'],
  [2, 'IGMP'],
  [17, 'UDP'],
  [47, 'GRE'],
  [50, 'ESP'],
  [58, 'ICMPv6'],
  [89, 'OSPF'],
  [132, 'SCTP'],
]);

/** So many ports and protocols are named, the most frequent first. */
const MAX_NAMED = 5;

export class SeenTraffic {
  packets = 0;
  /** Datagrams of IP that carry no TCP, by what they carry. */
  readonly otherProtocols = new Map<string, number>();
  /** TCP connections by the port of whom they were made to. */
  readonly serverPorts = new Map<number, number>();

  countPacket(): void {
    this.packets += 1;
  }

  countProtocol(protocol: number): void {
    if (protocol === TCP) return;
    const name = PROTOCOL_NAMES.get(protocol) ?? `IP protocol ${protocol}`;
    this.otherProtocols.set(name, (this.otherProtocols.get(name) ?? 0) + 1);
  }

  countConnection(serverPort: number): void {
    this.serverPorts.set(serverPort, (this.serverPorts.get(serverPort) ?? 0) + 1);
  }
}

/** One line, for people. `protocols` counts the connections whose protocol was recognised. */
export function noFtpNotice(
  { packets, serverPorts, otherProtocols }: Pick<SeenTraffic, 'packets' | 'serverPorts' | 'otherProtocols'>,
  protocols: ReadonlyMap<string, number>,
): string {
  const connections = [...serverPorts.values()].reduce((sum, count) => sum + count, 0);
  const holds = `no FTP in the capture: it holds ${counted(packets, 'packet')}, ${counted(connections, 'TCP connection')}`;
  if (connections === 0) return [holds, ...listed(otherProtocols)].join(', ');
  const ports = mostFrequent(serverPorts).map(([port, count]) => `${port} (${count})`);
  const known = listed(protocols);
  const among = known.length === 0 ? '' : `, among them ${known.join(', ')}`;
  return `${holds} to ${ports.length === 1 ? 'port' : 'the ports'} ${ports.join(', ')}${among}; where there is FTP all the same, name its port`;
}

function listed(counts: ReadonlyMap<string, number>): string[] {
  return mostFrequent(counts).map(([name, count]) => `${count} ${name}`);
}

function mostFrequent<Kind>(counts: ReadonlyMap<Kind, number>): (readonly [Kind | 'others', number])[] {
  const sorted = [...counts].sort((one, other) => other[1] - one[1]);
  const others = sorted.slice(MAX_NAMED).reduce((sum, [, count]) => sum + count, 0);
  const named: (readonly [Kind | 'others', number])[] = sorted.slice(0, MAX_NAMED);
  return others === 0 ? named : [...named, ['others', others]];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** One line for each reason why connections to FTP's own port are not shown. */
export function notShownNotices(notShown: ReadonlyMap<string, number>): string[] {
  return [...notShown].map(([why, count]) => `${counted(count, 'connection')} to port ${FTP_PORT} not shown: ${why}`);
}
