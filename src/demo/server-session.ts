// One control connection of the sample server: lines in, one command after the other, replies out, and its end.
// Part of the demo's strangers: imports nothing from the proxy, and knows no verb by name.
import type { Socket } from 'node:net';
import { ControlLines } from './control-lines.js';
import {
  type Conversation,
  type ConversationState,
  closingReply,
  freshState,
  type Reply,
  reply,
  replyBytes,
  type Service,
} from './conversation.js';
import { parseCommandLine, runCommand } from './server-commands.js';
import { type Endpoint, plainHost } from './server-data.js';

/** A client that pipelines more than this waits in its own socket buffer. */
const maxQueuedLines = 256;
/** How long a client may take to see the last reply and close its side. */
const lingerMs = 250;

export class ServerSession implements Conversation {
  readonly service: Service;
  readonly state: ConversationState = freshState();
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Resolves when the control connection is gone. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #lines: ControlLines;
  #queue: (string | null)[] = [];
  #command: Promise<void> | null = null;
  /** A command answered while another one's transfer runs: ABOR, STAT. */
  #interruption: Promise<void> | null = null;
  #inputEnded = false;
  #ending = false;

  constructor(socket: Socket, service: Service) {
    this.#socket = socket;
    this.service = service;
    this.#lines = new ControlLines(service.maxLineBytes);
    this.local = { host: plainHost(socket.localAddress ?? ''), port: socket.localPort ?? 0 };
    this.remote = { host: plainHost(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#release();
        resolve();
      });
    });
    this.#listen();
    this.#answer(reply(220, ...service.banner));
  }

  readonly say = (answer: Reply): void => {
    if (!this.#ending && !this.#socket.destroyed) this.#socket.write(replyBytes(answer));
  };

  transferAnswered(): Promise<void> {
    return this.state.transfer === null || this.#command === null ? Promise.resolve() : this.#command;
  }

  /** Says 421 (RFC 959 section 5.4: at any time) and closes, whatever runs. */
  shutDown(why: string): Promise<void> {
    this.#answer(closingReply(421, why));
    return this.closed;
  }

  #listen(): void {
    const socket = this.#socket;
    // A client that resets its connection is gone, and 'close' follows.
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#advance());
    socket.on('end', () => this.#endOfInput());
    socket.setTimeout(this.service.idleTimeoutMs);
    socket.on('timeout', () => {
      // The final reply of a running transfer winds the clock up again.
      if (this.state.transfer === null) void this.shutDown(`Idle for ${this.service.idleTimeoutMs} ms.`);
    });
  }

  #receive(chunk: Buffer): void {
    if (this.#ending) return;
    this.#queue.push(...this.#lines.push(chunk));
    this.#advance();
  }

  /** Starts what may start now. Pipelined commands keep their order: nothing overtakes the head of the queue. */
  #advance(): void {
    while (!this.#ending && this.#queue.length > 0 && this.#mayStartNext()) this.#start(this.#queue.shift() ?? null);
    if (this.#queue.length > maxQueuedLines) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
    if (this.#inputEnded && this.#queue.length === 0 && this.#command === null) this.#end();
  }

  #mayStartNext(): boolean {
    // A client that does not read its replies gets no more of them.
    if (this.#socket.writableNeedDrain || this.#interruption !== null) return false;
    if (this.#command === null) return true;
    const head = this.#queue[0];
    if (this.state.transfer === null || typeof head !== 'string') return false;
    return this.service.atOnceVerbs.has(parseCommandLine(head).verb);
  }

  #start(line: string | null): void {
    const answer = this.#run(line);
    if (!(answer instanceof Promise)) {
      this.#answer(answer);
      return;
    }
    const interrupts = this.#command !== null;
    const done = answer
      .then(
        (final) => this.#answer(final),
        (error: unknown) => this.#answer(localError(error)),
      )
      .then(() => {
        if (interrupts) this.#interruption = null;
        else this.#command = null;
        this.#advance();
      });
    if (interrupts) this.#interruption = done;
    else this.#command = done;
  }

  #run(line: string | null): Reply | Promise<Reply> {
    if (line === null) return reply(500, `Line longer than ${this.service.maxLineBytes} bytes.`);
    try {
      return runCommand(this, parseCommandLine(line));
    } catch (error) {
      return localError(error);
    }
  }

  #answer(answer: Reply): void {
    this.say(answer);
    if (answer.closes) this.#end();
  }

  /** A client that closes its side in mid-transfer is gone; one that pipelined and closed still gets its replies. */
  #endOfInput(): void {
    this.#inputEnded = true;
    this.state.transfer?.abort();
    this.#advance();
  }

  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#release();
    const socket = this.#socket;
    // Reading on until the client closes: closing over unread bytes would reset, and the last reply would be lost.
    socket.resume();
    socket.end();
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
  }

  #release(): void {
    this.#ending = true;
    this.#queue = [];
    this.state.transfer?.abort();
    this.state.dataPort?.close();
    this.state.dataPort = null;
  }
}

function localError(error: unknown): Reply {
  return reply(451, `Local error: ${error instanceof Error ? error.message : String(error)}`);
}
