// A small FTP client that does what a script says: the demo's client, and a test peer on machines that have no other.
// Knows nothing of the sample server.
import { announcedPort } from '../dialogue/announced-port.js';
import type { GatheredReply } from '../dialogue/reply-lines.js';
import { ClientDataPort } from '../ends/client-data-port.js';
import { addressFamily, type Endpoint } from '../protocol/endpoint.js';
import { formatEprtArgument, formatPortArgument } from '../protocol/host-port.js';
import { ClientControl, type ClientOptions, ScriptedClientError } from './client-control.js';
import {
  type DataMode,
  type DownloadOptions,
  type ListOptions,
  type ListResult,
  type Mover,
  moveAndConfirm,
  nothingMoved,
  reading,
  type TransferOptions,
  type TransferResult,
  type UploadOptions,
  writing,
} from './client-transfer.js';

/** IAC IP, IAC DM: "interrupt process" and Synch (RFC 854). Node cannot send them as urgent data. */
const telnetSignals = Buffer.from([0xff, 0xf4, 0xff, 0xf2]);

export class ScriptedClient {
  readonly greeting: GatheredReply;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #control: ClientControl;
  readonly #timeoutMs: number;
  readonly #transferTimeoutMs: number;
  readonly #open = new Set<ClientDataPort>();
  #transferOpen = false;

  private constructor(control: ClientControl, greeting: GatheredReply, options: ClientOptions) {
    this.#control = control;
    this.greeting = greeting;
    this.local = control.local;
    this.remote = control.remote;
    this.#timeoutMs = options.timeoutMs ?? 5_000;
    this.#transferTimeoutMs = options.transferTimeoutMs ?? 60_000;
  }

  /** Resolves after the greeting, whatever its code. */
  static async connect(options: ClientOptions): Promise<ScriptedClient> {
    const control = await ClientControl.connect(options);
    try {
      const greeting = await control.nextReply(options.timeoutMs ?? 5_000, 'the connection (greeting)');
      return new ScriptedClient(control, greeting, options);
    } catch (error) {
      control.destroy();
      throw error;
    }
  }

  /** Everything said so far: `C: NOOP`, `S: 200 NOOP ok.`, ... */
  get transcript(): readonly string[] {
    return this.#control.transcript;
  }

  /** Resolves when the control connection is gone, whoever ended it. */
  get closed(): Promise<void> {
    return this.#control.closed;
  }

  /** Sends one line (latin-1, CRLF is added) and resolves with the next reply, be it preliminary or final. */
  command(line: string, timeoutMs = this.#timeoutMs): Promise<GatheredReply> {
    this.send(`${line}\r\n`);
    return this.#reply(timeoutMs, line.startsWith('PASS ') ? 'PASS' : line);
  }

  /** The next reply without sending anything: the final one after a 1xx, or one that comes unasked. */
  nextReply(timeoutMs = this.#timeoutMs): Promise<GatheredReply> {
    return this.#reply(timeoutMs, 'what was sent last');
  }

