// A small capture file with one FTP session in it, a passive download and all, written packet by packet.
import { type CapturedPacket, pcap } from './capture-files.js';
import { ethernet, ipv4, tcpSegment } from './frames.js';

const CLIENT = '10.0.0.1';
const SERVER = '10.0.0.2';

/** Both ends of one connection, and how far each has sent. */
export class Packets {
  private readonly next = { client: 1000, server: 5000 };

  constructor(
    private readonly packets: CapturedPacket[],
    private readonly ports: { readonly client: number; readonly server: number },
  ) {
    this.add('client', 'S').add('server', 'SA').add('client', 'A');
  }

  client(line: string): this {
    return this.add('client', 'A', `${line}\r\n`);
  }

  server(line: string): this {
    return this.add('server', 'A', `${line}\r\n`);
  }

  closes(): this {
    return this.add('server', 'FA').add('client', 'FA').add('server', 'A');
  }

  add(from: 'client' | 'server', flags: string, payload = ''): this {
    const to = from === 'client' ? 'server' : 'client';
    const [source, destination] = from === 'client' ? [CLIENT, SERVER] : [SERVER, CLIENT];
    const segment = tcpSegment({
      sourcePort: this.ports[from],
      destinationPort: this.ports[to],
      sequence: this.next[from],
      acknowledgement: flags === 'S' ? 0 : this.next[to],
      flags,
      payload,
    });
    this.next[from] += payload.length + (/[SF]/.test(flags) ? 1 : 0);
    const bytes = ethernet(ipv4(segment, { source, destination }));
    this.packets.push({ bytes, at: 1_700_000_000_000 + this.packets.length });
    return this;
  }
}

/** The download's bytes. */
export const DOWNLOADED = 'first line\nsecond line\n';

export function ftpCaptureFile(): Buffer {
  const packets: CapturedPacket[] = [];
  const control = new Packets(packets, { client: 40_000, server: 2100 });
  control.server('220 ready').client('USER ann').server('331 password').client('PASS secret').server('230 in');
  control.client('PASV').server('227 ok (10,0,0,2,195,80)');
  const data = new Packets(packets, { client: 40_001, server: 50_000 });
  control.client('RETR a.txt').server('150 here it comes');
  data.add('server', 'A', DOWNLOADED).closes();
  control.server('226 done').client('QUIT').server('221 bye').closes();
  return pcap(packets);
}
