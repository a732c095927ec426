// A client that says what a test tells it to, line by line, and nothing of its own.
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';

const PATIENCE_MS = 10_000;

export class TalkingClient {
  private readonly replies: AsyncIterator<string>;

  private constructor(
    private readonly control: Socket,
    lines: Interface,
  ) {
    this.replies = lines[Symbol.asyncIterator]();
    control.on('error', () => undefined);
  }

  /** Resolves with the greeting in. */
  static async connect({ host, port }: { readonly host: string; readonly port: number }): Promise<TalkingClient> {
    const control = createConnection({ host, port, timeout: PATIENCE_MS }).setEncoding('latin1');
    control.on('timeout', () => control.destroy());
    const client = new TalkingClient(control, createInterface({ input: control }));
    await client.reply();
    return client;
  }

  /** The last line of the server's answer; empty where it closed the connection. One character a byte. */
  async say(line: string): Promise<string> {
    this.control.write(`${line}\r\n`, 'latin1');
    return this.reply();
  }

  /** One command after the other, each behind the reply to the one before. */
  async sayAll(...lines: readonly string[]): Promise<string[]> {
    const replies: string[] = [];
    for (const line of lines) replies.push(await this.say(line));
    return replies;
  }

  async login(user: string, password: string): Promise<string[]> {
    return this.sayAll(`USER ${user}`, `PASS ${password}`);
  }

  /** A download over a passive connection; `before` goes between PASV and the transfer. */
  async get(command: string, ...before: readonly string[]): Promise<{ readonly data: Buffer; readonly reply: string }> {
    const data = await this.passive();
    for (const line of before) await this.say(line);
    const first = await this.say(command);
    if (!first.startsWith('1')) {
      data.destroy();
      return { data: Buffer.alloc(0), reply: first };
    }
    const chunks: Buffer[] = [];
    data.on('data', (chunk: Buffer) => chunks.push(chunk));
    if (!data.readableEnded) await once(data, 'end');
    data.end();
    return { data: Buffer.concat(chunks), reply: await this.reply() };
  }

  /** An upload over a passive connection; the server's last word on it. */
  async put(command: string, content: Buffer): Promise<string> {
    const data = await this.passive();
    data.on('error', () => undefined);
    const first = await this.say(command);
    if (!first.startsWith('1')) {
      data.destroy();
      return first;
    }
    data.resume().end(content);
    return this.reply();
  }

  async quit(): Promise<void> {
    if (!this.control.destroyed) await this.say('QUIT');
    this.close();
  }

  close(): void {
    this.control.destroy();
  }

  private async passive(): Promise<Socket> {
    const said = await this.say('PASV');
    const [, high, low] = /,(\d+),(\d+)\)?\.?$/.exec(said) ?? [];
    const data = createConnection({ host: '127.0.0.1', port: Number(high) * 256 + Number(low), timeout: PATIENCE_MS });
    data.on('timeout', () => data.destroy());
    await once(data, 'connect');
    return data;
  }

  private async reply(): Promise<string> {
    for (;;) {
      const { value, done } = await this.replies.next();
      if (done) return '';
      const line = String(value);
      if (/^\d{3}(?: |$)/.test(line)) return line;
    }
  }
}
