// What was in a capture, in counts: for telling what it holds when it holds no FTP.

const TCP = 6;
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
