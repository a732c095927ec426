// A capture file of FTP sessions, made packet by packet: a login, one passive download, QUIT; for tests of what is above the capture.
import { pcap } from './capture-files.js';
import { ethernet, ipv4, tcpSegment } from './frames.js';

const CLIENT = '10.0.0.1';
const SERVER = '10.0.0.2';
const START = Date.UTC(2025, 10, 22, 12);
const STEP_MS = 10;

export interface DownloadedFile {
  readonly user: string;
  readonly name: string;
  readonly content: string;
}

/** One session for each file, one after the other, as a pcap file. */
export function capturedDownloads(files: readonly DownloadedFile[]): Buffer {
  const packets: { readonly bytes: Buffer; readonly at: number }[] = [];
  const emit = (bytes: Buffer) => packets.push({ bytes, at: START + packets.length * STEP_MS });
  files.forEach((file, index) => {
    const control = new Conversation(40_000 + index, 21, emit);
    const dataPort = 50_000 + index;
    control.open();
    control.say('server', '220 Captured server\r\n');
    control.exchange(`USER ${file.user}`, '331 Password');
    control.exchange('PASS secret', '230 Welcome');
    control.exchange('PASV', `227 (10,0,0,2,${dataPort >> 8},${dataPort & 0xff})`);
    control.say('client', `RETR ${file.name}\r\n`);
    const data = new Conversation(41_000 + index, dataPort, emit);
    data.open();
    control.say('server', '150 Here\r\n');
    data.say('server', file.content);
    data.close();
    control.say('server', '226 Done\r\n');
    control.exchange('QUIT', '221 Bye');
    control.close();
  });
  return pcap(packets);
}

type Speaker = 'client' | 'server';

/** One TCP connection; everything arrives, in order. */
class Conversation {
  private readonly sent = { client: 1000, server: 9000 };

  constructor(
    private readonly clientPort: number,
    private readonly serverPort: number,
    private readonly emit: (bytes: Buffer) => void,
  ) {}

  open(): void {
    this.send('client', 'S');
    this.send('server', 'SA');
    this.send('client', 'A');
  }

  exchange(command: string, reply: string): void {
    this.say('client', `${command}\r\n`);
    this.say('server', `${reply}\r\n`);
  }

  say(speaker: Speaker, payload: string): void {
    this.send(speaker, 'A', payload);
  }

  close(): void {
    this.send('server', 'FA');
    this.send('client', 'FA');
    this.send('server', 'A');
  }

  private send(speaker: Speaker, flags: string, payload = ''): void {
    const fromClient = speaker === 'client';
    const [sourcePort, destinationPort] = fromClient
      ? [this.clientPort, this.serverPort]
      : [this.serverPort, this.clientPort];
    const acknowledgement = flags === 'S' ? 0 : this.sent[fromClient ? 'server' : 'client'];
    const segment = tcpSegment({
      sourcePort,
      destinationPort,
      sequence: this.sent[speaker],
      acknowledgement,
      flags,
      payload,
    });
    this.sent[speaker] += payload.length + (/[SF]/.test(flags) ? 1 : 0);
    const [source, destination] = fromClient ? [CLIENT, SERVER] : [SERVER, CLIENT];
    this.emit(ethernet(ipv4(segment, { source, destination })));
  }
}
