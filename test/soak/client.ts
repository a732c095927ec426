// One visit of a client: it logs in, makes a few transfers, and behaves well or badly. It says of each transfer what the server claimed, and
// what came of it as far as a client can know.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { Chance } from '../support/chance.js';
import { portIn } from '../support/lenient-port.js';

export type Manner =
  /** As it should be. */
  | 'well'
  /** Resets its data connection in the middle. */
  | 'resets'
  /** Closes its control connection in the middle, without a word. */
  | 'cuts'
  /** Reads or writes with pauses. */
  | 'slow'
  /** Says ABOR in the middle. */
  | 'aborts';

export interface Visit {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly encrypts: boolean;
  readonly mode: 'PASV' | 'EPSV' | 'PORT' | 'EPRT';
  readonly manner: Manner;
  readonly direction: 'upload' | 'download';
  /** In the server's folder. */
  readonly name: string;
  /** What is sent, or what is there. */
  readonly content: Buffer;
}

export interface Outcome {
  /** The last reply to the transfer command; null when there was none. */
  readonly code: number | null;
  /** Of a download. */
  readonly received: string | null;
  readonly bytes: number;
}

/** Longer than any bound of the proxy's that a visit meets: what takes longer hangs. */
const PATIENCE_MS = 45_000;
const LOOPBACK = '127.0.0.1';
const PIECE_BYTES = 16 * 1024;
const PAUSE_MS = 10;

export class Hang extends Error {
  override readonly name = 'Hang';
}

export async function visit(what: Visit, chance: Chance): Promise<Outcome> {
  const visitor = new Visitor(what, chance);
  try {
    return await visitor.visit();
  } finally {
    visitor.leave();
  }
}

