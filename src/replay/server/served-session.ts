// One client of a replayed server: takes its commands one after the other, and answers each as the recorded server did. Which
// exchange answers is for `AnswerChoice` to say.
import { setTimeout as delay } from 'node:timers/promises';
import type { SessionEnd } from '../../dialogue/observation.js';
import type { TlsFacts } from '../../dialogue/tls-facts.js';
import { now } from '../../ends/clock.js';
import type { ServedConnection, ServedEvents, ServedLine } from '../../ends/control-server.js';
import type { PortRange } from '../../ends/port-ranges.js';
import { ServerDataPort } from '../../ends/server-data-port.js';
import { type Command, maskedLine } from '../../protocol/command.js';
import { mayAnnouncePort } from '../../protocol/lenient-reading.js';
import { isCompletion, isPreliminary } from '../../protocol/reply.js';
import { verbFacts } from '../../protocol/verbs.js';
import { directionOf, finalReply, type RecordedReply, wasRefused } from '../session/recorded-session.js';
import { announcementAnswer } from './announcement-answers.js';
import type { AnswerChoice, Found, OnUnknown } from './answer-choice.js';
import { codeForUnknown, declines, hasTellingArgument } from './found-answers.js';
import { ownAnswer } from './own-answers.js';
import type { ServedCounts } from './served-counts.js';
import type { ServedLog } from './served-log.js';
import { isOfEncryption, type OpenTls, type SecurityAnswer, ServedSecurity } from './served-security.js';
import { ServedTransfer, type TransferSurroundings } from './served-transfer.js';

export interface ServedDataOptions {
  readonly range: PortRange | null;
  /** Without a byte, until a transfer is given up on. */
  readonly timeoutMs: number;
}

export interface ServedSessionOptions extends Pick<TransferSurroundings, 'recording'> {
  readonly answers: AnswerChoice;
  readonly greeting: RecordedReply | null;
  readonly counts: ServedCounts;
  /** How many times as fast as recorded; Infinity for no waiting. */
  readonly speed: number;
  /** No recorded pause counts as a longer one. Default: as recorded. */
  readonly maxPauseMs?: number | undefined;
  readonly onUnknown: OnUnknown;
  readonly data: ServedDataOptions;
  readonly openTls: OpenTls;
  /** TLS from the first byte. */
  readonly implicitTls: boolean;
  /** What records the session; null for nothing. */
  readonly log: ServedLog | null;
}

const REFUSED: SecurityAnswer = { line: '', encrypts: null };

/** Commands that a client sends ahead; beyond that it is not read. */
const MAX_WAITING_COMMANDS = 32;
/** How long a client may take to connect, at most. */
const MAX_CONNECT_MS = 30_000;

export class ServedSession implements ServedEvents {
  private readonly port: ServerDataPort;
  private readonly security: ServedSecurity;
  private waiting: Command[] = [];
  private transfer: ServedTransfer | null = null;
  private working = false;
  private isOver = false;
  /** Where the next transfer begins. */
  private restartAt = 0;
  private readonly ending = new AbortController();

  constructor(
    private readonly connection: ServedConnection,
    private readonly options: ServedSessionOptions,
  ) {
    const { range, timeoutMs } = options.data;
    this.port = new ServerDataPort(connection.local, connection.remote, {
      range,
      allowForeignPort: false,
      connectMs: Math.min(MAX_CONNECT_MS, timeoutMs),
      stallMs: timeoutMs,
    });
    this.security = new ServedSecurity(connection, options.openTls);
    void this.greet();
  }

  line(line: ServedLine): void {
    if (line.kind !== 'command') {
      this.options.log?.noCommand();
      this.say('500 That is no command.');
      return;
    }
    this.options.log?.command(line.command);
    if (line.command.verb === 'ABOR' && this.transfer !== null) this.transfer.abort();
    else {
      this.waiting.push(line.command);
      if (this.waiting.length >= MAX_WAITING_COMMANDS) this.connection.setReading(false);
      void this.work();
    }
  }

  isBusy(): boolean {
    return this.transfer !== null;
  }

