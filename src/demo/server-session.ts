// One client of the sample server: one command after the other, and the end. Knows no verb by name.
import type { ServedConnection, ServedEvents, ServedLine } from '../ends/control-server.js';
import { ServerDataPort } from '../ends/server-data-port.js';
import type { Endpoint } from '../protocol/endpoint.js';
import { runCommand } from './server-commands.js';
import {
  closingReply,
  freshState,
  type Reply,
  reply,
  type Service,
  sentLines,
  type VerbContext,
  type VerbState,
} from './verb-context.js';

/** A client that pipelines more than this waits in its own socket buffer. */
const maxQueuedLines = 256;

export class ServerSession implements VerbContext, ServedEvents {
  readonly service: Service;
  readonly state: VerbState = freshState();
  readonly dataPort: ServerDataPort;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #connection: ServedConnection;
  readonly #onOver: (session: ServerSession) => void;
  #queue: ServedLine[] = [];
  #command: Promise<void> | null = null;
  /** A command answered while another one's transfer runs: ABOR, STAT. */
  #interruption: Promise<void> | null = null;
  #awaitsRoom = false;
  #inputEnded = false;
  #isOver = false;

  constructor(connection: ServedConnection, service: Service, onOver: (session: ServerSession) => void) {
    this.service = service;
    this.#connection = connection;
    this.#onOver = onOver;
    this.local = connection.local;
    this.remote = connection.remote;
    this.dataPort = new ServerDataPort(this.local, this.remote, {
      range: null,
      allowForeignPort: service.allowForeignPort,
      connectMs: service.dataTimeoutMs,
      stallMs: service.stallTimeoutMs,
    });
    this.#answer(reply(220, ...service.banner));
  }

  readonly say = (answer: Reply): void => {
    if (!this.#isOver) this.#connection.say(sentLines(answer));
  };

  transferAnswered(): Promise<void> {
    return this.state.transfer === null || this.#command === null ? Promise.resolve() : this.#command;
  }

  /** Says 421 (RFC 959 section 5.4: at any time) and closes, whatever runs. */
  shutDown(why: string): void {
    this.#answer(closingReply(421, why));
  }

  line(line: ServedLine): void {
    this.#queue.push(line);
    this.#advance();
  }

  isBusy(): boolean {
    return this.state.transfer !== null;
  }

  idle(): void {
    this.shutDown(`Idle for ${this.service.idleTimeoutMs} ms.`);
  }

  /** A client that closes its side in mid-transfer is gone; one that pipelined and closed still gets its replies. */
  ended(): void {
    this.#inputEnded = true;
    this.state.transfer?.abort();
    this.#advance();
  }

  over(): void {
    this.#isOver = true;
    this.#queue = [];
    this.state.transfer?.abort();
    this.dataPort.close();
    this.#onOver(this);
  }

  /** Starts what may start now. Pipelined commands keep their order: nothing overtakes the head of the queue. */
  #advance(): void {
    while (this.#mayStartNext()) {
      const line = this.#queue.shift();
      if (line !== undefined) this.#start(line);
    }
    if (this.#isOver) return;
    this.#connection.setReading(this.#queue.length <= maxQueuedLines);
    if (this.#inputEnded && this.#queue.length === 0 && this.#command === null) this.#connection.close();
  }

  #mayStartNext(): boolean {
    const head = this.#queue[0];
    if (this.#isOver || head === undefined || this.#interruption !== null) return false;
    if (this.#connection.congested) {
      this.#awaitRoom();
      return false;
    }
    if (this.#command === null) return true;
    if (this.state.transfer === null || head.kind !== 'command') return false;
    return this.service.atOnceVerbs.has(head.command.verb);
  }

  /** A client that does not read its replies gets no more of them. */
  #awaitRoom(): void {
    if (this.#awaitsRoom) return;
    this.#awaitsRoom = true;
    void this.#connection.taken().then(() => {
      this.#awaitsRoom = false;
      this.#advance();
    });
  }

  #start(line: ServedLine): void {
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

  #run(line: ServedLine): Reply | Promise<Reply> {
    if (line.kind === 'too-long') return reply(500, `Line longer than ${this.service.maxLineBytes} bytes.`);
    if (line.kind === 'no-command') return reply(500, 'Command not understood.');
    try {
      return runCommand(this, line.command);
    } catch (error) {
      return localError(error);
    }
  }

  #answer(answer: Reply): void {
    this.say(answer);
    if (answer.closes) this.#connection.close();
  }
}

function localError(error: unknown): Reply {
  return reply(451, `Local error: ${error instanceof Error ? error.message : String(error)}`);
}