  /** Raw bytes on the control connection (a string goes as latin-1). */
  send(bytes: Buffer | string): void {
    this.#control.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** USER and, if asked for, PASS; resolves with the last reply, rejects unless that is 230. */
  async login(user: string, password: string): Promise<GatheredReply> {
    const first = await this.command(`USER ${user}`);
    const last = first.code === 331 ? await this.command(`PASS ${password}`) : first;
    if (last.code !== 230) throw new ScriptedClientError(`login as ${user} refused: ${last.lines.join(' / ')}`);
    return last;
  }

  download(path: string, { sink, ...options }: DownloadOptions): Promise<TransferResult> {
    return this.#transfer(`RETR ${path}`, options, reading(sink));
  }

  upload(path: string, content: Buffer | Iterable<Buffer>, options: UploadOptions): Promise<TransferResult> {
    const line = `${options.verb ?? 'STOR'} ${path}`.trimEnd();
    return this.#transfer(line, options, writing(Buffer.isBuffer(content) ? [content] : content));
  }

  async list(path: string, options: ListOptions): Promise<ListResult> {
    const line = `${options.verb ?? 'LIST'} ${path}`.trimEnd();
    const result = await this.#transfer(line, options, reading());
    const lines = result.bytes.toString('latin1').split('\r\n');
    return { ...result, lines: lines.slice(0, -1) };
  }

  /**
   * ABOR behind Telnet IP and Synch. Resolves with the replies to it: two while a transfer runs (its own final reply, and
   * ABOR's), one otherwise.
   */
  async abort({ telnet = true }: { readonly telnet?: boolean } = {}): Promise<readonly GatheredReply[]> {
    const two = this.#transferOpen;
    this.send(Buffer.concat([telnet ? telnetSignals : Buffer.alloc(0), Buffer.from('ABOR\r\n')]));
    const first = await this.#reply(this.#timeoutMs, 'ABOR');
    return two ? [first, await this.#reply(this.#timeoutMs, 'ABOR (second reply)')] : [first];
  }

  /** QUIT, and waits for the server to close. */
  async quit(): Promise<GatheredReply> {
    const reply = await this.command('QUIT');
    const timer = setTimeout(() => this.#control.destroy(), this.#timeoutMs);
    await this.closed;
    clearTimeout(timer);
    this.#closeData();
    return reply;
  }

  /** Ends everything at once, without QUIT. */
  async close(): Promise<void> {
    this.#closeData();
    this.#control.destroy();
    await this.closed;
  }

  async #reply(timeoutMs: number, after: string): Promise<GatheredReply> {
    const reply = await this.#control.nextReply(timeoutMs, after);
    if (reply.code < 200) this.#transferOpen = true;
    // 200 and 21x in mid-transfer answer a NOOP or a STAT: the transfer goes on.
    else if (reply.code >= 220) this.#transferOpen = false;
    return reply;
  }

  async #transfer(line: string, { mode, rest }: TransferOptions, move: Mover): Promise<TransferResult> {
    const port = new ClientDataPort({ connectMs: this.#timeoutMs, stallMs: this.#timeoutMs });
    this.#open.add(port);
    try {
      const at = await (mode.endsWith('passive') ? this.#askForPort(mode, port) : this.#namePort(mode, port));
      if (rest !== undefined) await this.#expect(`REST ${rest}`, 350);
      // As most clients do: dial before the command is sent. A failure shows where the connection is used.
      port.connection().catch(() => {});
      const preliminary = await this.command(line);
      if (preliminary.code >= 200) return { reply: preliminary, preliminary: null, ...nothingMoved };
      const final = this.#reply(this.#transferTimeoutMs, line);
      return { preliminary, ...(await moveAndConfirm(final, { at, port }, move, this.#timeoutMs)) };
    } catch (error) {
      // What was cut short is not to look whole to the server.
      port.reset();
      throw error;
    } finally {
      port.close();
      this.#open.delete(port);
    }
  }

  async #askForPort(mode: DataMode, port: ClientDataPort): Promise<Endpoint> {
    const extended = mode === 'extended-passive';
    const reply = extended ? await this.#expect('EPSV', 229) : await this.#expect('PASV', 227);
    const found = announcedPort(reply, extended ? '229' : '227', this.remote.address);
    if (found === null) throw new ScriptedClientError(`cannot read the address in: ${reply.lines.join(' / ')}`);
    port.announced(found.announced);
    return found.announced;
  }

  async #namePort(mode: DataMode, port: ClientDataPort): Promise<Endpoint> {
    const extended = mode === 'extended-active';
    if (!extended && addressFamily(this.local.address) !== 1) {
      throw new ScriptedClientError('PORT cannot name an IPv6 address');
    }
    const at = await port.listen(this.local, this.remote);
    await this.#expect(extended ? `EPRT ${formatEprtArgument(at)}` : `PORT ${formatPortArgument(at)}`, 200);
    return at;
  }

  async #expect(line: string, code: number): Promise<GatheredReply> {
    const reply = await this.command(line);
    if (reply.code !== code) throw new ScriptedClientError(`${line} answered: ${reply.lines.join(' / ')}`);
    return reply;
  }

  #closeData(): void {
    for (const port of this.#open) port.reset();
    this.#open.clear();
  }
}
