// Logins in forward mode: what of them is for the proxy itself is answered here and goes no further, the rest is put into words
// for the server. Which login says what is told in forward-user.ts.
import type { Exchange } from '../dialogue/exchange.js';
import { type Command, secretOf, withArgument } from '../protocol/command.js';
import { formatEndpoint } from '../protocol/endpoint.js';
import { parseServerName } from '../protocol/server-name.js';
import type { Conversation } from './conversation.js';
import { type ForwardUser, type ProxysOwn, readUser, withoutProxyPassword } from './forward-user.js';
import { PROXY_LOGIN_TAKEN, PROXY_PASSWORD_WANTED } from './proxy-answers.js';

export class ForwardLogin {
  /** A login to the proxy itself has begun, and its password is to come. */
  private awaitsProxyPassword = false;
  private proxysOwn: ProxysOwn = 'nothing';
  /** USER named the server, and names it again when the client logs in anew. */
  private namedByUser = false;

  constructor(
    private readonly conversation: Conversation,
    private readonly proxyUsers: readonly string[],
  ) {}

  read(command: Command): ForwardUser {
    return readUser(command, this.proxyUsers);
  }

  /** The server that a USER named stands: gives back what it is to be told, or null when it is for the proxy. */
  begin(said: ForwardUser, command: Command, exchange: Exchange): Command | null {
    this.proxysOwn = 'nothing';
    if (said.kind !== 'server-login') return this.askProxyPassword(exchange);
    this.namedByUser = true;
    this.proxysOwn = said.proxysOwn;
    return this.inOtherWords(command, said.user, exchange);
  }

  /** A USER after the server was chosen: a login anew, or one after an OPEN. */
  takeUser(command: Command, exchange: Exchange): Command | null {
    this.forget();
    const said = this.read(command);
    const server = said.kind === 'malformed' ? null : said.server;
    if (server !== null && this.isChosen(server) && (this.namedByUser || said.kind === 'proxy-login')) {
      return this.begin(said, command, exchange);
    }
    if (server === null || !this.namedByUser) return command;
    this.conversation.answer(exchange, this.anotherServer);
    return null;
  }

  takePassword(command: Command, exchange: Exchange): Command | null {
    if (this.awaitsProxyPassword) {
      this.awaitsProxyPassword = false;
      const named = this.conversation.server !== null;
      this.conversation.answer(exchange, named ? '230 Logged in to the proxy' : PROXY_LOGIN_TAKEN);
      return null;
    }
    if (this.proxysOwn !== 'end-of-password') return command;
    return this.inOtherWords(command, withoutProxyPassword(command.argument), exchange);
  }

  takeAccount(command: Command, exchange: Exchange): Command | null {
    if (this.proxysOwn !== 'account') return command;
    this.proxysOwn = 'nothing';
    this.conversation.answer(exchange, '230 Logged in to the proxy');
    return null;
  }

  askProxyPassword(exchange: Exchange): null {
    this.awaitsProxyPassword = true;
    const named = this.conversation.server !== null;
    this.conversation.answer(exchange, named ? '331 Password for the proxy: any will do' : PROXY_PASSWORD_WANTED);
    return null;
  }

  /** Whatever was begun has come to nothing. */
  forget(): void {
    this.awaitsProxyPassword = false;
    this.proxysOwn = 'nothing';
  }

  get anotherServer(): string {
    return `503 This session is with ${this.conversation.serverName}; connect again for another`;
  }

  /** The server is told the same with another argument, and observers are told so. */
  private inOtherWords(command: Command, argument: string, exchange: Exchange): Command {
    if (argument === command.argument) return command;
    const told = withArgument(command, argument);
    exchange.secret = secretOf(told);
    this.conversation.observer.command(this.conversation.at, told, 'proxy');
    return told;
  }

  private isChosen(name: string): boolean {
    const server = parseServerName(name);
    const chosen = this.conversation.chosenServer;
    if (typeof server === 'string' || chosen === null) return false;
    return formatEndpoint(server).toLowerCase() === formatEndpoint(chosen).toLowerCase();
  }
}
