// One session, whole: inputs in, effects out. No socket, clock, promise or timer: time comes as a field of each input, and
// `deadlineAt` says when the next tick is wanted. The parts: commands.ts and replies.ts carry the lines, links.ts the data
// connections, ending.ts brings everything to its end.
import { Exchange, GREETING } from '../dialogue/exchange.js';
import type { ConnectionFailure, Side, TlsFacts } from '../dialogue/observation.js';
import type { SessionIdentity } from '../dialogue/observer.js';
import { maskedNoise } from '../protocol/command.js';
import { LineSplitter, MAX_REPLY_LINE_BYTES, type SplitterOutput } from '../protocol/line-splitter.js';
import { isStalledAbort, isTelnetAlone, STALLED_ABORT_MS } from '../protocol/telnet.js';
import { Commands } from './commands.js';
import { type ControlEnds, Conversation } from './conversation.js';
import { Deadlines, isDue } from './deadlines.js';
import type { SessionEffect } from './effect.js';
import { Ending } from './ending.js';
import { FirstBytes } from './first-bytes.js';
import { HeldLines } from './held-lines.js';
import type { ControlInsecure, SessionInput } from './input.js';
import { LinkInputs } from './link-inputs.js';
import { Links } from './links.js';
import { ModeTranslation } from './mode-translation.js';
import type { ForwardPolicy, SessionPolicy } from './policy.js';
import { type GiveUp, Replies } from './replies.js';
import { Security } from './security.js';
import { ServerChoice } from './server-choice.js';
import { knowingNothing, type ModesOf } from './server-leg-opening.js';

/** Commands that may wait for their replies; then the client is read no further until some have come. */
export const MAX_OUTSTANDING_COMMANDS = 1000;
/** Bytes that may wait in an outbox; then the other side is read no further. */
export const MAX_WAITING_BYTES = 64 * 1024;

export class Relay {
  private readonly conversation: Conversation;
  private readonly links: Links;
  private readonly linkInputs: LinkInputs;
  private readonly security: Security;
  private readonly commands: Commands;
  private readonly replies: Replies;
  private readonly ending: Ending;
  private readonly lines: Readonly<Record<Side, LineSplitter>>;
  private readonly held: HeldLines;
  private readonly firstBytes: FirstBytes;
  private readonly deadlines: Deadlines;
  /** In forward mode, where the client names its server. */
  private readonly choice: ServerChoice | null;

  constructor(
    identity: SessionIdentity,
    client: ControlEnds,
    policy: SessionPolicy,
    /** What other sessions have learnt of servers. */
    modesOf: ModesOf = knowingNothing(),
  ) {
    this.conversation = new Conversation(identity, client, policy);
    this.links = new Links(this.conversation);
    this.linkInputs = new LinkInputs(this.conversation, this.links);
    this.security = new Security(this.conversation);
    this.ending = new Ending(this.conversation, this.links, (why) => this.replies.breakOff(why));
    const translation = new ModeTranslation(this.conversation, this.links, modesOf);
    this.conversation.observer.sessionOpened();
    this.choice = policy.forward === null ? null : this.serverChoice(policy.forward);
    this.commands = new Commands(this.conversation, this.links, this.security, translation, this.choice);
    const giveUp: GiveUp = (cause, reason) => this.ending.turnAway({ by: 'server', cause, reason });
    this.replies = new Replies(this.conversation, this.links, this.security, giveUp, () => this.ending.cameBack());
    this.lines = { client: new LineSplitter(policy.maxLineBytes), server: new LineSplitter(this.maxReplyLineBytes) };
    this.held = new HeldLines((line) => this.takeLine(line));
    this.firstBytes = new FirstBytes(this.conversation, this.ending);
    this.deadlines = new Deadlines(this.conversation, this.links, this.replies, this.ending);
  }

  /** Whether that side's control connection is to be read now; otherwise it waits, and so does its peer. */
  mayRead(side: Side): boolean {
    const { dialogue, toServer, toClient } = this.conversation;
    // Room that only reading can make is not waited for; what a reply may hold back is bounded on its own.
    if (side === 'server') return toClient.awaitsServer || toClient.waitingBytes < MAX_WAITING_BYTES;
    const roomForMore = dialogue.length < MAX_OUTSTANDING_COMMANDS && toServer.waitingBytes < MAX_WAITING_BYTES;
    return roomForMore && this.listensToClient;
  }

  /** When a tick is wanted, in the time of the inputs; null when nothing is waited for. */
  get deadlineAt(): number | null {
    return this.ending.over ? null : this.deadlines.next;
  }

