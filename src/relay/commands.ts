// The client's half of a session: its lines, observed and relayed to the server, or answered here where relaying them would
// lead the session astray. Replies are the business of replies.ts.

import { isEpsvAll } from '../dialogue/announced-port.js';
import { ClientLines } from '../dialogue/client-lines.js';
import type { Exchange } from '../dialogue/exchange.js';
import type { ViolationCode } from '../dialogue/observation.js';
import type { Command } from '../protocol/command.js';
import { type AddressFamily, addressFamily } from '../protocol/endpoint.js';
import { mayNamePort } from '../protocol/lenient-reading.js';
import type { SplitterOutput } from '../protocol/line-splitter.js';
import { isCompletion } from '../protocol/reply.js';
import { verbFacts } from '../protocol/verbs.js';
import type { Conversation } from './conversation.js';
import { relayInDistrust, strayPortOf } from './distrust.js';
import { noDataConnection } from './failed-transfers.js';
import type { Links } from './links.js';
import type { ModeTranslation } from './mode-translation.js';
import { PortCommands } from './port-commands.js';
import { SECURITY_VERBS } from './protection.js';
import type { Security } from './security.js';
import type { ServerChoice } from './server-choice.js';

/** They ask the server for a port, in words of its own. */
const LISTENING_VERBS: ReadonlySet<string> = new Set(['LPSV', 'SPSV', 'SPAS']);

