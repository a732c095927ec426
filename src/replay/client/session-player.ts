// Plays a script to a server: sends each command when the recorded dialogue would, waits for the replies that it waited for, and
// stops where the server does not follow. Decides by the script; sockets and data links are others' business.

import { namedPort } from '../../dialogue/announced-port.js';
import { Dialogue } from '../../dialogue/dialogue.js';
import { Exchange, GREETING } from '../../dialogue/exchange.js';
import type { GatheredReply } from '../../dialogue/reply-lines.js';
import { now } from '../../ends/clock.js';
import { ControlClient } from '../../ends/control-client.js';
import type { SessionTls } from '../../ends/tls/session-tls.js';
import { sameAddress } from '../../protocol/endpoint.js';
import { isCompletion, isIntermediate, isNegative, isPreliminary } from '../../protocol/reply.js';
import type { FtpEndpoint } from '../../protocol/server-name.js';
import type { RecordedExchange } from '../session/recorded-session.js';
import type { Recording } from '../session/recorded-sessions.js';
import type { Script, Step } from '../session/script.js';
import { Happenings } from './happenings.js';
import { loggedInAtOnce, Opening, type OwnCommand } from './opening.js';
import { outOfStep } from './out-of-step.js';
import { OwnCommands } from './own-commands.js';
import { PlayedLinks } from './played-links.js';
import { type PlayedExchange, type PlayedSession, PlayLog, type Stopped } from './played-session.js';

export interface PlayerOptions {
  readonly server: FtpEndpoint;
  readonly tls: SessionTls;
  readonly recording: Pick<Recording, 'payload'>;
  /** How many times as fast as the recorded client; Infinity for no pauses at all. */
  readonly speed: number;
  /** No recorded pause counts as a longer one. Default: as recorded. */
  readonly maxPauseMs?: number | undefined;
  /** Without anything happening, until a server is given up on. */
  readonly patienceMs: number;
  readonly connectTimeoutMs: number;
  /** Nothing more is sent once it is aborted. */
  readonly stop: AbortSignal;
}

/** A server that is told QUIT has this long to say goodbye. */
const FAREWELL_MS = 2_000;

/** What was foreign then may be our own address now, and is no fault any more. */
function adviceFor({ exchange }: Step, client: ControlClient | null): string {
  const own = client?.local.address ?? '';
  const named = namedPort(exchange.verb, exchange.argument, own);
  const isOurs = named.kind === 'port' && sameAddress(named.endpoint.address, own);
  return isOurs
    ? 'here it is our own, so reach the server by another address to reproduce it'
    : '--mend names a port of our own';
}

/** Never rejects for what a server does: that is told in what comes back. */
export function playSession(script: Script, options: PlayerOptions): Promise<PlayedSession> {
  return new SessionPlayer(script, options).play();
}

class SessionPlayer {
  private readonly happenings = new Happenings();
  private readonly dialogue = new Dialogue();
  private readonly log: PlayLog;
  private readonly links: PlayedLinks;
  private readonly opening: Opening;
  private client: ControlClient | null = null;
  private stopped: Stopped | null = null;
  /** The server has closed, or was closed. */
  private isOver = false;
  /** What has not got all that belongs to it. */
  private open: PlayedExchange[] = [];
  private readonly own = new OwnCommands(this.dialogue);

  constructor(
    private readonly script: Script,
    private readonly options: PlayerOptions,
  ) {
    this.log = new PlayLog(script, now);
    this.links = new PlayedLinks(this.log, this.happenings, options);
    this.opening = new Opening(script, this.log, this.links, {
      ask: (command) => this.ask(command),
      secure: async () => void (await this.client?.secure()),
      stop: (exchange, why) => this.stop(exchange, why),
    });
  }

