// Makes a session's observations: numbers them, masks secrets in every text, keeps the counts. Secrets end here; nothing behind this
// file ever sees one, unless the user asked for it.
import { type Command, MASK, maskedArgument, maskedNoise, parseCommandLine } from '../protocol/command.js';
import type { Endpoint } from '../protocol/endpoint.js';
import { isPreliminary } from '../protocol/reply.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import { verbFacts } from '../protocol/verbs.js';
import { utf8Lines, utf8Reading } from '../protocol/wire-text.js';
import { failedAs, stillnessOf } from './connection-facts.js';
import type { Exchange } from './exchange.js';
import { legFactsOf } from './link-facts.js';
import type {
  LinkFacts,
  NoteCode,
  Observation,
  ReplyPassing,
  SessionEnd,
  SessionOrigin,
  Side,
  ViolationCode,
  ViolationFacts,
} from './observation.js';
import type { ObservedLink } from './observed-link.js';
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

/** What is told of the command that a reply answers. */
type Answered = Pick<Exchange, 'number' | 'askedAt' | 'secret'>;
type Speaker = 'server' | 'proxy';
type Kind = Observation['kind'];
type Seen<K extends Kind> = Extract<Observation, { kind: K }>;
type Body<K extends Kind> = Omit<Seen<K>, 'kind' | 'session' | 'at'>;
/** In the making. What there are most of is written out: objects with spread fields cost several times as much. */
type Made<K extends Kind> = { -readonly [Field in keyof Seen<K>]: Seen<K>[Field] };