  idle(): void {
    this.end({ by: 'server', cause: 'idle', reason: 'nothing was said for too long' });
    this.connection.close();
  }

  ended(): void {
    this.end({ by: 'client', cause: 'closed', reason: 'the client closed the connection' });
    this.connection.close();
  }

  over(): void {
    this.end({ by: 'client', cause: 'lost', reason: 'the connection is gone' });
    this.isOver = true;
    this.ending.abort();
    this.transfer?.abort();
    this.port.close();
  }

  private async greet(): Promise<void> {
    this.working = true;
    const { greeting, implicitTls } = this.options;
    if (implicitTls && !(await this.shakeHands(() => this.security.encryptAtOnce()))) return;
    if (greeting === null) this.say('220 Replayed server ready.');
    else await this.sayRecorded(greeting, now());
    this.working = false;
    await this.work();
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    for (;;) {
      const command = this.waiting.shift();
      if (command === undefined || this.isOver) break;
      await this.handle(command);
      await this.connection.taken();
      if (!this.isOver) this.connection.setReading(true);
    }
    this.working = false;
  }

  private async handle(command: Command): Promise<void> {
    const { verb, argument } = command;
    const { answers, counts } = this.options;
    counts.commands += 1;
    const found = answers.find(verb, argument, this.restartAt);
    if (found?.by === 'verb' && hasTellingArgument(verb)) {
      counts.addTo(counts.substituted, `${maskedLine(command)}, answered as ${found.exchange.line}`);
    }
    if (isOfEncryption(verb)) return this.answerEncryption(command, found);
    if (verbFacts(verb)?.announces !== undefined) return this.announce(command, found);
    if (verb === 'REST') this.restartAt = /^\d{1,15}$/.test(argument.trim()) ? Number(argument) : 0;
    if (directionOf(verb) === 'upload') return this.carry(command, found);
    if (found !== null) return this.answer(command, found);
    const own = answers.enter(verb, argument) ? '250 Directory changed.' : ownAnswer(verb, argument, answers);
    if (own !== null) this.sayOwn(command, own);
    else await this.answerUnknown(command);
    if (verb === 'QUIT') this.leave(command);
  }

  private async answer(command: Command, found: Found): Promise<void> {
    const { exchange } = found;
    if (directionOf(exchange.verb) !== null) return this.carry(command, found);
    const askedAt = now();
    for (const reply of exchange.replies) await this.sayRecorded(reply, askedAt);
    if (command.verb === 'QUIT' || exchange.replies.at(-1)?.code === 421) this.leave(command);
  }

  private leave({ verb }: Command): void {
    const quits = { by: 'client', cause: 'quit', reason: 'QUIT' } as const;
    this.end(verb === 'QUIT' ? quits : { by: 'server', cause: 'closed', reason: '421' });
    this.connection.close();
  }

  /** What was refused is refused again; what was granted is done. */
  private async answerEncryption(command: Command, found: Found | null): Promise<void> {
    const askedAt = now();
    const { verb, argument } = command;
    const isRefused = found !== null && wasRefused(found.exchange);
    const { line, encrypts } = isRefused ? REFUSED : await this.security.answer(verb, argument);
    const granted = isCompletion(Number(line.slice(0, 3)));
    if (isRefused || (found !== null && granted && finalReply(found.exchange)?.code === Number(line.slice(0, 3)))) {
      for (const reply of found.exchange.replies) await this.sayRecorded(reply, askedAt);
    } else this.sayOwn(command, line);
    if (encrypts === null) return;
    this.waiting = [];
    await this.shakeHands(() => this.security.encrypt(encrypts, /SSL|TLS-P/i.test(argument)));
  }

  /** False when there is no session any more. */
  private async shakeHands(encrypt: () => Promise<TlsFacts | null>): Promise<boolean> {
    const { counts, log } = this.options;
    try {
      const facts = await encrypt();
      if (facts !== null) log?.secured(facts);
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      counts.addTo(counts.failedTls, reason);
      this.end({ by: 'client', cause: 'tls-failed', reason });
      this.connection.close();
      return false;
    }
  }

