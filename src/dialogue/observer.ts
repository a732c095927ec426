// Makes a session's observations: numbers them, masks secrets in every text, keeps the counts. Secrets end here; nothing behind this
// file ever sees one, unless the user asked for it.
import { type Command, MASK, maskedArgument, maskedNoise, parseCommandLine } from '../protocol/command.js';
import type { Endpoint } from '../protocol/endpoint.js';
import { isPreliminary } from '../protocol/reply.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import { verbFacts } from '../protocol/verbs.js';
import { utf8Reading } from '../protocol/wire-text.js';
import { contentOf, type ObservedContent } from './content-facts.js';
import type { Exchange } from './exchange.js';
import type { Transfer } from './link-life.js';
import type {
  LegFacts,
  LinkFacts,
  LinkState,
  NoteCode,
  Observation,
  ReplyPassing,
  SessionEnd,
  SessionOrigin,
  Side,
  ViolationCode,
} from './observation.js';
import type { GatheredReply } from './reply-lines.js';
import { Secrets } from './secrets.js';
import type { LinkVerdict } from './transfer-outcome.js';

/** How often a running transfer is observed. */
const PROGRESS_INTERVAL_MS = 1000;
/** So much is shown of a line that is too long. */
const SHOWN_HEAD_CHARACTERS = 40;

/** Who opened the session, towards whom, through what. */
export interface SessionIdentity {
  readonly session: number;
  readonly client: Endpoint;
  /** Null in forward mode, where the client names it. */
  readonly server: FtpEndpoint | null;
  /** Null where there is no proxy (captures). */
  readonly listener: Endpoint | null;
  /** Who brought the client and told of it in a PROXY header; absent when the client came itself. */
  readonly via?: Endpoint;
  readonly how: SessionOrigin;
  readonly openedAt: number;
}

/** What is told of a data link, whoever carries its bytes or looks on. */
export interface ObservedLink extends ObservedContent {
  readonly number: number;
  readonly client: LegFacts;
  readonly server: LegFacts;
  readonly transfer: Transfer | null;
  readonly bytes: number;
  readonly state: LinkState;
  /** When bytes began to flow, and when they ended. */
  readonly flowingSince: number | null;
  readonly endedAt: number | null;
  /** What is kept of the payload, as far as it is known. */
  readonly payload: { readonly file?: string; readonly sha256?: string } | null;
}

/** What is told of the command that a reply answers. */
type Answered = Pick<Exchange, 'number' | 'askedAt' | 'secret'>;
type Speaker = 'server' | 'proxy';
type Body<K extends Observation['kind']> = Omit<Extract<Observation, { kind: K }>, 'kind' | 'session' | 'at'>;

export class Observer {
  private commands = 0;
  private links = 0;
  private readonly payloadBytes = { download: 0, upload: 0 };
  private closed = false;
  private readonly secrets = new Secrets();
  /** When the progress of each link was last observed; null before its bytes flow. */
  private readonly progress = new WeakMap<ObservedLink, number | null>();
  /** Violations and notes that are reported once a session, however often they occur. */
  private readonly toldOnce = new Set<string>();

  constructor(
    private readonly identity: SessionIdentity,
    private readonly showSecrets: boolean,
    private readonly emit: (observation: Observation) => void,
  ) {}

  sessionOpened(): void {
    const { session, client, server, how, listener, via, openedAt } = this.identity;
    const brought = via === undefined ? {} : { via };
    this.emit({ kind: 'session-opened', session, at: openedAt, client, server, how, listener, ...brought });
  }

  /** `since` is when it was first wanted. */
  serverConnected(at: number, since: number, local: Endpoint, remote: Endpoint): void {
    this.emit({ ...this.common('server-connected', at), remote, local, durationMs: span(since, at) });
  }

  serverChosen(at: number, { address, port }: Endpoint): void {
    this.emit({ ...this.common('server-chosen', at), server: { address, port } });
  }

  gap(at: number, side: Side, link: number | null, bytes: number): void {
    this.emit({ ...this.common('gap', at), side, link, bytes });
  }

