// Forward mode: the client names its server, with USER, OPEN or SITE. Until then the proxy answers for itself; then it connects,
// tells the server what the client has said before, and the session is one like any other, but for what is left of logins
// to the proxy. A server that cannot be had is answered with 530, and the client may name another.
import { Exchange, GREETING } from '../dialogue/exchange.js';
import type { SessionCause, SessionEnd } from '../dialogue/observation.js';
import { lastLineOf } from '../dialogue/reply-lines.js';
import type { Command } from '../protocol/command.js';
import { isCompletion } from '../protocol/reply.js';
import { parseServerName } from '../protocol/server-name.js';
import type { Conversation } from './conversation.js';
import { sentence } from './ending.js';
import { ForwardLogin } from './forward-login.js';
import type { ForwardPolicy } from './policy.js';
import { SECURITY_VERBS } from './protection.js';
import { FORWARD_GREETING, ProxyAnswers } from './proxy-answers.js';
import type { Security } from './security.js';

/** Servers that a client may name in vain; then it is let go. */
export const MAX_ATTEMPTS = 5;

/** What the rest of the session does for the choice. */
interface Surroundings {
  /** Sends a command to the server, its reply going to the client. */
  relay(command: Command, exchange: Exchange): void;
  /** Ends the session: there will be no server. */
  turnAway(end: SessionEnd): void;
  /** Ends the session at the client's wish. */
  leave(): void;
}

/** A server that is being connected to. */
interface Choice {
  /** The command that named it. */
  readonly exchange: Exchange;
  /** Called with the last line of the server's greeting, once all is said that comes before a login. */
  readonly whenReady: (greeting: string) => void;
}

export class ServerChoice {
  private readonly answers: ProxyAnswers;
  private readonly login: ForwardLogin;
  private attempts = 0;
  private pending: Choice | null = null;

  constructor(
    private readonly conversation: Conversation,
    private readonly security: Security,
    { proxyUsers }: ForwardPolicy,
    private readonly surroundings: Surroundings,
  ) {
    this.answers = new ProxyAnswers(conversation.policy.tls.client !== 'off');
    this.login = new ForwardLogin(conversation, proxyUsers);
    conversation.say(FORWARD_GREETING);
  }

  /** Takes a command of the client; gives back what is to be relayed in its place, or null when it is seen to here. */
  take(command: Command, exchange: Exchange): Command | null {
    if (this.conversation.server === null) {
      this.takeBefore(command, exchange);
      return null;
    }
    switch (command.verb) {
      case 'USER':
        return this.login.takeUser(command, exchange);
      case 'PASS':
        return this.login.takePassword(command, exchange);
      case 'ACCT':
        return this.login.takeAccount(command, exchange);
      case 'OPEN':
        this.conversation.answer(exchange, this.login.anotherServer);
        return null;
      default:
        return command;
    }
  }

  /** Answers a line that is no command where there is no server to judge it; whether that is so. */
  answersNoise(exchange: Exchange): boolean {
    if (this.conversation.server !== null) return false;
    this.conversation.answer(exchange, '500 This is no command');
    return true;
  }

  /** The server's connection stands. The client has had a greeting, and hears nothing of this one. */
  expectGreeting(): void {
    const { conversation } = this;
    const greeting = new Exchange(null, GREETING, conversation.at);
    greeting.internal = true;
    greeting.whenAnswered = (reply) => {
      const text = lastLineOf(reply);
      const giveUp = (cause: SessionCause, reason: string) =>
        this.surroundings.turnAway({ by: 'server', cause, reason });
      if (!isCompletion(reply.code)) {
        return giveUp('turned-away', `${conversation.serverName} turns clients away: ${text}`);
      }
      this.security.serverGreeted(
        () => this.introduce(text),
        (reason) => giveUp('tls-refused', reason),
      );
    };
    conversation.dialogue.ask(greeting);
  }

  /** Clients may not have that server. */
  refused(reason: string): void {
    this.conversation.violation('client', 'server-not-allowed', reason, 'answered 530, not connected to');
    this.failed(reason);
  }

  /** The server cannot be had, and the client may name another. */
  failed(reason: string): void {
    const { conversation, pending } = this;
    if (pending === null) return;
    this.pending = null;
    conversation.chosenServer = null;
    conversation.clientHolds -= 1;
    this.refuse(pending.exchange, 530, sentence(reason));
  }

  private takeBefore(command: Command, exchange: Exchange): void {
    const { verb, argument } = command;
    if (!this.security.mayPass(exchange)) return;
    if (SECURITY_VERBS.has(verb)) {
      this.security.take(command, exchange);
      return;
    }
    switch (verb) {
      case 'USER':
        return this.takeUser(command, exchange);
      case 'PASS':
        if (this.login.takePassword(command, exchange) !== null) this.answer(exchange, '503 USER comes before PASS');
        return;
      case 'OPEN':
      case 'SITE':
        return this.open(argument, exchange);
      default:
        this.answer(exchange, this.answers.to(command));
        if (verb === 'REIN') this.login.forget();
        if (verb === 'QUIT') this.surroundings.leave();
    }
  }

  private takeUser(command: Command, exchange: Exchange): void {
    this.login.forget();
    const said = this.login.read(command);
    if (said.kind === 'malformed') return this.refuse(exchange, 501, sentence(said.reason));
    if (said.server === null) return void this.login.askProxyPassword(exchange);
    this.choose(said.server, exchange, () => {
      const told = this.login.begin(said, command, exchange);
      if (told === null) return;
      exchange.answeredHere = false;
      this.surroundings.relay(told, exchange);
    });
  }

  /** `OPEN host`, `OPEN host:port`, `OPEN host port`. */
  private open(argument: string, exchange: Exchange): void {
    const [, host = argument, port] = /^\s*(\S+)\s+(\d+)\s*$/.exec(argument) ?? [];
    this.choose(port === undefined ? host : `${host}:${port}`, exchange, (greeting) => {
      this.answer(exchange, `220 Connected to ${this.conversation.serverName}, which says: ${greeting.slice(4)}`);
    });
  }

  private choose(name: string, exchange: Exchange, whenReady: Choice['whenReady']): void {
    const { conversation } = this;
    const server = parseServerName(name);
    if (typeof server === 'string') return this.refuse(exchange, 501, `No server is named so: ${server}`);
    this.pending = { exchange, whenReady };
    exchange.answeredHere = true;
    conversation.clientHolds += 1;
    conversation.chosenServer = server;
    conversation.wantedAt = conversation.at;
    conversation.observer.serverChosen(conversation.at, server);
    conversation.effect({ kind: 'connect-server', server });
  }

  /** Tells the server what the client has said before, and lets the session go on. */
  private introduce(greeting: string): void {
    const { conversation, pending } = this;
    const line = this.answers.remembered.shift();
    if (line !== undefined) conversation.askServer(line, () => this.introduce(greeting));
    if (line !== undefined || pending === null) return;
    this.pending = null;
    conversation.clientHolds -= 1;
    pending.whenReady(greeting);
  }

  private answer(exchange: Exchange, text: string): void {
    this.conversation.answer(exchange, text);
  }

  /** Answers a server that was named in vain, and ends the session after too many of them. */
  private refuse(exchange: Exchange, code: number, why: string): void {
    this.attempts += 1;
    if (this.attempts < MAX_ATTEMPTS) return this.answer(exchange, `${code} ${why}`);
    const reason = `no server after ${MAX_ATTEMPTS} attempts: ${why}`;
    this.surroundings.turnAway({ by: 'client', cause: 'no-server', reason });
  }
}
