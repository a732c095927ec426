// A client's lines, read for everyone who listens: each becomes a command or noise, is observed, and waits in the dialogue for its
// reply. What is done about it (relayed, refused, merely shown) is for the caller.
import { type Command, parseCommandLine, secretOf } from '../protocol/command.js';
import type { LineEnd, SplitterOutput } from '../protocol/line-splitter.js';
import { verbFacts } from '../protocol/verbs.js';
import type { DataLink } from './data-link.js';
import type { Flowing } from './exchange.js';
import { Exchange, NO_COMMAND } from './exchange.js';
import type { Observer } from './observer.js';

/** What a line is, and the exchange that waits for its reply. */
export type ClientLine<Link extends Flowing = DataLink> =
  | { readonly kind: 'command'; readonly command: Command; readonly exchange: Exchange<Link> }
  /** `raw` is without Telnet bytes in front, with its end. */
  | { readonly kind: 'noise'; readonly raw: Buffer; readonly exchange: Exchange<Link> }
  | { readonly kind: 'too-long'; readonly exchange: Exchange<Link> };

/** What is done about lines that are not as they should be, in words, for the violations that report them. */
export interface DoneAbout {
  readonly oddities: string;
  readonly tooLong: string;
}

/**
 * What is known of a line whose beginning may be missing: it may be the rest of any, of a password's too, unless it begins as a
 * command does; or it is the rest of a `secret`.
 */
export type LineTail = 'of-any' | 'of-secret';

/** A line as a splitter gives it. `cut`: its end is not known, and half its verb may be missing. */
type ReadLine =
  | {
      readonly kind: 'line';
      readonly raw: Buffer;
      readonly end: LineEnd;
      readonly cut?: boolean;
      readonly tail?: LineTail;
    }
  | Extract<SplitterOutput, { kind: 'too-long' }>;

export class ClientLines<Link extends Flowing = DataLink> {
  constructor(
    private readonly observer: Observer,
    private readonly maxLineBytes: number,
    private readonly doneAbout: DoneAbout,
    /** Puts an exchange into the dialogue. */
    private readonly ask: (exchange: Exchange<Link>) => void,
  ) {}

  /** Null for a line that holds nothing but Telnet bytes. */
  read(line: ReadLine, at: number): ClientLine<Link> | null {
    if (line.kind === 'too-long') return this.tooLong(line.head, at);
    const { command, disguised, telnet, raw } = parseCommandLine(line.raw, line.end);
    if (line.tail !== undefined && (line.tail === 'of-secret' || !isKnown(command))) {
      this.observer.noise(at, 'client', 'line', line.raw, true);
      return { kind: 'noise', raw, exchange: this.noCommand(at) };
    }
    this.noteOddities(line, disguised, at);
    if (telnet.length > 0) this.observer.noise(at, 'client', 'telnet', telnet);
    const whole = !line.cut || isKnown(command);
    if (command !== null && whole) return { kind: 'command', command, exchange: this.askedBy(command, at) };
    if (raw.length === 0) return null;
    this.observer.noise(at, 'client', 'line', raw);
    return { kind: 'noise', raw, exchange: this.noCommand(at) };
  }

  private askedBy(command: Command, at: number): Exchange<Link> {
    const { verb, argument } = command;
    const number = this.observer.command(at, command);
    const exchange = new Exchange<Link>(number, verb, at, argument, secretOf(command));
    this.ask(exchange);
    return exchange;
  }

  private noCommand(at: number): Exchange<Link> {
    const exchange = new Exchange<Link>(null, NO_COMMAND, at);
    exchange.mayStayUnanswered = true;
    this.ask(exchange);
    return exchange;
  }

  private tooLong(head: Buffer, at: number): ClientLine<Link> {
    const start = this.observer.beginningOf(head);
    const detail = `a line of more than ${this.maxLineBytes} bytes, beginning ${start}`;
    this.observer.violation(at, 'client', 'line-too-long', detail, this.doneAbout.tooLong);
    return { kind: 'too-long', exchange: this.noCommand(at) };
  }

  private noteOddities({ raw, end }: Extract<ReadLine, { kind: 'line' }>, disguised: boolean, at: number): void {
    const { oddities } = this.doneAbout;
    const note = (code: 'bare-line-feed' | 'nul-byte' | 'disguised-command', detail: string) =>
      this.observer.violationOnce(at, 'client', code, detail, oddities);
    if (end === '\n') note('bare-line-feed', 'a line that ends with LF alone, not CR LF');
    if (raw.includes(0)) note('nul-byte', 'a NUL byte in a line');
    if (disguised)
      note('disguised-command', 'a command with bytes before or inside its verb that only some servers ignore');
  }
}

function isKnown(command: Command | null): boolean {
  return verbFacts(command?.verb ?? '') !== undefined;
}