  /** Observes a command and gives it its number. */
  command(at: number, command: Command, by: 'client' | 'proxy' = 'client'): number {
    this.commands += 1;
    this.secrets.learn(command);
    const { verb, argument, line } = this.showSecrets ? command : this.withoutSecrets(command);
    const utf8 = utf8Reading(line);
    this.emit({
      ...this.common('command', at),
      number: this.commands,
      verb,
      argument,
      line,
      ...(utf8 === null ? {} : { lineUtf8: utf8 }),
      ...(command.end === '\r\n' ? {} : { end: command.end }),
      ...(by === 'proxy' ? { by } : {}),
    });
    return this.commands;
  }

  reply(at: number, reply: GatheredReply, exchange: Answered | null, by: Speaker, passing: ReplyPassing = {}): void {
    const own = exchange?.secret ?? null;
    const lines = this.showSecrets ? reply.lines : reply.lines.map((line) => this.secrets.maskReply(line, own));
    const utf8 = lines.map((line) => utf8Reading(line));
    const linesUtf8 = lines.map((line, index) => utf8[index] ?? line);
    this.emit({
      ...this.common('reply', at),
      code: reply.code,
      lines,
      ...(utf8.some((reading) => reading !== null) ? { linesUtf8 } : {}),
      ...(reply.ends.every((end) => end === '\r\n') ? {} : { ends: reply.ends }),
      ...(reply.omittedLines === 0 ? {} : { omittedLines: reply.omittedLines }),
      answers: exchange?.number ?? null,
      // In a capture, another clock may have told the one than the other.
      latencyMs: exchange === null || at < exchange.askedAt ? null : span(exchange.askedAt, at),
      preliminary: isPreliminary(reply.code),
      by,
      ...passing,
    });
  }

  /** `since` is when the reply came. */
  heldReply(at: number, since: number, body: Omit<Body<'held-reply'>, 'heldMs'>): void {
    this.emit({ ...this.common('held-reply', at), ...body, heldMs: span(since, at) });
  }

  /** `isSecret`: it may be a part of one, and is masked whole. */
  noise(at: number, from: Side, what: 'telnet' | 'line', bytes: Buffer, isSecret = false): void {
    const text = bytes.toString('latin1');
    const end = /\r?\n$/.exec(text)?.[0] ?? '';
    const line = text.slice(0, text.length - end.length);
    if (from === 'client' && !isSecret) this.secrets.learnFromNoise(line);
    const masked = isSecret ? MASK : maskedNoise(line);
    this.emit({
      ...this.common('noise', at),
      from,
      what,
      line: this.showSecrets ? line : this.shown(masked),
      ...(what === 'telnet' || end === '\r\n' ? {} : { end }),
    });
  }

  rewrite(at: number, body: Body<'rewrite'>): void {
    this.emit({ ...this.common('rewrite', at), ...body, why: this.shown(body.why) });
  }

  violation(at: number, side: Side, code: ViolationCode, detail: string, action: string): void {
    this.emit({ ...this.common('violation', at), side, code, detail: this.shown(detail), action });
  }

  /** A violation that says nothing new the second time. */
  violationOnce(at: number, side: Side, code: ViolationCode, detail: string, action: string): void {
    if (this.isToldNow(`${side} ${code}`)) this.violation(at, side, code, detail, action);
  }

  /** Once a session, however often there is a reason to. */
  noteOnce(at: number, side: Side, code: NoteCode, detail: string): void {
    if (this.isToldNow(`note ${side} ${code}`))
      this.emit({ ...this.common('note', at), side, code, detail: this.shown(detail) });
  }

  tls(at: number, body: Body<'tls'>): void {
    const failure = body.failure === null ? null : this.shown(body.failure);
    this.emit({ ...this.common('tls', at), ...body, failure });
  }

  linkOpened(at: number, link: ObservedLink): void {
    this.progress.set(link, null);
    this.links += 1;
    this.emit({ ...this.common('link-opened', at), ...this.factsOf(link) });
  }

