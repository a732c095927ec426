// The client's half of a captured session: its lines as commands, and what they say of data connections.

import { faultOfPort, namedPort } from '../../dialogue/announced-port.js';
import { ClientLines, type LineTail } from '../../dialogue/client-lines.js';
import type { Dialogue } from '../../dialogue/dialogue.js';
import type { Exchange } from '../../dialogue/exchange.js';
import type { Observer } from '../../dialogue/observer.js';
import { type Command, secretOf } from '../../protocol/command.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import type { CapturedLink } from './captured-link.js';
import { type ControlOutput, MAX_LINE_BYTES } from './control-stream.js';
import type { SessionLinks } from './session-links.js';
import type { SharedBounds } from './shared-bounds.js';

/** What a capture does about a fault: nothing. */
export const SHOWN_AS_IT_CAME = 'shown unchanged';

export class CapturedCommands {
  quitAsked = false;
  private tail: LineTail | null = null;
  /** The last line was one, and its end is missing. */
  private cutASecret = false;
  private readonly lines: ClientLines<CapturedLink>;

  constructor(
    private readonly observer: Observer,
    private readonly dialogue: Dialogue<CapturedLink>,
    private readonly links: SessionLinks,
    private readonly bounds: SharedBounds,
  ) {
    const doneAbout = { oddities: SHOWN_AS_IT_CAME, tooLong: 'not shown' };
    this.lines = new ClientLines(observer, MAX_LINE_BYTES, doneAbout, (exchange) => this.ask(exchange));
  }

  /** Bytes are missing here: the next line may be the rest of one. */
  lost(): void {
    this.tail = this.cutASecret ? 'of-secret' : 'of-any';
  }

  take(output: Exclude<ControlOutput, { kind: 'encrypted' }>, at: number): void {
    const { tail } = this;
    this.tail = null;
    const line = this.lines.read(tail === null || output.kind !== 'line' ? output : { ...output, tail }, at);
    const isCut = output.kind === 'line' && output.cut;
    this.cutASecret = isCut && (tail === 'of-secret' || (line?.kind === 'command' && beginsSecret(line.command)));
    if (line?.kind !== 'command') return;
    const { command, exchange } = line;
    const { verb } = command;
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
    const { clientHost } = this.links;
    const named = namedPort(verb, argument, clientHost);
    if (named.kind !== 'port') {
      const detail = `${verb} with an argument that names no data port: ${argument}`;
      return this.observer.violation(at, 'client', 'bad-address', detail, SHOWN_AS_IT_CAME);
    }
    const { endpoint: listener } = named;
    if (faultOfPort(listener, [clientHost]) === 'foreign-address') {
      const detail = `the client, ${clientHost}, named the foreign address ${formatEndpoint(listener)}`;
      this.observer.violationOnce(at, 'client', 'foreign-address', detail, SHOWN_AS_IT_CAME);
    }
    exchange.link = this.links.announce({ mode: 'active', listener, at }, exchange);
  }

  private abort(exchange: Exchange<CapturedLink>): void {
    exchange.mayStayUnanswered = this.dialogue.transfers.length > 0;
    this.links.abort();
  }
}

/** Also where nothing of it is there yet. */
function beginsSecret({ verb, argument }: Command): boolean {
  return secretOf({ verb, argument: argument || 'any' }) !== null;
}