  /** What the session wants done about an input. Throws only for faults of the proxy itself. */
  handle(input: SessionInput): SessionEffect[] {
    this.conversation.at = input.at;
    if (!this.ending.over) this.dispatch(input);
    this.held.release(() => this.listensToClient);
    const effects = this.conversation.takeEffects();
    if (this.ending.over) return effects;
    this.ending.proceed();
    const more = this.conversation.takeEffects();
    return more.length === 0 ? effects : [...effects, ...more];
  }

  private dispatch(input: SessionInput): void {
    switch (input.kind) {
      case 'server-connected':
        this.deadlines.connectedAt = input.at;
        this.conversation.server = { local: input.local, remote: input.remote };
        this.conversation.observer.serverConnected(input.at, this.conversation.wantedAt, input.local, input.remote);
        this.security.serverConnected();
        return this.expectGreeting();
      case 'client-refused':
        return this.ending.refuseClient(input.code, input.detail);
      case 'control-secured':
        return this.secured(input.side, input.tls);
      case 'control-insecure':
        return this.insecure(input);
      case 'server-unreachable':
        return this.unreachable(`cannot reach ${this.conversation.serverName}: ${input.reason}`, input.failure);
      case 'server-refused':
        return this.choice?.refused(input.reason);
      case 'control-bytes':
        return input.from === 'client' ? this.clientBytes(input.bytes) : this.serverBytes(input.bytes);
      case 'control-ended':
        return this.controlEnded(input.from);
      case 'control-lost':
        return this.controlLost(input);
      case 'shutdown':
        return this.ending.turnAway({ by: 'proxy', cause: input.cause, reason: input.reason });
      case 'tick':
        return this.tick();
      default:
        this.linkInputs.handle(input);
        if (input.kind === 'data-ended') this.deadlines.lastHeardAt = input.at;
    }
  }

  private serverChoice(policy: ForwardPolicy): ServerChoice {
    return new ServerChoice(this.conversation, this.security, policy, {
      relay: (command, exchange) => this.commands.relay(command, exchange),
      turnAway: (end) => this.ending.turnAway(end),
      leave: () => this.ending.leave(),
    });
  }

  private unreachable(reason: string, failure?: ConnectionFailure): void {
    if (this.choice === null) this.ending.turnAway({ by: 'server', cause: 'unreachable', reason, failure });
    else this.choice.failed(reason);
  }

  private expectGreeting(): void {
    const { dialogue, opaque, at } = this.conversation;
    if (opaque) this.replies.greeted = true;
    else if (this.choice !== null) this.choice.expectGreeting();
    else dialogue.ask(new Exchange(null, GREETING, at));
  }

  private clientBytes(bytes: Buffer): void {
    this.deadlines.lastHeardAt = this.conversation.at;
    if (this.conversation.opaque) return void this.conversation.toServer.put(bytes);
    // Version 2 of the PROXY protocol is made so that its lines, one by one, look like others.
    if (this.lines.client.rest.length === 0) this.firstBytes.check('client', bytes);
    for (const output of this.lines.client.push(bytes)) {
      if (output.kind === 'line') this.firstBytes.check('client', output.raw);
      this.hear(output);
    }
    this.firstBytes.check('client', this.lines.client.rest);
    const stalled = isStalledAbort(this.lines.client.rest);
    this.deadlines.stalledAbortAt = stalled ? this.conversation.at + STALLED_ABORT_MS : null;
  }

  /** What the client said before comes first. */
  private hear(line: SplitterOutput): void {
    this.held.add(line);
    this.held.release(() => this.listensToClient);
  }

  private takeLine(line: SplitterOutput): void {
    if (!this.ending.begun) this.commands.take(line);
  }

  private serverBytes(bytes: Buffer): void {
    this.deadlines.lastHeardAt = this.conversation.at;
    this.deadlines.serverHeardAt = this.conversation.at;
    if (this.conversation.opaque) return void this.conversation.toClient.put(bytes);
    for (const output of this.lines.server.push(bytes)) {
      if (output.kind === 'too-long') return this.serverLineTooLong();
      this.firstBytes.check('server', output.raw);
      if (this.security.ignoresServer) this.dropped('server', output.raw.length, output.raw);
      else if (!this.ending.refusing) this.replies.take(output);
    }
    if (this.security.ignoresServer) this.dropped('server', this.lines.server.discard());
    else this.firstBytes.check('server', this.lines.server.rest);
  }