export class Observer {
  private commands = 0;
  private links = 0;
  private readonly payloadBytes = { download: 0, upload: 0 };
  private closed = false;
  private readonly secrets = new Secrets();
  /** When the progress of each open link, by its number, was last observed; null before its bytes flow. */
  private readonly progress = new Map<number, number | null>();
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
    this.emit({ kind: 'server-connected', ...this.common(at), remote, local, durationMs: span(since, at) });
  }

  serverChosen(at: number, { address, port }: Endpoint): void {
    this.emit({ kind: 'server-chosen', ...this.common(at), server: { address, port } });
  }

  gap(at: number, side: Side, link: number | null, bytes: number): void {
    this.emit({ kind: 'gap', ...this.common(at), side, link, bytes });
  }

  /** Observes a command and gives it its number. */
  command(at: number, command: Command, by: 'client' | 'proxy' = 'client'): number {
    this.commands += 1;
    this.secrets.learn(command);
    const { verb, argument, line } = this.showSecrets ? command : this.withoutSecrets(command);
    const { session } = this.identity;
    const seen: Made<'command'> = { kind: 'command', session, at, number: this.commands, verb, argument, line };
    const utf8 = utf8Reading(line);
    if (utf8 !== null) seen.lineUtf8 = utf8;
    if (command.end !== '\r\n') seen.end = command.end;
    if (by === 'proxy') seen.by = by;
    this.emit(seen);
    return this.commands;
  }

  reply(at: number, reply: GatheredReply, exchange: Answered | null, by: Speaker, passing?: ReplyPassing): void {
    const own = exchange?.secret ?? null;
    const lines = this.showSecrets ? reply.lines : this.secrets.maskReply(reply.lines, own);
    const seen: Made<'reply'> = {
      kind: 'reply',
      session: this.identity.session,
      at,
      code: reply.code,
      lines,
      answers: exchange?.number ?? null,
      // In a capture, another clock may have told the one than the other.
      latencyMs: exchange === null || at < exchange.askedAt ? null : span(exchange.askedAt, at),
      preliminary: isPreliminary(reply.code),
      by,
    };
    const linesUtf8 = utf8Lines(lines);
    if (linesUtf8 !== null) seen.linesUtf8 = linesUtf8;
    if (reply.ends.some((end) => end !== '\r\n')) seen.ends = reply.ends;
    if (reply.omittedLines > 0) seen.omittedLines = reply.omittedLines;
    this.emit(passing === undefined ? seen : { ...seen, ...passing });
  }

  /** `since` is when the reply came. */
  heldReply(at: number, since: number, body: Omit<Body<'held-reply'>, 'heldMs'>): void {
    this.emit({ kind: 'held-reply', ...this.common(at), ...body, heldMs: span(since, at) });
  }

  /** `isSecret`: it may be a part of one, and is masked whole. */
  noise(at: number, from: Side, what: 'telnet' | 'line', bytes: Buffer, isSecret = false): void {
    const text = bytes.toString('latin1');
    const end = /\r?\n$/.exec(text)?.[0] ?? '';
    const line = text.slice(0, text.length - end.length);
    if (from === 'client' && !isSecret) this.secrets.learnFromNoise(line);
    const masked = isSecret ? MASK : maskedNoise(line);
    this.emit({
      kind: 'noise',
      ...this.common(at),
      from,
      what,
      line: this.showSecrets ? line : this.shown(masked),
      ...(what === 'telnet' || end === '\r\n' ? {} : { end }),
    });
  }

  rewrite(at: number, body: Body<'rewrite'>): void {
    this.emit({ kind: 'rewrite', ...this.common(at), ...body, why: this.shown(body.why) });
  }

  violation(at: number, side: Side, code: ViolationCode, detail: string, action: string, facts?: ViolationFacts): void {
    this.emit({ kind: 'violation', ...this.common(at), side, code, detail: this.shown(detail), action, ...facts });
  }

  /** A violation that says nothing new the second time. */
  violationOnce(at: number, side: Side, code: ViolationCode, detail: string, action: string): void {
    if (this.isToldNow(`${side} ${code}`)) this.violation(at, side, code, detail, action);
  }

  /** Once a session, however often there is a reason to. */
  noteOnce(at: number, side: Side, code: NoteCode, detail: string): void {
    if (this.isToldNow(`note ${side} ${code}`))
      this.emit({ kind: 'note', ...this.common(at), side, code, detail: this.shown(detail) });
  }

  tls(at: number, body: Body<'tls'>): void {
    const failure = body.failure === null ? null : this.shown(body.failure);
    this.emit({ kind: 'tls', ...this.common(at), ...body, failure });
  }

  linkOpened(at: number, link: ObservedLink): void {
    this.progress.set(link.number, null);
    this.links += 1;
    this.emit(this.linkSeen('link-opened', at, link));
  }

  /** The link's state changed. */
  linkProgress(at: number, link: ObservedLink): void {
    this.progress.set(link.number, at);
    this.emit({ ...this.linkSeen('link-progress', at, link), state: link.state, ...stillnessOf(link, at) });
  }

  /** Bytes have moved: observed once in a while, however often it is reported. */
  linkMoved(at: number, link: ObservedLink): void {
    const before = this.progress.get(link.number) ?? null;
    if (before !== null && at - before >= PROGRESS_INTERVAL_MS) this.linkProgress(at, link);
  }

  linkClosed(at: number, link: ObservedLink, { outcome, cause, reason, failure }: LinkVerdict): void {
    if (!this.progress.has(link.number)) this.linkOpened(at, link);
    this.progress.delete(link.number);
    if (link.transfer !== null) this.payloadBytes[link.transfer.direction] += link.bytes;
    const durationMs = link.flowingSince === null ? null : span(link.flowingSince, link.endedAt ?? at);
    const why = reason === null ? null : this.shown(reason);
    const facts = this.linkSeen('link-closed', at, link);
    const seen: Made<'link-closed'> = { ...facts, outcome, cause, reason: why, durationMs };
    const { sha256, file } = link.payload ?? {};
    if (link.content) seen.content = link.content;
    if (link.stated) seen.stated = link.stated;
    if (sha256 !== undefined) seen.sha256 = sha256;
    if (file !== undefined) seen.payload = file;
    this.emit(Object.assign(seen, failedAs(failure), stillnessOf(link, at)));
  }

  sessionClosed(at: number, end: SessionEnd): void {
    if (this.closed) return;
    this.closed = true;
    this.emit({
      kind: 'session-closed',
      ...this.common(at),
      ...end,
      reason: this.shown(end.reason),
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

  /** What all observations of a link have. */
  private linkSeen<K extends Kind>(kind: K, at: number, link: ObservedLink) {
    const { transfer } = link;
    const path = transfer === null ? null : this.shown(transfer.path);
    const facts: LinkFacts & { kind: K; session: number; at: number; pathUtf8?: string } = {
      kind,
      session: this.identity.session,
      at,
      link: link.number,
      client: legFactsOf(link.client),
      server: legFactsOf(link.server),
      verb: transfer?.verb ?? null,
      path,
      direction: transfer?.direction ?? null,
      bytes: link.bytes,
    };
    const utf8 = path === null ? null : utf8Reading(path);
    if (utf8 !== null) facts.pathUtf8 = utf8;
    return facts;
  }

  /** Behind the kind, and not in front: an object that begins with another's fields and goes on costs microseconds (V8 of Node 20). */
  private common(at: number) {
    return { session: this.identity.session, at };
  }
}

/** Milliseconds between two times, to the microsecond: floating point adds digits that mean nothing. */
function span(from: number, to: number): number {
  return Math.round((to - from) * 1000) / 1000;
}
