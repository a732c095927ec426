// A small FTP client that does what a script says: the demo's client, and a test peer on machines that have no other.
// It plays a stranger to the proxy, so it imports nothing from the rest of src, and nothing from the sample server.
import { isIPv4 } from 'node:net';
import { ClientControl, type ClientOptions, ScriptedClientError } from './client-control.js';
import {
  activeData,
  type ClientData,
  type ClientEndpoint,
  type DataMode,
  extendedPortCommand,
  parseExtendedPassiveReply,
  parsePassiveReply,
  passiveData,
  portCommand,
} from './client-data.js';
import {
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
import type { ClientReply } from './reply-reader.js';

/** IAC IP, IAC DM: "interrupt process" and Synch (RFC 854). Node cannot send them as urgent data. */
const telnetSignals = Buffer.from([0xff, 0xf4, 0xff, 0xf2]);

export class ScriptedClient {
  readonly greeting: ClientReply;
  readonly local: ClientEndpoint;
  readonly remote: ClientEndpoint;
  readonly #control: ClientControl;
  readonly #timeoutMs: number;
  readonly #transferTimeoutMs: number;
  readonly #open = new Set<ClientData>();
  #transferOpen = false;

  private constructor(control: ClientControl, greeting: ClientReply, options: ClientOptions) {
    const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = control.socket;
    this.#control = control;
    this.greeting = greeting;
    this.local = { host: localAddress, port: localPort };
    this.remote = { host: remoteAddress, port: remotePort };
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
      control.socket.destroy();
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
  command(line: string, timeoutMs = this.#timeoutMs): Promise<ClientReply> {
    this.send(`${line}\r\n`);
    return this.#reply(timeoutMs, line.startsWith('PASS ') ? 'PASS' : line);
  }

  /** The next reply without sending anything: the final one after a 1xx, or one that comes unasked. */
  nextReply(timeoutMs = this.#timeoutMs): Promise<ClientReply> {
    return this.#reply(timeoutMs, 'what was sent last');
  }

  /** Raw bytes on the control connection (a string goes as latin-1). */
  send(bytes: Buffer | string): void {
    this.#control.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** USER and, if asked for, PASS; resolves with the last reply, rejects unless that is 230. */
  async login(user: string, password: string): Promise<ClientReply> {
    const first = await this.command(`USER ${user}`);
    const last = first.code === 331 ? await this.command(`PASS ${password}`) : first;
    if (last.code !== 230) throw new ScriptedClientError(`login as ${user} refused: ${last.lines.join(' / ')}`);
    return last;
  }

  download(path: string, { sink, ...options }: DownloadOptions): Promise<TransferResult> {
    return this.#transfer(`RETR ${path}`, options, reading(this.#timeoutMs, sink));
  }

  upload(path: string, content: Buffer | Iterable<Buffer>, options: UploadOptions): Promise<TransferResult> {
    const line = `${options.verb ?? 'STOR'} ${path}`.trimEnd();
    return this.#transfer(line, options, writing(this.#timeoutMs, Buffer.isBuffer(content) ? [content] : content));
  }

  async list(path: string, options: ListOptions): Promise<ListResult> {
    const line = `${options.verb ?? 'LIST'} ${path}`.trimEnd();
    const result = await this.#transfer(line, options, reading(this.#timeoutMs));
    const lines = result.bytes.toString('latin1').split('\r\n');
    return { ...result, lines: lines.slice(0, -1) };
  }

  /**
   * ABOR behind Telnet IP and Synch. Resolves with the replies to it: two while a transfer runs (its own final reply, and
   * ABOR's), one otherwise.
   */
  async abort({ telnet = true }: { readonly telnet?: boolean } = {}): Promise<readonly ClientReply[]> {
    const two = this.#transferOpen;
    this.send(Buffer.concat([telnet ? telnetSignals : Buffer.alloc(0), Buffer.from('ABOR\r\n')]));
    const first = await this.#reply(this.#timeoutMs, 'ABOR');
    return two ? [first, await this.#reply(this.#timeoutMs, 'ABOR (second reply)')] : [first];
  }

  /** Announces a data connection (PASV, EPSV, PORT or EPRT): the first step of a transfer driven by hand. */
  async prepareData(mode: DataMode): Promise<ClientData> {
    const data = await (mode.endsWith('passive') ? this.#preparePassive(mode) : this.#prepareActive(mode));
    this.#open.add(data);
    return data;
  }

  /** QUIT, and waits for the server to close. */
  async quit(): Promise<ClientReply> {
    const reply = await this.command('QUIT');
    const timer = setTimeout(() => this.#control.socket.destroy(), this.#timeoutMs);
    await this.closed;
    clearTimeout(timer);
    this.#closeData();
    return reply;
  }

  /** Ends everything at once, without QUIT. */
  async close(): Promise<void> {
    this.#closeData();
    this.#control.socket.destroy();
    await this.closed;
  }

  async #reply(timeoutMs: number, after: string): Promise<ClientReply> {
    const reply = await this.#control.nextReply(timeoutMs, after);
    if (reply.code < 200) this.#transferOpen = true;
    // 200 and 21x in mid-transfer answer a NOOP or a STAT: the transfer goes on.
    else if (reply.code >= 220) this.#transferOpen = false;
    return reply;
  }

  async #transfer(line: string, { mode, rest }: TransferOptions, move: Mover): Promise<TransferResult> {
    const data = await this.prepareData(mode);
    try {
      if (rest !== undefined) await this.#expect(`REST ${rest}`, 350);
      // As most clients do: dial before the command is sent. A failure shows where the connection is used.
      data.connection().catch(() => {});
      const preliminary = await this.command(line);
      if (preliminary.code >= 200) return { reply: preliminary, preliminary: null, ...nothingMoved };
      const final = this.#reply(this.#transferTimeoutMs, line);
      return { preliminary, ...(await moveAndConfirm(final, data, move, this.#timeoutMs)) };
    } finally {
      data.close();
      this.#open.delete(data);
    }
  }

  async #preparePassive(mode: DataMode): Promise<ClientData> {
    const extended = mode === 'extended-passive';
    const reply = extended ? await this.#expect('EPSV', 229) : await this.#expect('PASV', 227);
    const line = reply.lines[0] ?? '';
    const port = extended ? parseExtendedPassiveReply(line) : null;
    const announced = port === null ? parsePassiveReply(line) : { host: this.remote.host, port };
    if (announced === null) throw new ScriptedClientError(`cannot read the address in: ${line}`);
    return passiveData(mode, announced, this.#timeoutMs);
  }

  async #prepareActive(mode: DataMode): Promise<ClientData> {
    if (mode === 'active' && !isIPv4(this.local.host))
      throw new ScriptedClientError('PORT cannot name an IPv6 address');
    const data = await activeData(mode, this.local.host, this.#timeoutMs);
    try {
      await this.#expect(mode === 'active' ? portCommand(data.announced) : extendedPortCommand(data.announced), 200);
      return data;
    } catch (error) {
      data.close();
      throw error;
    }
  }

  async #expect(line: string, code: number): Promise<ClientReply> {
    const reply = await this.command(line);
    if (reply.code !== code) throw new ScriptedClientError(`${line} answered: ${reply.lines.join(' / ')}`);
    return reply;
  }

  #closeData(): void {
    for (const data of this.#open) data.close();
    this.#open.clear();
  }
}
