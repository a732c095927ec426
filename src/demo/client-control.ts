// The scripted client's control connection: bytes out, replies in the order they come, every wait bounded. Keeps a transcript.
import type { GatheredReply } from '../dialogue/reply-lines.js';
import { ControlClient } from '../ends/control-client.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';

/** What the scripted client meets and did not expect: says what it waited for, and what came instead. */
export class ScriptedClientError extends Error {
  override readonly name = 'ScriptedClientError';
}

export interface ClientOptions extends Endpoint {
  /** Bounds every single wait: connecting, a reply, the next data byte. Default 5 s. */
  readonly timeoutMs?: number;
  /** Bounds one whole transfer, up to its final reply. Default 60 s. */
  readonly transferTimeoutMs?: number;
  /** The address to connect from, and to listen on in active mode. */
  readonly localAddress?: string;
}

interface Waiter {
  readonly resolve: (reply: GatheredReply) => void;
  readonly reject: (error: Error) => void;
}

/** What has come and was not asked for yet, and who waits for what has not come. */
class Replies {
  /** Everything said so far, one line each: `C: NOOP`, `S: 200 NOOP ok.` */
  readonly transcript: string[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #unread: GatheredReply[] = [];
  #failure: ScriptedClientError | null = null;

  reply(reply: GatheredReply): void {
    for (const line of reply.lines) this.transcript.push(`S: ${line}`);
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#unread.push(reply);
    else waiter.resolve(reply);
  }

  /** The first reason wins; replies that came before it can still be read. */
  closed(reason: string): void {
    this.#failure ??= new ScriptedClientError(reason);
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure);
  }

  next(timeoutMs: number, after: string): Promise<GatheredReply> {
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
}

export class ClientControl {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Resolves when the connection is gone, whichever side ended it. */
  readonly closed: Promise<void>;
  readonly #client: ControlClient;
  readonly #replies: Replies;

  private constructor(client: ControlClient, replies: Replies) {
    this.#client = client;
    this.#replies = replies;
    this.local = client.local;
    this.remote = client.remote;
    this.closed = client.gone;
  }

  static async connect({ localAddress, timeoutMs = 5_000, ...server }: ClientOptions): Promise<ClientControl> {
    const replies = new Replies();
    const events = {
      reply: (reply: GatheredReply) => replies.reply(reply),
      closed: (reason: string) => replies.closed(reason),
    };
    const options = { timeoutMs, localAddress: localAddress ?? null, tls: null };
    const client = await ControlClient.connect(server, options, events).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ScriptedClientError(`cannot connect to ${formatEndpoint(server)}: ${reason}`);
    });
    return new ClientControl(client, replies);
  }

  get transcript(): readonly string[] {
    return this.#replies.transcript;
  }

  write(bytes: Buffer): void {
    const lines = bytes.toString('latin1').split(/\r?\n/);
    for (const line of lines) if (line !== '') this.#replies.transcript.push(`C: ${line}`);
    this.#client.sendBytes(bytes);
  }

  /** The next reply in order; `after` says in the error message what it would have answered. */
  nextReply(timeoutMs: number, after: string): Promise<GatheredReply> {
    return this.#replies.next(timeoutMs, after);
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#client.destroy();
    this.#replies.closed('the connection was closed');
  }
}

function describe(failure: Error, after: string): ScriptedClientError {
  return new ScriptedClientError(`${failure.message} while waiting for the reply to ${after}`);
}