  async play(): Promise<PlayedSession> {
    const interrupted = () => this.stop(null, 'interrupted');
    this.options.stop.addEventListener('abort', interrupted);
    try {
      await this.connect();
      for (const step of this.script.steps) {
        if (this.stopped !== null) break;
        if (step.kind !== 'skip') await this.perform(step);
      }
      await this.until(() => this.allDone);
    } catch (error) {
      this.stop(null, error instanceof Error ? error.message : String(error));
    }
    await this.sayFarewell();
    this.options.stop.removeEventListener('abort', interrupted);
    this.links.close();
    this.isOver = true;
    this.client?.end();
    return this.log.result(this.stopped);
  }

  private async connect(): Promise<void> {
    const { server, tls, connectTimeoutMs } = this.options;
    this.dialogue.ask(new Exchange(null, GREETING, now()));
    this.client = await ControlClient.connect(
      server,
      { timeoutMs: connectTimeoutMs, tls, localAddress: null },
      {
        reply: (reply) => this.take(reply),
        closed: (reason) => this.closed(reason),
      },
    );
    this.log.connected = true;
    const { session, steps, encrypts } = this.script;
    const first = steps.find(({ kind }) => kind !== 'skip');
    // Where the recording has no greeting, nobody knows who waited for it.
    const isAhead = session.greeting !== null && first?.exchange.beforeGreeting;
    if (isAhead && encrypts === 'never') return;
    await this.until(() => this.log.greeting !== null);
    if (this.stopped !== null) return;
    await this.opening.begin();
  }

  /** The reply of a server that agrees; null of one that does not, and with which the replay stops. */
  private async ask({ line, verb, secret }: OwnCommand): Promise<GatheredReply | null> {
    if (this.stopped !== null) return null;
    if (secret !== undefined) this.log.learn(verb, secret);
    const reply = this.own.expect(verb);
    this.client?.send(line, '\r\n');
    await this.until(() => reply() !== null);
    const got = reply();
    if (this.stopped !== null || got === null) return null;
    if (!isNegative(got.code)) return got;
    this.stop(
      null,
      `the server refuses ${secret === undefined ? line : verb}: ${this.log.masked(got.lines.at(-1) ?? '')}`,
    );
    return null;
  }

  private async perform(step: Step): Promise<void> {
    await this.until(() => this.mayGoOut(step.exchange));
    const { speed, maxPauseMs = Number.POSITIVE_INFINITY } = this.options;
    await this.happenings.pause(Math.min(step.exchange.pauseMs, maxPauseMs) / speed, () => this.stopped !== null);
    if (step.exchange.verb === 'ABOR') await this.until(() => this.links.readyForAbort);
    if (this.stopped !== null) return;
    switch (step.kind) {
      case 'skip':
        return;
      case 'send': {
        const played = this.send(step, step.line);
        if (step.exchange.verb === 'ABOR') this.links.aborted();
        if (loggedInAtOnce(step.exchange)) {
          await this.until(() => played.answered);
          await this.opening.completeLogin(played);
        }
        return;
      }
      case 'misname':
        return this.misname(step);
      case 'encrypt':
        return this.encrypt(step);
      case 'announce': {
        const line = await this.links.announce(step, this.client);
        this.send(step, line);
        return;
      }
      case 'transfer': {
        if (this.links.leadElsewhere) {
          this.log.leaveOut(step.exchange, 'the server would connect elsewhere for it, not to us');
          return;
        }
        const played = this.send(step, step.line);
        this.links.carry(played);
        return;
      }
    }
  }

  /** Whether the server takes it is known before anything else goes out. */
  private async misname(step: Extract<Step, { kind: 'misname' }>): Promise<void> {
    this.log.note(step.exchange.number, `sent as recorded, although ${step.fault}: ${adviceFor(step, this.client)}`);
    const played = this.send(step, step.line);
    await this.until(() => played.answered);
    const last = played.replies.at(-1);
    if (last !== undefined && isCompletion(last.code)) this.links.misnamed();
  }

  private async encrypt(step: Step): Promise<void> {
    const played = this.send(step, step.exchange.line);
    await this.until(() => played.answered);
    const last = played.replies.at(-1);
    if (this.stopped === null && last !== undefined && !isNegative(last.code)) await this.client?.secure();
  }

