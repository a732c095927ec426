// A client's control connection with nothing around it: lines out, replies in, in order. As light as can be, so that what is
// measured is the path and not the client.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const PATIENCE_MS = 30_000;

export class ControlLine {
  private buffered = '';
  private readonly waiting: { readonly resolve: (reply: string) => void; readonly reject: (error: Error) => void }[] =
    [];
  private readonly replies: string[] = [];
  private failure: Error | null = null;

  private constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.take(bytes.toString('latin1')));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the control connection was closed')));
  }

  /** Connects, from an address of its own where it has one, and takes the greeting. */
  static async open({ host, port }: Address, localAddress?: string): Promise<ControlLine> {
    const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
    const line = new ControlLine(socket);
    await once(socket, 'connect', { signal: AbortSignal.timeout(PATIENCE_MS) });
    await line.expect('220');
    return line;
  }

  static async login(address: Address, localAddress?: string): Promise<ControlLine> {
    const line = await ControlLine.open(address, localAddress);
    await line.command('USER anonymous', '331');
    await line.command('PASS bench@example.com', '230');
    return line;
  }

  /** Sends a command; resolves with its reply, which has to begin with `code`. */
  command(text: string, code: string): Promise<string> {
    this.socket.write(`${text}\r\n`, 'latin1');
    return this.expect(code);
  }

  async expect(code: string): Promise<string> {
    const reply = await this.reply();
    if (!reply.startsWith(code)) throw new Error(`wanted ${code}, got ${reply}`);
    return reply;
  }

  /** The next reply; all replies of the servers used here have one line. */
  reply(): Promise<string> {
    const next = this.replies.shift();
    if (next !== undefined) return Promise.resolve(next);
    if (this.failure !== null) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  close(): void {
    this.socket.destroy();
  }

  private take(text: string): void {
    const lines = (this.buffered + text).split('\r\n');
    this.buffered = lines.pop() ?? '';
    for (const line of lines) {
      const waiter = this.waiting.shift();
      if (waiter === undefined) this.replies.push(line);
      else waiter.resolve(line);
    }
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}

/** Whether an FTP server answers there. */
export async function greets(address: Address): Promise<boolean> {
  try {
    (await ControlLine.open(address)).close();
    return true;
  } catch {
    return false;
  }
}
