// One client of a replayed server: takes its commands one after the other, and answers each as the recorded server did. Which
// exchange answers is for `AnswerChoice` to say.
import { setTimeout as delay } from 'node:timers/promises';
import { announcedPort, formAskedFor } from '../../dialogue/announced-port.js';
import { now } from '../../ends/clock.js';
import type { ServedConnection, ServedEvents, ServedLine } from '../../ends/control-server.js';
import type { PortRange } from '../../ends/data-port.js';
import { ServerDataPort } from '../../ends/server-data-port.js';
import { type Command, maskedLine } from '../../protocol/command.js';
import { mayAnnouncePort } from '../../protocol/lenient-reading.js';
import { isPreliminary } from '../../protocol/reply.js';
import { verbFacts } from '../../protocol/verbs.js';
import {
  directionOf,
  finalReply,
  type RecordedExchange,
  type RecordedReply,
  wasRefused,
} from '../session/recorded-session.js';
import { announcementAnswer } from './announcement-answers.js';
import type { AnswerChoice, Found, OnUnknown } from './answer-choice.js';
import { encryptionAnswer, ownAnswer } from './own-answers.js';
import type { ServedCounts } from './served-counts.js';
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
}

/** Commands that a client sends ahead; beyond that it is not read. */
const MAX_WAITING_COMMANDS = 32;
/** How long a client may take to connect, at most. */
const MAX_CONNECT_MS = 30_000;

export class ServedSession implements ServedEvents {
  private readonly port: ServerDataPort;
  private readonly waiting: Command[] = [];
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
    options.counts.clients += 1;
    void this.greet();
  }

  line(line: ServedLine): void {
    if (line.kind !== 'command') this.say('500 That is no command.');
    else if (line.command.verb === 'ABOR' && this.transfer !== null) this.transfer.abort();
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
    this.connection.close();
  }

  ended(): void {
    this.connection.close();
  }

  over(): void {
    this.isOver = true;
    this.ending.abort();
    this.transfer?.abort();
    this.port.close();
  }

  private async greet(): Promise<void> {
    this.working = true;
    const { greeting } = this.options;
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
    const encryption = encryptionAnswer(verb);
    if (encryption !== null) return this.answerEncryption(found, encryption);
    if (verbFacts(verb)?.announces !== undefined) return this.announce(command, found);
    if (verb === 'REST') this.restartAt = /^\d{1,15}$/.test(argument.trim()) ? Number(argument) : 0;
    if (directionOf(verb) === 'upload') return this.carry(command, found);
    if (found !== null) return this.answer(command, found);
    const own = answers.enter(verb, argument)
      ? '250 Directory changed.'
      : ownAnswer(verb, argument, answers.knownFolder);
    if (own !== null) this.sayOwn(command, own);
    else await this.answerUnknown(command);
    if (verb === 'QUIT') this.connection.close();
  }

  private async answer(command: Command, found: Found): Promise<void> {
    const { exchange } = found;
    if (directionOf(exchange.verb) !== null) return this.carry(command, found);
    const askedAt = now();
    for (const reply of exchange.replies) await this.sayRecorded(reply, askedAt);
    if (command.verb === 'QUIT' || exchange.replies.at(-1)?.code === 421) this.connection.close();
  }

  /** What was refused is refused again; what was granted would have to be done. */
  private async answerEncryption(found: Found | null, encryption: string): Promise<void> {
    if (found === null || !wasRefused(found.exchange)) this.say(encryption);
    else for (const reply of found.exchange.replies) await this.sayRecorded(reply, now());
  }

  private async announce({ verb, argument }: Command, found: Found | null): Promise<void> {
    const askedAt = now();
    if (verbFacts(verb)?.announces === 'unsupported') return this.say('502 Not supported by a replay.');
    if (found !== null && declines(found, this.options.answers)) {
      for (const reply of found.exchange.replies) await this.sayRecorded(reply, askedAt);
      return;
    }
    const recorded = found === null || wasRefused(found.exchange) ? null : found.exchange;
    const reply = recorded?.replies.at(-1) ?? null;
    await this.waitFor(reply, askedAt);
    const lines = await this.announcementAnswer(verb, argument, reply);
    if (!this.isOver) this.connection.say(lines);
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
      ...{ port, counts: options.counts, recording: options.recording },
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
    if (onUnknown === 'close') this.connection.close();
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
    if (!this.isOver) this.connection.say(lines);
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
    if (!this.isOver) this.connection.say([line]);
  }
}

/** 550: there is no such file; 502: there is no such command (RFC 959 section 4.2.2). */
function codeForUnknown(onUnknown: OnUnknown, namesPath: boolean): number {
  switch (onUnknown) {
    case '550':
    case 'next':
      return namesPath ? 550 : 502;
    case '502':
      return 502;
    case '500':
      return 500;
    case 'close':
      return 421;
  }
}

/** Whether no data port is to be had: the recorded server declined each time, or just there where the client is in the recording. */
function declines({ exchange, inOrder }: Found, answers: AnswerChoice): boolean {
  if (wasRefused(exchange)) return inOrder || answers.neverGranted(exchange.verb);
  return inOrder && !namesPort(exchange);
}

/** Whether the answer to a command that asks for a data port names one. */
function namesPort(exchange: RecordedExchange): boolean {
  const asked = formAskedFor(exchange);
  const reply = finalReply(exchange);
  return asked === null || (reply !== null && announcedPort(reply, asked, '') !== null);
}

/** A password or a port is bound to be another one. */
function hasTellingArgument(verb: string): boolean {
  const facts = verbFacts(verb);
  return facts?.secretArgument === undefined && facts?.announces === undefined && verb !== 'QUIT';
}
