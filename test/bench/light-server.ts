// An FTP server as light as can be, run in a process of its own: no files, no checks, just what the bench sends. It prints its
// port. `RETR BYTES` sends that many, zeros or those of `bytesOf` where a number follows; `STOR BYTES PAUSE_MS` pauses for so long after so many, as a slow reader does.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { bytesOf } from './light-content.js';

const BLOCK = Buffer.alloc(64 * 1024);

function listenOnAnyPort(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', 4096, () => resolve((server.address() as AddressInfo).port));
  });
}

class Session {
  private buffered = '';
  private dataConnection: Promise<Socket> | null = null;

  constructor(private readonly control: Socket) {
    control.setNoDelay(true);
    control.on('error', () => control.destroy());
    control.on('data', (bytes: Buffer) => this.take(bytes.toString('latin1')));
    this.say('220 light');
  }

  private take(text: string): void {
    const lines = (this.buffered + text).split('\r\n');
    this.buffered = lines.pop() ?? '';
    this.control.cork();
    for (const line of lines) this.command(line.split(' '));
    this.control.uncork();
  }

  private command([verb = '', ...args]: string[]): void {
    const [first = 0, second = 0] = args.map(Number);
    switch (verb) {
      case 'USER':
        return this.say('331 password');
      case 'PASS':
        return this.say('230 in');
      case 'EPSV':
        return void this.listen();
      case 'RETR':
        return void this.send(first, second).catch(() => this.control.destroy());
      case 'STOR':
        return void this.receive(first, second).catch(() => this.control.destroy());
      case 'QUIT':
        this.say('221 bye');
        return void this.control.end();
      default:
        return this.say('200 done');
    }
  }

  private say(line: string): void {
    if (this.control.writable) this.control.write(`${line}\r\n`);
  }

  private async listen(): Promise<void> {
    const server = createServer();
    this.dataConnection = once(server, 'connection').then(([socket]: Socket[]) => {
      server.close();
      if (socket === undefined) throw new Error('no data connection');
      return socket;
    });
    this.say(`229 here (|||${await listenOnAnyPort(server)}|)`);
  }

  private async send(bytes: number, number: number): Promise<void> {
    this.say('150 sending');
    const data = await this.dataConnection;
    if (data === null) return;
    if (number > 0) data.write(bytesOf(bytes, number));
    for (let left = number > 0 ? 0 : bytes; left > 0; left -= BLOCK.length) {
      if (!data.write(BLOCK.subarray(0, Math.min(left, BLOCK.length)))) await once(data, 'drain');
    }
    data.end();
    await once(data, 'finish');
    this.say('226 sent');
  }

  private async receive(pauseAt: number, pauseMs: number): Promise<void> {
    this.say('150 receiving');
    const data = await this.dataConnection;
    if (data === null) return;
    let received = 0;
    let paused = pauseMs === 0;
    for await (const chunk of data) {
      received += (chunk as Buffer).length;
      if (paused || received < pauseAt) continue;
      paused = true;
      await delay(pauseMs);
    }
    this.say(`226 ${received}`);
  }
}

const server = createServer((control) => void new Session(control));
process.stdout.write(`port ${await listenOnAnyPort(server)}\n`);
