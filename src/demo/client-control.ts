// The scripted client's control connection: raw bytes out, replies in the order they come, every wait bounded.
// Part of the demo's strangers: imports nothing from the proxy nor from the sample server; knows no verbs.
import { connect, type Socket } from 'node:net';
import { type ClientReply, ReplyReader } from './reply-reader.js';

/** What the scripted client meets and did not expect: says what it waited for, and what came instead. */
export class ScriptedClientError extends Error {
  override readonly name = 'ScriptedClientError';
}

export interface ClientOptions {
  readonly host: string;
  readonly port: number;
  /** Bounds every single wait: connecting, a reply, the next data byte. Default 5 s. */
  readonly timeoutMs?: number;
  /** Bounds one whole transfer, up to its final reply. Default 60 s. */
  readonly transferTimeoutMs?: number;
  /** The address to connect from, and to listen on in active mode. */
  readonly localAddress?: string;
}

interface Waiter {
  readonly resolve: (reply: ClientReply) => void;
  readonly reject: (error: Error) => void;
}

export class ClientControl {
  /** Everything said so far, one line each: `C: NOOP`, `S: 200 NOOP ok.` */
  readonly transcript: string[] = [];
  readonly socket: Socket;
  readonly closed: Promise<void>;
  readonly #reader = new ReplyReader();
  readonly #waiters: Waiter[] = [];
  readonly #unread: ClientReply[] = [];
  #failure: ScriptedClientError | null = null;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(`control connection failed: ${error.message}`));
    socket.on('close', () => this.#fail('control connection closed'));
  }

  static connect({ host, port, localAddress, timeoutMs = 5_000 }: ClientOptions): Promise<ClientControl> {
    const where = `${host} port ${port}`;
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) });
      const refuse = (why: string): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(new ScriptedClientError(`cannot connect to ${where}: ${why}`));
      };
      const timer = setTimeout(() => refuse(`no answer in ${timeoutMs} ms`), timeoutMs);
      const failed = (error: Error): void => refuse(error.message);
      socket.once('error', failed);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.removeListener('error', failed);
        resolve(new ClientControl(socket));
      });
    });
  }

  write(bytes: Buffer): void {
    for (const line of bytes.toString('latin1').split(/\r?\n/)) if (line !== '') this.transcript.push(`C: ${line}`);
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** The next reply in order; `after` says in the error message what it would have answered. */
  nextReply(timeoutMs: number, after: string): Promise<ClientReply> {
    const unread = this.#unread.shift();
    if (unread !== undefined) return Promise.resolve(unread);
    if (this.#failure !== null) return Promise.reject(describe(this.#failure, after));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(new ScriptedClientError(`no reply to ${after} in ${timeoutMs} ms`));
      }, timeoutMs);
      const waiter: Waiter = {
        resolve: (reply) => {
          clearTimeout(timer);
          resolve(reply);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(describe(error, after));
        },
      };
      this.#waiters.push(waiter);
    });
  }

  #receive(chunk: Buffer): void {
    try {
      for (const reply of this.#reader.push(chunk)) this.#deliver(reply);
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
      this.socket.destroy();
    }
  }

  #deliver(reply: ClientReply): void {
    for (const line of reply.lines) this.transcript.push(`S: ${line}`);
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#unread.push(reply);
    else waiter.resolve(reply);
  }

  /** The first reason wins; replies that came before it can still be read. */
  #fail(reason: string): void {
    this.#failure ??= new ScriptedClientError(reason);
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure);
  }
}

function describe(failure: Error, after: string): ScriptedClientError {
  return new ScriptedClientError(`${failure.message} while waiting for the reply to ${after}`);
}
