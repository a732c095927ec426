// A capture file of several FTP sessions, each with a login and a passive download; for tests of what is above the capture.
import { type CapturedPacket, pcap } from './capture-files.js';
import { Packets } from './ftp-capture-file.js';

export interface DownloadedFile {
  readonly user: string;
  readonly name: string;
  readonly content: string;
}

/** One session for each file, one after the other, as a pcap file. */
export function capturedDownloads(files: readonly DownloadedFile[]): Buffer {
  const packets: CapturedPacket[] = [];
  files.forEach(({ user, name, content }, index) => {
    const dataPort = 50_000 + index;
    const control = new Packets(packets, { client: 40_000 + index, server: 21 });
    control.server('220 Captured server').client(`USER ${user}`).server('331 Password').client('PASS secret');
    control
      .server('230 Welcome')
      .client('PASV')
      .server(`227 (10,0,0,2,${dataPort >> 8},${dataPort & 0xff})`);
    control.client(`RETR ${name}`);
    const data = new Packets(packets, { client: 41_000 + index, server: dataPort });
    control.server('150 Here');
    data.add('server', 'A', content).closes();
    control.server('226 Done').client('QUIT').server('221 Bye').closes();
  });
  return pcap(packets);
}
