// What was in a capture, in counts, and what is said of it when it holds no FTP.
import { FTP_PORT } from '../protocol/server-name.js';

/** IANA's numbers of what is often there. */
const PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'ICMP'],
  [2, 'IGMP'],
  [50, 'ESP'],
  [58, 'ICMPv6'],
  [89, 'OSPF'],
  [132, 'SCTP'],
]);

/** So many ports and protocols are named, the most frequent first. */
const MAX_NAMED = 5;

export class SeenTraffic {
  packets = 0;
  /** Packets that carry no TCP, by what they are or carry. */
  readonly otherProtocols = new Map<string, number>();
  /** TCP connections by the port of whom they were made to. */
  readonly serverPorts = new Map<number, number>();

  /** Packets that the capturing system cut. */
  private cutPackets = 0;
  private shortestCut = Number.POSITIVE_INFINITY;
  private longestCut = 0;
  private longestCaptured = 0;

  countPacket(capturedBytes = 0, originalBytes = capturedBytes): void {
    this.packets += 1;
    this.longestCaptured = Math.max(this.longestCaptured, capturedBytes);
    if (originalBytes <= capturedBytes) return;
    this.cutPackets += 1;
    this.shortestCut = Math.min(this.shortestCut, capturedBytes);
    this.longestCut = Math.max(this.longestCut, capturedBytes);
  }

  /** What is said of packets that were cut; null when none was. */
  get cutNotice(): string | null {
    const { packets, cutPackets, shortestCut, longestCut, longestCaptured } = this;
    if (cutPackets === 0) return null;
    const all = cutPackets === packets || (shortestCut === longestCut && longestCut === longestCaptured);
    const which = all ? 'all packets' : `${cutPackets} of ${packets} packets`;
    const lengths = shortestCut === longestCut ? `${longestCut}` : `${shortestCut} to ${longestCut}`;
    return `${which} are cut to ${lengths} bytes, and what they held beyond is missing: capture with a larger snap length (tcpdump -s 0)`;
  }

  countProtocol(protocol: number): void {
    this.countUnread(PROTOCOL_NAMES.get(protocol) ?? `IP protocol ${protocol}`);
  }

  /** Counts a packet that is not looked into, by what it is. */
  countUnread(what: string): void {
    this.otherProtocols.set(what, (this.otherProtocols.get(what) ?? 0) + 1);
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
  const others = listed(otherProtocols);
  const beside = others.length === 0 ? '' : `; and ${others.join(', ')}`;
  return `${holds} to ${ports.length === 1 ? 'port' : 'the ports'} ${ports.join(', ')}${among}${beside}; where there is FTP all the same, name its port`;
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