export class Commands {
  /** The client asked for QUIT: the session's end is its wish. */
  quitAsked = false;
  private epsvAll = false;
  /** The client asked for a restart at a marker, and no transfer has taken it. */
  private restarts = false;
  private readonly ports: PortCommands;
  private readonly lines: ClientLines;

  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
    private readonly security: Security,
    private readonly translation: ModeTranslation,
    /** In forward mode, where the client names its server. */
    private readonly choice: ServerChoice | null,
  ) {
    this.ports = new PortCommands(conversation, links, translation);
    const doneAbout = { oddities: 'relayed unchanged', tooLong: 'answered 500, not relayed' };
    this.lines = new ClientLines(conversation.observer, conversation.policy.maxLineBytes, doneAbout, (exchange) =>
      conversation.dialogue.ask(exchange),
    );
  }

  take(output: SplitterOutput): void {
    const line = this.lines.read(output, this.conversation.at);
    this.conversation.shownNames = null;
    switch (line?.kind) {
      case undefined:
        return;
      case 'too-long': {
        const { maxLineBytes } = this.conversation.policy;
        return this.conversation.answer(line.exchange, `500 Line too long; the limit is ${maxLineBytes} bytes`);
      }
      case 'noise':
        return this.takeNoise(line.raw, line.exchange);
      case 'command':
        return this.takeCommand(line.command, line.exchange);
    }
  }

  private takeCommand(said: Command, exchange: Exchange): void {
    if (hidesPort(said)) return this.refuseHiddenPort(exchange);
    const command = this.choice === null ? said : this.choice.take(said, exchange);
    if (command !== null) this.serve(command, exchange);
  }

  private serve(command: Command, exchange: Exchange): void {
    const { verb } = command;
    if (this.epsvAll && this.forbiddenAfterEpsvAll(exchange) === 'answered') return;
    if (exchange.facts?.announces === 'unsupported') return this.handleOtherForm(command, exchange);
    if (verb === 'PORT' || verb === 'EPRT') return this.ports.handle(command, exchange);
    if (exchange.facts?.announces && this.translation.translatesPassive(verb)) {
      if (!isEpsvAll(exchange)) return this.translation.servePassive(command, exchange);
      // A promise to us: the server, which we may ask for something else, is not to hear of it.
      this.epsvAll = true;
      return this.conversation.answer(exchange, '200 EPSV ALL taken');
    }
    if (verb === 'EPSV' && this.isOfOtherFamily(command.argument)) {
      return this.conversation.answer(exchange, `522 Network protocol not supported, use (${this.clientFamily})`);
    }
    if (!this.security.mayPass(exchange)) return;
    if (exchange.isTransfer && !this.security.mayTransfer(exchange)) return;
    if (exchange.isTransfer && this.answersFailed(exchange)) return;
    if (SECURITY_VERBS.has(verb) && this.security.take(command, exchange) === 'answered') return;
    this.relay(command, exchange);
  }

  /** Sends a command to the server, which answers it. */
  relay(command: Command, exchange: Exchange): void {
    const { verb, argument } = command;
    if (isEpsvAll(exchange)) this.epsvAll = true;
    if (verb === 'USER' || verb === 'REIN') this.epsvAll = false;
    if (verb === 'REIN') exchange.whenAnswered = ({ code }) => this.reinitialized(code);
    if (verb === 'QUIT') this.quitAsked = true;
    if (verb === 'HOST') exchange.whenAnswered = ({ code }) => isCompletion(code) && this.security.hostNamed(argument);
    if (verb === 'REST' || exchange.isTransfer) this.restarts = verb === 'REST';
    const direction = exchange.facts?.transfer;
    if (verb === 'ABOR') exchange.mayStayUnanswered = this.conversation.dialogue.transfers.length > 0;
    const whenSent = direction !== undefined || verb === 'ABOR' ? () => this.sent(exchange) : null;
    exchange.relayed = true;
    this.conversation.toServer.put(this.wireBytes(command), whenSent);
    if (direction !== undefined) this.links.bind(exchange, { verb, path: argument, direction });
  }

  /** RFC 959 section 4.1.1: all parameters are reset, and the data port is one. */
  private reinitialized(code: number): void {
    if (!isCompletion(code)) return;
    this.links.takeBack('REIN');
    this.conversation.strayPort = null;
  }

  /**
   * A transfer that no data connection can come of does not go to the server, which would wait for one. What REST said to it is taken
   * back, as it would hold for the next transfer.
   */
  private answersFailed(exchange: Exchange): boolean {
    const lostFor = this.conversation.dialogue.openAnnouncement === null ? this.links.lostFor : null;
    const reason = strayPortOf(this.conversation) ?? lostFor;
    if (reason === null) return false;
    this.conversation.answer(exchange, noDataConnection(reason));
    if (this.restarts) this.conversation.askServer('REST 0');
    this.restarts = false;
    return true;
  }

  private sent(exchange: Exchange): void {
    if (exchange.isTransfer && exchange.link !== null) this.links.commandSent(exchange.link);
    if (exchange.verb === 'ABOR') this.links.abort();
  }

  /** As it came, with two exceptions: a line that stalled before its end gets one, and EPSV names the server's own family. */
  private wireBytes(command: Command): Buffer {
    const { raw, end, verb, argument, line } = command;
    if (verb === 'EPSV' && argument === String(this.clientFamily) && this.serverFamily !== null) {
      return Buffer.from(`${line.slice(0, -1)}${this.serverFamily}${end}`, 'latin1');
    }
    if (end === '\r\n' || end === '\n') return raw;
    return Buffer.from(`${line}\r\n`, 'latin1');
  }

  /** Of the address that the client would be given a port at. */
  private get clientFamily(): AddressFamily {
    return addressFamily(this.conversation.client.local.address) ?? 1;
  }

  private get serverFamily(): AddressFamily | null {
    return addressFamily(this.conversation.server?.remote.address ?? '');
  }

  /** Where both legs are of one family, the server judges the other one itself. */
  private isOfOtherFamily(argument: string): boolean {
    const isFamily = argument === '1' || argument === '2';
    return isFamily && argument !== String(this.clientFamily) && this.serverFamily !== this.clientFamily;
  }

  private takeNoise(raw: Buffer, exchange: Exchange): void {
    if (mayNamePort(raw.toString('latin1'))) return this.refuseHiddenPort(exchange);
    if (this.choice?.answersNoise(exchange)) return;
    this.conversation.toServer.put(raw);
  }

  private refuseHiddenPort(exchange: Exchange): void {
    const detail = 'a line that some servers might take for a command that names a data port';
    this.refuse(exchange, 'unseen-address', detail, '500 This line is not understood here, and not relayed');
  }

  /** RFC 2428 section 4: no other command may announce a data port. The server refuses it, but where it would hear another. */
  private forbiddenAfterEpsvAll(exchange: Exchange): 'answered' | 'relay' {
    const { verb, facts } = exchange;
    if (facts?.announces === undefined || verb === 'EPSV') return 'relay';
    const detail = `${verb} after EPSV ALL`;
    if (this.translation.translates(verb)) {
      const reply = '500 After EPSV ALL only EPSV is accepted (RFC 2428 section 4)';
      this.refuse(exchange, 'after-epsv-all', detail, reply);
      return 'answered';
    }
    this.conversation.violation('client', 'after-epsv-all', detail, 'left to the server');
    return 'relay';
  }

  /** A form that cannot be rewritten. Where the server only would name a port, it may refuse that itself. */
  private handleOtherForm(command: Command, exchange: Exchange): void {
    const { conversation, links } = this;
    const { verb } = exchange;
    const detail = `${verb} announces a data port in a form that the proxy cannot rewrite`;
    const reply = `502 ${verb} does not pass this proxy; use EPSV, PASV, EPRT or PORT`;
    if (!LISTENING_VERBS.has(verb) || conversation.policy.serverMode !== 'same') {
      return this.refuse(exchange, 'unsupported-address-form', detail, reply);
    }
    conversation.violation('client', 'unsupported-address-form', detail, 'relayed unchanged');
    relayInDistrust(conversation, links, command, exchange, reply);
  }

  private refuse(exchange: Exchange, code: ViolationCode, detail: string, reply: string): void {
    const { conversation } = this;
    conversation.observer.violation(
      conversation.at,
      'client',
      code,
      detail,
      `answered ${reply.slice(0, 3)}, not relayed`,
    );
    conversation.answer(exchange, reply);
  }
}

/** Whether another command may be hidden in this one, that names a data port: behind a bare CR, say. */
function hidesPort({ verb, line }: Command): boolean {
  return verb !== 'PORT' && verb !== 'EPRT' && verbFacts(verb)?.announces !== 'unsupported' && mayNamePort(line);
}
