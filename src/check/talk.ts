// One control connection of a check: a command at a time, or several at once, and the answers to them. What is said is observed, as in any
// session. A server that falls silent or closes ends it: whoever asks next has to open another.
import type { Observation, TlsFacts } from '../dialogue/observation.js';
import { Observer } from '../dialogue/observer.js';
import type { GatheredReply } from '../dialogue/reply-lines.js';
import { now } from '../ends/clock.js';
import { ControlClient } from '../ends/control-client.js';
import { failureOfHandshake } from '../ends/tls/handshake-facts.js';
import type { SessionTls } from '../ends/tls/session-tls.js';
import { parseCommandLine, secretOf } from '../protocol/command.js';
import type { Endpoint } from '../protocol/endpoint.js';
import { isPreliminary } from '../protocol/reply.js';
import { readableText } from '../protocol/wire-text.js';

/** The server has closed, or said nothing for too long. The message is a reason for people. */
export class TalkOver extends Error {
  override readonly name = 'TalkOver';
}

export interface Answer {
  readonly code: number;
  /** One character a byte. */
  readonly lines: readonly string[];
  /** Since the command went out; for the greeting, since the connection stood. */
  readonly ms: number;
}

export interface TalkOptions {
  /** Counts the conversations of a check, from 1. */
  readonly number: number;
  readonly server: Endpoint;
  /** Its data connections resume the session of the control connection with it. */
  readonly tls: SessionTls;
  /** For a connection, and for an answer. */
  readonly timeoutMs: number;
  readonly observe: (observation: Observation) => void;
}

interface Asked {
  readonly number: number | null;
  readonly askedAt: number;
  readonly secret: string | null;
}

const NOWHERE: Endpoint = { address: '', port: 0 };

/** How long a server that is told QUIT may take to say goodbye. */
const FAREWELL_MS = 2_000;

export class Talk {
  private client: ControlClient | null = null;
  private readonly inbox: GatheredReply[] = [];
  private readonly asked: Asked[] = [];
  private ended: string | null = null;
  private wake: () => void = () => {};
  private readonly observer: Observer;
  /** Everything that was said. */
  readonly observations: Observation[] = [];
  connectMs = 0;
  /** Of the control connection; null while it is in the clear. */
  encryption: TlsFacts | null = null;
  /** Data connections are encrypted (PROT P). */
  protects = false;

  private constructor(
    readonly options: TalkOptions,
    private readonly openedAt: number,
  ) {
    const { number, server, observe } = options;
    // Nobody sees that a session is opened, only what is said in it: the address of our end is not known yet.
    const identity = { session: number, client: NOWHERE, server, listener: null, openedAt };
    this.observer = new Observer({ ...identity, how: 'replay' }, false, (observation) => {
      this.observations.push(observation);
      observe(observation);
    });
  }

  /** Connects. Rejects with an Error whose message says why there is no connection. */
  static async open(options: TalkOptions): Promise<Talk> {
    const { server, timeoutMs, tls } = options;
    const talk = new Talk(options, now());
    talk.client = await ControlClient.connect(
      server,
      { timeoutMs, tls, localAddress: null },
      { reply: (reply) => talk.take(reply), closed: (reason) => talk.end(reason) },
    );
    talk.connected();
    return talk;
  }

  get isOver(): boolean {
    return this.ended !== null;
  }

  get local(): Endpoint {
    return this.client?.local ?? NOWHERE;
  }

  get remote(): Endpoint {
    return this.client?.remote ?? this.options.server;
  }

  /** What greets us; 120 is waited for to pass. Rejects with a TalkOver. */
  greeting(): Promise<Answer> {
    return this.answer(now());
  }

  /** Rejects with a TalkOver. */
  ask(line: string): Promise<Answer> {
    this.send([line]);
    return this.answer(now());
  }

  /** All of them in one segment. Rejects with a TalkOver. */
  async askAtOnce(lines: readonly string[]): Promise<readonly Answer[]> {
    const askedAt = now();
    this.send(lines);
    const answers: Answer[] = [];
    for (const _ of lines) answers.push(await this.answer(askedAt));
    return answers;
  }

  /** Rejects with a TlsFailure; nothing more can be said then. */
  async secure(): Promise<TlsFacts> {
    if (this.client === null) throw new TalkOver('there is no connection');
    try {
      this.encryption = await this.client.secure();
      this.observeTls(this.encryption, null);
      return this.encryption;
    } catch (error) {
      const { reason, tls } = failureOfHandshake(error);
      this.observeTls(tls, reason);
      this.ended ??= reason;
      throw error;
    }
  }

  /** Says goodbye where that is still possible. */
  async quit(): Promise<void> {
    if (!this.isOver) {
      this.send(['QUIT']);
      await this.next(FAREWELL_MS).catch(() => {});
    }
    this.end('we closed it');
    this.client?.end();
  }

  /** At once, without a word: what was asked is not waited for. */
  destroy(): void {
    this.end('we closed it');
    this.client?.destroy();
  }

  private connected(): void {
    const at = now();
    this.connectMs = tenths(at - this.openedAt);
    this.observer.serverConnected(at, this.openedAt, this.local, this.remote);
    this.asked.push({ number: null, askedAt: at, secret: null });
  }

  private observeTls(facts: TlsFacts, failure: string | null): void {
    this.observer.tls(now(), { ...facts, side: 'server', leg: 'control', link: null, failure });
  }

  private send(lines: readonly string[]): void {
    if (this.ended !== null) throw new TalkOver(this.ended);
    const bytes = Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');
    for (const line of lines) {
      const { command } = parseCommandLine(Buffer.from(`${line}\r\n`, 'latin1'), '\r\n');
      const askedAt = now();
      const number = command === null ? null : this.observer.command(askedAt, command);
      this.asked.push({ number, askedAt, secret: command === null ? null : secretOf(command) });
    }
    this.client?.sendBytes(bytes);
  }

  private async answer(since: number): Promise<Answer> {
    for (;;) {
      const { code, lines } = await this.next(this.options.timeoutMs);
      if (!isPreliminary(code)) return { code, lines, ms: tenths(now() - since) };
    }
  }

  private async next(timeoutMs: number): Promise<GatheredReply> {
    const timer = setTimeout(() => this.end(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    try {
      for (;;) {
        const reply = this.inbox.shift();
        if (reply !== undefined) return reply;
        if (this.ended !== null) throw new TalkOver(this.ended);
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  private take(reply: GatheredReply): void {
    const [oldest = null] = this.asked;
    this.observer.reply(now(), reply, oldest, 'server');
    if (!isPreliminary(reply.code)) this.asked.shift();
    this.inbox.push(reply);
    this.wake();
  }

  private end(reason: string): void {
    if (this.ended === null) {
      this.ended = reason;
      this.client?.destroy();
    }
    this.wake();
  }
}

const tenths = (ms: number) => Math.round(ms * 10) / 10;

/** An answer in one line, for people. */
export function answerText({ lines }: Pick<Answer, 'lines'>): string {
  return readableText((lines.at(-1) ?? '').slice(0, MAX_CHARACTERS_SHOWN)).trim();
}

const MAX_CHARACTERS_SHOWN = 160;
