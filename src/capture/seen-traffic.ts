// What was in a capture, in counts: for telling what it holds when it holds no FTP.

export class SeenTraffic {
  packets = 0;
  /** By IP protocol number. */
  private readonly protocols = new Uint32Array(256);
  readonly linkTypes = new Map<number, number>();
  /** TCP connections by the port of whom they were made to. */
  readonly serverPorts = new Map<number, number>();

  countPacket(linkType: number): void {
    this.packets += 1;
    this.linkTypes.set(linkType, (this.linkTypes.get(linkType) ?? 0) + 1);
  }

  countProtocol(protocol: number): void {
    this.protocols[protocol] = (this.protocols[protocol] ?? 0) + 1;
  }

  countConnection(serverPort: number): void {
    this.serverPorts.set(serverPort, (this.serverPorts.get(serverPort) ?? 0) + 1);
  }
}