  private send(step: Step, line: string): PlayedExchange {
    const played = this.log.sent(step, line);
    this.open.push(played);
    const { number, verb, argument, end } = step.exchange;
    this.dialogue.ask(new Exchange(number, step.kind === 'announce' ? played.asked : verb, now(), argument));
    // A line whose end was lost had one for whoever took it.
    this.client?.send(line, end === '\n' ? end : '\r\n');
    return played;
  }

  private get allDone(): boolean {
    this.open = this.open.filter((played) => !played.answered || played.carrying);
    return this.open.length === 0;
  }

  /** Whether everything has happened that the recorded client had waited for. */
  private mayGoOut({ during, beforeGreeting }: RecordedExchange): boolean {
    if (this.log.greeting === null && !beforeGreeting) return false;
    if (this.allDone) return true;
    return this.open.every((played) => {
      const outstanding = during.find(({ number }) => number === played.number);
      return outstanding !== undefined && (played.answered || played.replies.length >= outstanding.replies);
    });
  }

  private take(reply: GatheredReply): void {
    const asked = this.dialogue.answer(reply.code);
    const [oldest] = this.dialogue.unanswered;
    if (asked === null) this.stop(oldest?.number ?? null, `the server sends an unasked reply: ${reply.lines.at(-1)}`);
    else if (asked.verb === GREETING) this.takeGreeting(reply);
    else this.takeAnswer(asked, reply);
    this.happenings.tell();
  }

  private takeGreeting(reply: GatheredReply): void {
    if (this.stopped !== null || isPreliminary(reply.code)) return;
    this.log.greeted(reply);
    if (isNegative(reply.code)) this.stop(null, `the server does not take us: ${reply.lines.at(-1)}`);
  }

  private takeAnswer(asked: Exchange, reply: GatheredReply): void {
    const played = asked.number === null ? undefined : this.log.of(asked.number);
    if (played === undefined) {
      if (asked.number !== null) this.own.answered(asked.number, reply);
      return;
    }
    // Too late to be told from the reply to our QUIT.
    if (this.stopped !== null) return;
    this.log.replied(played, reply);
    if (!isPreliminary(reply.code)) {
      played.answered = true;
      const isOfUse = this.links.answered(played, reply, this.client);
      if (!isOfUse) this.stop(played.number, 'the server names no data port');
    }
    if (isIntermediate(reply.code) && loggedInAtOnce(played.step.exchange)) return;
    const why = outOfStep(played.step.exchange, reply.code);
    if (why !== null) this.stop(played.number, why);
  }

  private closed(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    const open = this.log.exchanges.find((played) => !played.answered);
    const ended = open === undefined && this.log.exchanges.length === this.stepsToPlay();
    if (!ended) this.stop(open?.number ?? null, reason);
    this.happenings.tell();
  }

  private stepsToPlay(): number {
    return this.script.steps.filter(({ kind }) => kind !== 'skip').length;
  }

  /** Nothing more is sent; the first reason is the one that counts. */
  private stop(exchange: number | null, why: string): void {
    this.stopped ??= { exchange, why };
    this.links.reset();
    this.happenings.tell();
  }

  private until(look: () => boolean): Promise<void> {
    return this.happenings
      .until(() => this.stopped !== null || look(), this.options.patienceMs)
      .catch(() => {
        const noise = this.client?.noise ?? null;
        const said = noise === null ? 'said nothing' : `said only ${JSON.stringify(noise)}, which is no reply,`;
        const waiting = this.allDone ? null : (this.open[0]?.number ?? null);
        this.stop(waiting, `the server has ${said} for ${this.options.patienceMs / 1000} s`);
      });
  }

  private async sayFarewell(): Promise<void> {
    const { client } = this;
    if (this.isOver || client === null || this.log.exchanges.some(({ verb }) => verb === 'QUIT')) return;
    const reply = this.own.expect('QUIT');
    client.send('QUIT', '\r\n');
    await this.happenings.until(() => this.isOver || reply() !== null, FAREWELL_MS).catch(() => {});
  }
}