  private async announce(command: Command, found: Found | null): Promise<void> {
    const { verb, argument } = command;
    const { counts, log } = this.options;
    const askedAt = now();
    if (found === null) counts.addTo(counts.own, maskedLine({ ...command, argument: '', line: verb }));
    if (verbFacts(verb)?.announces === 'unsupported') return this.say('502 Not supported by a replay.');
    if (found !== null && declines(found, this.options.answers)) {
      for (const reply of found.exchange.replies) await this.sayRecorded(reply, askedAt);
      return;
    }
    const recorded = found === null || wasRefused(found.exchange) ? null : found.exchange;
    const reply = recorded?.replies.at(-1) ?? null;
    await this.waitFor(reply, askedAt);
    const lines = await this.announcementAnswer(verb, argument, reply);
    if (this.port.isSet && isCompletion(Number(lines.at(-1)?.slice(0, 3)))) log?.announced(command, lines);
    this.sayLines(lines);
  }

  private announcementAnswer(
    verb: string,
    argument: string,
    recorded: RecordedReply | null,
  ): Promise<readonly string[]> {
    return announcementAnswer(this.port, this.connection.local, { verb, argument }, recorded);
  }

  private async carry(command: Command, found: Found | null): Promise<void> {
    const { options, port } = this;
    const skipBytes = Math.max(0, this.restartAt - (found?.restartedAt ?? 0));
    const askedAt = now();
    this.restartAt = 0;
    this.transfer = new ServedTransfer(command, found?.exchange ?? null, skipBytes, {
      ...{ port, counts: options.counts, recording: options.recording, log: options.log },
      encrypt: (data) => this.security.encryptData(data),
      say: (line) => this.say(line),
      sayRecorded: (reply) => this.sayRecorded(reply, askedAt),
    });
    await this.transfer.run();
    this.transfer = null;
  }

  private async answerUnknown(command: Command): Promise<void> {
    const { onUnknown, counts, answers } = this.options;
    counts.addTo(counts.unknown, maskedLine(command));
    const namesPath = answers.namesPath(command.verb, command.argument);
    const next = onUnknown === 'next' && !namesPath ? this.nextAnswer(answers) : null;
    if (next !== null) return this.answer(command, next);
    this.say(`${codeForUnknown(onUnknown, namesPath)} That is not in the recording.`);
    if (onUnknown === 'close') this.leave(command);
  }

  /** Neither a recorded data port nor a file answers another command. */
  private nextAnswer(answers: AnswerChoice): Found | null {
    for (;;) {
      const next = answers.findNext();
      const facts = next === null ? undefined : verbFacts(next.exchange.verb);
      if (facts?.announces === undefined && facts?.transfer === undefined) return next;
    }
  }

  private async sayRecorded(reply: RecordedReply, askedAt: number): Promise<void> {
    await this.waitFor(reply, askedAt);
    // A recording may come from anyone: its addresses are never served, whatever they answer.
    const lines = reply.lines.some(mayAnnouncePort) ? await this.announcementAnswer('PASV', '', reply) : reply.lines;
    this.sayLines(lines);
    // A preliminary reply goes out before what it announces.
    if (isPreliminary(reply.code)) await this.connection.taken();
  }

  private async waitFor(reply: RecordedReply | null, askedAt: number): Promise<void> {
    const { speed, maxPauseMs = Number.POSITIVE_INFINITY } = this.options;
    const ms = Math.min(reply?.latencyMs ?? 0, maxPauseMs) / speed - (now() - askedAt);
    if (ms >= 1) await delay(ms, undefined, { signal: this.ending.signal }).catch(() => {});
  }

  private sayOwn(command: Command, line: string): void {
    const { counts } = this.options;
    counts.addTo(counts.own, maskedLine(command));
    this.say(line);
  }

  private say(line: string): void {
    this.sayLines([line]);
  }

  private sayLines(lines: readonly string[]): void {
    if (this.isOver) return;
    this.options.log?.reply(lines);
    this.connection.say(lines);
  }

  private end(end: SessionEnd): void {
    if (!this.isOver) this.options.log?.ended(end);
  }
}
