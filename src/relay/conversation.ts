// What the parts of a session share: both outboxes, the dialogue, the observer, the time, and the effects that pile up while
// one input is handled. Decides nothing.

import { Dialogue } from '../dialogue/dialogue.js';
import { Exchange } from '../dialogue/exchange.js';
import type { HeldFor, Side, ViolationCode, ViolationFacts } from '../dialogue/observation.js';
import { Observer, type SessionIdentity } from '../dialogue/observer.js';
import { type GatheredReply, ownReply } from '../dialogue/reply-lines.js';
import { maskedNoise, parseCommandLine } from '../protocol/command.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import { AddressGate } from './address-gate.js';
import type { SessionEffect } from './effect.js';
import { HeldReplies } from './held-replies.js';
import { Outbox, type Slot } from './outbox.js';
import type { SessionPolicy } from './policy.js';

/** A control connection's two ends, as the proxy sees them. */
export interface ControlEnds {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

export class Conversation {
  readonly heldReplies = new HeldReplies((state, { since, code, answers, held }) =>
    this.observer.heldReply(this.at, since, { state, code, answers, held }),
  );
  readonly toClient = this.outbox('client');
  readonly toServer = this.outbox('server');
  readonly dialogue = new Dialogue();
  readonly observer: Observer;
  /** The server as it was named; null in forward mode, until the client names it. */
  chosenServer: FtpEndpoint | null;
  /** When it was first wanted. */
  wantedAt: number;
  /** The server's control connection; null until it stands. */
  server: ControlEnds | null = null;
  /** Protection of data connections (RFC 4217 section 9): C is clear, P is private. */
  readonly protection: Record<Side, 'C' | 'P'> = { client: 'C', server: 'C' };
  /** MODE B, C or E was agreed on: a file's end is in the data, and the connection may stay (RFC 959 section 3.4, GFD.20). */
  endIsInData = false;
  /** The client's control connection is encrypted. */
  clientControlIsTls = false;
  /** Names in the certificate that the client was shown, until it has said something behind the handshake. Null: it has. */
  shownNames: readonly string[] | null = null;
  /** Why the server may have a data port in mind that is none of ours: it is asked for no transfer then. Null: it has not. */
  strayPort: string | null = null;
  /** What has to be settled before the client is listened to again. */
  clientHolds = 0;
  /** The client says no more; it may still listen. */
  clientHasEnded = false;
  /** Client and server encrypt without us: the bytes are no FTP to us any more, and are relayed as they come. */
  opaque = false;
  /** When the input that is being handled happened. */
  at: number;
  private effects: SessionEffect[] = [];

  constructor(
    readonly identity: SessionIdentity,
    readonly client: ControlEnds,
    readonly policy: SessionPolicy,
  ) {
    this.at = identity.openedAt;
    this.chosenServer = identity.server;
    this.wantedAt = identity.openedAt;
    this.observer = new Observer(identity, policy.showSecrets, (observation) =>
      this.effect({ kind: 'observe', observation }),
    );
  }

  effect(effect: SessionEffect): void {
    this.effects.push(effect);
  }

  /** Hands out the effects since the last call, what the outboxes can let go included. */
  takeEffects(): SessionEffect[] {
    this.toServer.drain((bytes) => this.effect({ kind: 'send', to: 'server', bytes }));
    this.toClient.drain((bytes) => this.effect({ kind: 'send', to: 'client', bytes }));
    const effects = this.effects;
    this.effects = [];
    return effects;
  }

  private outbox(to: Side): Outbox {
    const gate = new AddressGate(to, (line) => {
      const from = to === 'client' ? 'server' : 'client';
      const detail = `a line that might name a data port past the proxy: ${maskedNoise(line)}`;
      this.violation(from, 'unseen-address', detail, 'not relayed');
    });
    const events = {
      leaves: (slot: Slot) => this.heldReplies.settle(slot, 'delivered'),
      dropped: (slot: Slot) => this.heldReplies.settle(slot, 'dropped'),
    };
    return new Outbox((bytes) => (this.opaque ? bytes : gate.pass(bytes)), events);
  }

  /** The server's connection is on its way: nothing can be said to it yet. */
  get awaitsServer(): boolean {
    return this.chosenServer !== null && this.server === null;
  }

  /** For messages. */
  get serverName(): string {
    return this.chosenServer === null ? 'the server' : `the server ${formatEndpoint(this.chosenServer)}`;
  }

