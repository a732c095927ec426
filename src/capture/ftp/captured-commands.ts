// The client's half of a captured session: its lines as commands, and what they say of data connections.

import { type Dialogue, Exchange, NO_COMMAND } from '../../dialogue/dialogue.js';
import type { Observer } from '../../dialogue/observer.js';
import { type Command, maskedNoise, parseCommandLine, secretOf } from '../../protocol/command.js';
import { type Endpoint, formatEndpoint, sameAddress } from '../../protocol/endpoint.js';
import { parseNamedPort } from '../../protocol/host-port.js';
import type { LineEnd } from '../../protocol/line-splitter.js';
import { verbFacts } from '../../protocol/verbs.js';
import type { CapturedLink } from './captured-link.js';
import { type ControlOutput, MAX_LINE_BYTES } from './control-stream.js';
import type { SessionLinks } from './session-links.js';
import type { SharedBounds } from './shared-bounds.js';

/** What a capture does about a fault: nothing. */
export const SHOWN_AS_IT_CAME = 'shown as it came';

export class CapturedCommands {
  quitAsked = false;
  /** How many commands have been seen. */
  count = 0;

  constructor(
    private readonly observer: Observer,
    private readonly dialogue: Dialogue<CapturedLink>,
    private readonly links: SessionLinks,
    private readonly bounds: SharedBounds,
  ) {}

  take(output: Exclude<ControlOutput, { kind: 'encrypted' }>, at: number): void {
    if (output.kind === 'too-long') return this.takeLongLine(output.head, at);
    this.noteOddities(output.raw, output.end, at);
    const { command, telnet, raw } = parseCommandLine(output.raw, output.end);
    if (telnet.length > 0) this.observer.noise(at, 'client', 'telnet', telnet);
    // A line that was cut may be short of half its verb.
    const whole = !output.cut || verbFacts(command?.verb ?? '') !== undefined;
    if (command !== null && whole) return this.takeCommand(command, at);
    if (raw.length > 0) this.takeNoise(raw, at);
  }

  private takeCommand(command: Command, at: number): void {
    this.count += 1;
    const number = this.observer.command(at, command);
    const { verb, argument } = command;
    const exchange = new Exchange<CapturedLink>(number, verb, at, argument, secretOf(command));
    this.ask(exchange);
    if (verb === 'QUIT') this.quitAsked = true;
    if (verb === 'PORT' || verb === 'EPRT') this.announce(command, exchange, at);
    if (verb === 'ABOR') this.abort(exchange);
    if (exchange.isTransfer) this.links.bind(exchange);
  }

  private ask(exchange: Exchange<CapturedLink>): void {
    while (this.dialogue.length >= this.bounds.commandsOfOneSession) {
      const [oldest] = this.dialogue.unanswered;
      if (oldest === undefined) break;
      this.dialogue.forget(oldest);
    }
    this.dialogue.ask(exchange);
  }

  private announce({ verb, argument }: Command, exchange: Exchange<CapturedLink>, at: number): void {
    const parsed = parseNamedPort(verb, argument);
    if (parsed === null || parsed === 'unknownFamily') {
      const detail = `${verb} with an argument that names no data port: ${argument}`;
      return this.observer.violation(at, 'client', 'bad-address', detail, SHOWN_AS_IT_CAME);
    }
    const listener = this.reachable(parsed);
    if (!sameAddress(listener.address, this.links.clientHost)) {
      const detail = `the client, ${this.links.clientHost}, named the foreign address ${formatEndpoint(listener)}`;
      this.observer.violationOnce(at, 'client', 'foreign-address', detail, SHOWN_AS_IT_CAME);
    }
    exchange.link = this.links.announce({ mode: 'active', listener, at }, exchange);
  }

  /** A client that names the unspecified address means the one that it has here. */
  private reachable(named: Endpoint): Endpoint {
    const unspecified = named.address === '0.0.0.0' || named.address === '::';
    return unspecified ? { address: this.links.clientHost, port: named.port } : named;
  }

  private abort(exchange: Exchange<CapturedLink>): void {
    exchange.mayStayUnanswered = this.dialogue.transfers.length > 0;
    this.links.abort();
  }

  private takeNoise(raw: Buffer, at: number): void {
    this.observer.noise(at, 'client', 'line', raw);
    const exchange = new Exchange<CapturedLink>(null, NO_COMMAND, at);
    exchange.mayStayUnanswered = true;
    this.ask(exchange);
  }

  private takeLongLine(head: Buffer, at: number): void {
    const start = maskedNoise(head.toString('latin1', 0, 40));
    const detail = `a line of more than ${MAX_LINE_BYTES} bytes, beginning ${start}`;
    this.observer.violation(at, 'client', 'line-too-long', detail, 'not shown');
    const exchange = new Exchange<CapturedLink>(null, NO_COMMAND, at);
    exchange.mayStayUnanswered = true;
    this.ask(exchange);
  }

  private noteOddities(raw: Buffer, end: LineEnd, at: number): void {
    if (end === '\n') {
      const detail = 'a line that ends with LF alone, not CR LF';
      this.observer.violationOnce(at, 'client', 'bare-line-feed', detail, SHOWN_AS_IT_CAME);
    }
    if (raw.includes(0)) {
      this.observer.violationOnce(at, 'client', 'nul-byte', 'a NUL byte in a line', SHOWN_AS_IT_CAME);
    }
  }
}