class Visitor {
  private readonly plain: Socket;
  private control: Socket;
  private heard = '';
  private wake: () => void = () => {};
  private isClosed = false;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly what: Visit,
    private readonly chance: Chance,
  ) {
    this.plain = this.keep(connect(what));
    this.control = this.plain;
    this.listen();
  }

  async visit(): Promise<Outcome> {
    const { user, password, encrypts } = this.what;
    await this.reply();
    if (encrypts && !(await this.encrypt())) return { code: null, received: null, bytes: 0 };
    await this.says(`USER ${user}`);
    await this.says(`PASS ${password}`);
    if (encrypts) for (const line of ['PBSZ 0', 'PROT P']) await this.says(line);
    await this.says('TYPE I');
    await this.says('CWD pub');
    const outcome = await this.transfer();
    if (this.what.manner === 'well' || this.chance.oneIn(2)) await this.says('QUIT').catch(() => {});
    return outcome;
  }

  leave(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private async transfer(): Promise<Outcome> {
    const data = await this.dataConnection();
    const { direction, name } = this.what;
    this.send(`${direction === 'upload' ? 'STOR' : 'RETR'} ${name}`);
    const socket = await data();
    if (socket === null) return { code: await this.finalReply(), received: null, bytes: 0 };
    const ready = this.what.encrypts ? await this.encrypted(socket) : socket;
    const carried = direction === 'upload' ? this.sends(ready, socket) : this.receives(ready, socket);
    const [code, { bytes, received }] = await Promise.all([this.finalReply(), carried]);
    return { code, received, bytes };
  }

  private async sends(data: Socket, plain: Socket): Promise<{ readonly bytes: number; readonly received: null }> {
    const { content, manner } = this.what;
    const until = manner === 'well' || manner === 'slow' ? content.length : Math.floor(content.length / 2);
    let at = 0;
    for (; at < until && !data.destroyed; at += PIECE_BYTES) {
      if (!data.write(content.subarray(at, Math.min(until, at + PIECE_BYTES)))) await this.drained(data);
      if (manner === 'slow') await delay(PAUSE_MS);
    }
    await this.misbehave(data, plain);
    return { bytes: Math.min(at, until), received: null };
  }

  private async receives(data: Socket, plain: Socket): Promise<{ readonly bytes: number; readonly received: string }> {
    const { content, manner } = this.what;
    const hash = createHash('sha256');
    const until = manner === 'well' || manner === 'slow' ? Infinity : Math.floor(content.length / 2);
    let bytes = 0;
    try {
      for await (const piece of data) {
        if (!Buffer.isBuffer(piece)) continue;
        hash.update(piece);
        bytes += piece.length;
        if (manner === 'slow' && this.chance.oneIn(4)) await delay(PAUSE_MS);
        if (bytes >= until) break;
      }
    } catch {
      // A broken connection brings what it brought.
    }
    await this.misbehave(data, plain);
    return { bytes, received: hash.digest('hex') };
  }

  private async misbehave(data: Socket, plain: Socket): Promise<void> {
    switch (this.what.manner) {
      case 'well':
      case 'slow':
        data.end();
        return;
      case 'resets':
        plain.resetAndDestroy();
        return;
      case 'cuts':
        this.plain.destroy();
        data.end();
        return;
      case 'aborts':
        this.send('ABOR');
        data.destroy();
        return;
    }
  }

  /** Asks for a data connection; what it gives connects, once the transfer command is out. */
  private async dataConnection(): Promise<() => Promise<Socket | null>> {
    const { mode } = this.what;
    if (mode === 'PASV' || mode === 'EPSV') {
      const port = portIn(await this.says(mode));
      return async () => (port === null ? null : this.connected(this.keep(connect({ host: LOOPBACK, port }))));
    }
    const server = createServer();
    await once(server.listen(0, LOOPBACK), 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const came = once(server, 'connection').then(([socket]: Socket[]) =>
      socket === undefined ? null : this.keep(socket),
    );
    await this.says(mode === 'PORT' ? `PORT 127,0,0,1,${port >> 8},${port & 255}` : `EPRT |1|127.0.0.1|${port}|`);
    return async () => {
      const socket = await Promise.race([came, this.refused()]);
      server.close();
      return socket;
    };
  }

  private async connected(socket: Socket): Promise<Socket | null> {
    try {
      await once(socket, 'connect');
      return socket;
    } catch {
      return null;
    }
  }

  /** Null once the transfer command has got its final reply, or nobody will answer it. */
  private async refused(): Promise<null> {
    await this.until(() => this.isClosed || /^[2-5]\d\d /m.test(this.heard), 'a data connection or a refusal');
    // A short transfer may be over before its connection is noticed.
    if (/^2/m.test(this.heard)) await delay(PAUSE_MS * 50);
    return null;
  }

  /** False when there is nobody to encrypt with. */
  private async encrypt(): Promise<boolean> {
    if (!(await this.says('AUTH TLS')).startsWith('234')) return false;
    this.control.removeAllListeners('data');
    this.control = this.keep(connectTls({ socket: this.plain, rejectUnauthorized: false }));
    this.listen();
    await Promise.race([once(this.control, 'secureConnect'), once(this.control, 'close')]).catch(() => {});
    return !this.isClosed;
  }

  private async encrypted(socket: Socket): Promise<Socket> {
    const session =
      'getSession' in this.control && typeof this.control.getSession === 'function'
        ? this.control.getSession()
        : undefined;
    const secured = this.keep(connectTls({ socket, rejectUnauthorized: false, session }));
    await Promise.race([once(secured, 'secureConnect'), once(secured, 'close')]).catch(() => {});
    return secured;
  }

  private async drained(socket: Socket): Promise<void> {
    const over = new AbortController();
    const { signal } = over;
    await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).catch(() => {});
    over.abort();
  }

  private keep<T extends Socket>(socket: T): T {
    this.sockets.add(socket);
    socket.on('error', () => {});
    return socket;
  }

  private listen(): void {
    this.control.setNoDelay(true);
    this.control.on('data', (chunk: Buffer) => {
      this.heard += chunk.toString('latin1');
      this.wake();
    });
    this.control.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  private send(line: string): void {
    if (!this.isClosed) this.control.write(`${line}\r\n`);
  }

  private async says(line: string): Promise<string> {
    this.send(line);
    return this.reply();
  }

  /** The next reply's last line. Empty when the connection is gone. */
  private async reply(): Promise<string> {
    await this.until(() => this.isClosed || /^\d{3} .*\r\n/m.test(this.heard), 'a reply');
    const match = /^\d{3} .*\r\n/m.exec(this.heard);
    if (match === null) return '';
    this.heard = this.heard.slice(match.index + match[0].length);
    return match[0];
  }

  private async finalReply(): Promise<number | null> {
    for (;;) {
      const line = await this.reply();
      if (line === '') return null;
      if (!line.startsWith('1')) return Number(line.slice(0, 3));
    }
  }

  private async until(isSo: () => boolean, what: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      const left = end - performance.now();
      if (left <= 0)
        throw new Hang(`${JSON.stringify({ ...this.what, content: this.what.content.length })} waits for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