  private secured(side: Side, tls: TlsFacts): void {
    if (side === 'client') this.dropped('client', this.held.discard() + this.lines.client.discard());
    if (side === 'client') this.conversation.clientControlIsTls = true;
    this.security.secured(side, tls);
  }

  /** What was said in the clear behind AUTH or its 234 may be anybody's (the STARTTLS injection): it is not believed. */
  private dropped(side: Side, bytes: number, line: Buffer | null = null): void {
    if (bytes === 0) return;
    const said = line === null ? '' : `: ${maskedNoise(line.toString('latin1').trimEnd())}`;
    const detail = `${bytes} bytes in the clear behind ${side === 'client' ? 'AUTH' : 'the 234'}${said}`;
    this.conversation.violation(side, 'pipelined-behind-auth', detail, 'dropped');
  }

  private insecure({ side, reason, tls, stillClear }: ControlInsecure): void {
    const { observer, at } = this.conversation;
    observer.tls(at, { ...tls, side, leg: 'control', link: null, failure: reason });
    if (side === 'server') {
      const what = `cannot secure the connection to ${this.conversation.serverName}: ${reason}`;
      return this.ending.turnAway({ by: side, cause: 'tls-failed', reason: what });
    }
    if (stillClear) {
      const what = `this port is for implicit FTPS (TLS from the first byte): ${reason}`;
      return this.ending.turnAway({ by: side, cause: 'tls-failed', reason: what });
    }
    const what = `the connection to the client broke: TLS failed: ${reason}`;
    this.ending.lost({ by: side, cause: 'tls-failed', reason: what }, this.commands.quitAsked, false);
  }

  private serverLineTooLong(): void {
    const { observer, at } = this.conversation;
    const detail = `a line of more than ${this.maxReplyLineBytes} bytes`;
    observer.violation(at, 'server', 'line-too-long', detail, 'session ended');
    const reason = `${this.conversation.serverName} sent ${detail}`;
    this.ending.turnAway({ by: 'server', cause: 'line-too-long', reason });
  }

  private controlEnded(side: Side): void {
    const output = this.lines[side].flush();
    if (output?.kind === 'line') this.unfinishedLine(side, output);
    if (side === 'client') this.conversation.clientHasEnded = true;
    if (side === 'client') this.ending.clientEnded(this.commands.quitAsked);
    else this.ending.serverEnded(this.commands.quitAsked, this.replies.greeted, this.security.holdsGreeting);
  }

  private controlLost({
    from: side,
    reason: why,
    failure,
    alert,
  }: Extract<SessionInput, { kind: 'control-lost' }>): void {
    const reason = `the connection to the ${side} broke: ${why}`;
    const broken = alert === undefined ? {} : { alert: { from: side, number: alert } };
    const end = { by: side, cause: 'lost', reason, failure, ...broken } as const;
    this.ending.lost(end, this.commands.quitAsked, this.security.holdsGreeting);
  }

  private unfinishedLine(side: Side, output: Extract<SplitterOutput, { kind: 'line' }>): void {
    const { observer, at } = this.conversation;
    const isInterrupt = side === 'client' && isTelnetAlone(output.raw);
    if (!isInterrupt) observer.violation(at, side, 'no-line-end', 'the last line has no end', 'taken as it is');
    if (side === 'client') this.hear(output);
    else this.replies.take(output);
  }

  private tick(): void {
    const { at, policy } = this.conversation;
    if (isDue(this.deadlines.stalledAbortAt, at)) this.takeStalledAbort();
    this.conversation.heldReplies.wake(at);
    this.links.wake();
    this.replies.settlement.wake();
    if (isDue(this.deadlines.greeting, at)) return this.ending.noGreeting(this.deadlines.serverHeardAt === null);
    if (isDue(this.deadlines.login, at)) return this.ending.noLogin(policy.loginTimeoutMs);
    const { owed } = this.deadlines;
    if (owed !== null && isDue(this.deadlines.reply, at)) return this.ending.noReply(owed.verb);
    if (isDue(this.deadlines.silence, at)) this.ending.silence(policy.idleTimeoutMs);
  }

  private takeStalledAbort(): void {
    this.deadlines.stalledAbortAt = null;
    const output = this.lines.client.flush();
    if (output !== null) this.hear(output);
  }

  private get maxReplyLineBytes(): number {
    return Math.max(this.conversation.policy.maxLineBytes, MAX_REPLY_LINE_BYTES);
  }

  private get listensToClient(): boolean {
    const { clientHolds, awaitsServer } = this.conversation;
    return this.security.listensToClient && clientHolds === 0 && !awaitsServer;
  }
}