  /** The host at the other end of a side's control connection; null while there is none. */
  hostOf(side: Side): string | null {
    return (side === 'client' ? this.client : this.server)?.remote.address ?? null;
  }

  /** The hosts that a side's data connections may come from or go to: a load balancer carries them, or does not. */
  hostsOf(side: Side): readonly string[] | null {
    const host = this.hostOf(side);
    const { via } = this.identity;
    if (host === null) return null;
    return side === 'client' && via !== undefined ? [host, via.address] : [host];
  }

  /** Answers a command in the server's place, once all that the client asked before has been answered. */
  answer(exchange: Exchange, text: string): void {
    exchange.ownReply = text;
    this.flushOwnReplies();
  }

  flushOwnReplies(): void {
    for (const exchange of this.dialogue.takeOwnReplies()) this.say(exchange.ownReply ?? '', exchange);
  }

  /** Tells the client something now; `text` is a whole reply line without its end. Where others encrypt, nothing can be said. */
  say(text: string, exchange: Exchange | null = null): void {
    if (this.opaque) return;
    // Only in answer to PASV and EPSV is there an address of our own in it; elsewhere it may quote the server.
    const holds = exchange === null || exchange.asksFor === null ? 'no-address' : 'own-address';
    const slot = this.toClient.put(Buffer.from(`${text}\r\n`, 'latin1'), exchange?.whenOwnReplySent ?? null, holds);
    this.observeOwnReply(text, exchange, slot, null);
  }

  violation(side: Side, code: ViolationCode, detail: string, action: string, facts: ViolationFacts = {}): void {
    this.observer.violation(this.at, side, code, detail, action, facts);
  }

  /** Tells the client something in the place of a reply of the server that is held in a slot. */
  sayInPlace(slot: Slot, text: string, exchange: Exchange | null): void {
    this.heldReplies.settle(slot, 'replaced');
    this.observeOwnReply(text, exchange, slot, slot.code);
    slot.replace(Buffer.from(`${text}\r\n`, 'latin1'));
  }

  /**
   * Observes a reply of the server, before what comes of it. Behind `passOn`, which does that, `waitsFor` says what the reply in the slot
   * waits for; null when it goes out now. No slot: it is not for the client.
   */
  observeReply(
    reply: GatheredReply,
    exchange: Exchange | null,
    slot: Slot | null,
    passOn: () => void,
    waitsFor: () => HeldFor | null,
  ): void {
    const before = this.effects;
    this.effects = [];
    passOn();
    const consequences = this.effects;
    this.effects = before;
    const held = slot === null || this.heldReplies.has(slot) ? null : waitsFor();
    const unheard = slot === null ? ({ unheard: true } as const) : {};
    this.observer.reply(this.at, reply, exchange, 'server', held === null ? unheard : { held });
    if (slot !== null && held !== null) this.hold(slot, reply.code, exchange, held);
    // One by one: there may be more than a call may have arguments.
    for (const effect of consequences) this.effect(effect);
  }

  private observeOwnReply(text: string, exchange: Exchange | null, slot: Slot, replaces: number | null): void {
    const reply = ownReply(text);
    const held = this.toClient.holdsUp(slot) ? 'order' : null;
    this.observer.reply(this.at, reply, exchange, 'proxy', {
      ...(held === null ? {} : { held }),
      ...(replaces === null ? {} : { replaces }),
      ...(exchange?.relayed ? { relayed: true } : {}),
    });
    if (held !== null) this.hold(slot, reply.code, exchange, held);
  }

  private hold(slot: Slot, code: number, exchange: Exchange | null, held: HeldFor): void {
    this.heldReplies.hold(slot, { code, answers: exchange?.number ?? null, held, since: this.at });
  }

  /** Asks the server something in the client's absence. The client hears neither question nor answer; observers do. */
  askServer(line: string, whenAnswered: (reply: GatheredReply) => void = () => {}): Exchange {
    const { command } = parseCommandLine(Buffer.from(`${line}\r\n`, 'latin1'), '\r\n');
    if (command === null) throw new Error(`no command: ${line}`);
    const number = this.observer.command(this.at, command, 'proxy');
    const exchange = new Exchange(number, command.verb, this.at, command.argument);
    exchange.internal = true;
    exchange.whenAnswered = whenAnswered;
    this.dialogue.ask(exchange);
    this.toServer.put(command.raw, null, 'own-address');
    return exchange;
  }
}