  /** The link's state changed. */
  linkProgress(at: number, link: ObservedLink): void {
    this.progress.set(link, at);
    this.emit({ ...this.common('link-progress', at), ...this.factsOf(link), state: link.state });
  }

  /** Bytes have moved: observed once in a while, however often it is reported. */
  linkMoved(at: number, link: ObservedLink): void {
    const before = this.progress.get(link) ?? null;
    if (before !== null && at - before >= PROGRESS_INTERVAL_MS) this.linkProgress(at, link);
  }

  linkClosed(at: number, link: ObservedLink, { outcome, cause, reason }: LinkVerdict): void {
    if (!this.progress.has(link)) this.linkOpened(at, link);
    if (link.transfer !== null) this.payloadBytes[link.transfer.direction] += link.bytes;
    const durationMs = link.flowingSince === null ? null : span(link.flowingSince, link.endedAt ?? at);
    const why = reason === null ? null : this.shown(reason);
    const { sha256, file } = link.payload ?? {};
    const kept = { ...(sha256 === undefined ? {} : { sha256 }), ...(file === undefined ? {} : { payload: file }) };
    const end = { outcome, cause, reason: why, durationMs, ...contentOf(link), ...kept };
    this.emit({ ...this.common('link-closed', at), ...this.factsOf(link), ...end });
  }

  sessionClosed(at: number, { by, cause, reason }: SessionEnd): void {
    if (this.closed) return;
    this.closed = true;
    this.emit({
      ...this.common('session-closed', at),
      by,
      cause,
      reason: this.shown(reason),
      durationMs: span(this.identity.openedAt, at),
      commands: this.commands,
      links: this.links,
      bytesDown: this.payloadBytes.download,
      bytesUp: this.payloadBytes.upload,
    });
  }

  /** A text of the session with its secrets masked, unless the user wants to see them. */
  shown(text: string): string {
    return this.showSecrets ? text : this.secrets.mask(text);
  }

  /** How a line that is too long begins. */
  beginningOf(head: Buffer): string {
    const { command } = parseCommandLine(head, '');
    const line = head.toString('latin1');
    if (command === null) this.secrets.learnFromNoise(line);
    else this.secrets.learn(command);
    const masked = command === null ? maskedNoise(line) : this.withoutSecrets(command).line;
    return this.shown(masked).slice(0, SHOWN_HEAD_CHARACTERS);
  }

  /** What is no verb may be a password on a line of its own. */
  private withoutSecrets(command: Command): Pick<Command, 'verb' | 'argument' | 'line'> {
    const { verb, argument, line } = command;
    const known = verbFacts(verb) !== undefined;
    const head = line.slice(0, line.length - argument.length);
    const masked = this.secrets.mask(maskedArgument(command));
    return {
      verb: known ? verb : this.secrets.mask(verb),
      argument: masked,
      line: (known ? head : this.secrets.mask(head)) + masked,
    };
  }

  /** False the second time. */
  private isToldNow(what: string): boolean {
    const before = this.toldOnce.size;
    return this.toldOnce.add(what).size > before;
  }

  private factsOf(link: ObservedLink): LinkFacts {
    const path = link.transfer === null ? null : this.shown(link.transfer.path);
    const utf8 = path === null ? null : utf8Reading(path);
    return {
      link: link.number,
      client: legFacts(link.client),
      server: legFacts(link.server),
      verb: link.transfer?.verb ?? null,
      path,
      ...(utf8 === null ? {} : { pathUtf8: utf8 }),
      direction: link.transfer?.direction ?? null,
      bytes: link.bytes,
    };
  }

  private common<K extends Observation['kind']>(kind: K, at: number) {
    return { kind, session: this.identity.session, at };
  }
}

function legFacts({ mode, local, remote }: LegFacts): LegFacts {
  return { mode, local, remote };
}

/** Milliseconds between two times, to the microsecond: floating point adds digits that mean nothing. */
function span(from: number, to: number): number {
  return Math.round((to - from) * 1000) / 1000;
}
