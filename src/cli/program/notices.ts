// What the program says of itself, on stderr: one line each, apart from the data on stdout.
import { escapeForTerminal } from '../../protocol/wire-text.js';

/** Takes `text` as it stands on stderr; `said` is the same on its own, for a screen that shows nothing else there. */
type NoticeSink = (text: string, said: string) => void;

export class Notices {
  constructor(
    private readonly write: NoticeSink,
    private readonly quiet: boolean,
  ) {}

  /** What scripts wait for and read: always said. */
  announce(line: string): void {
    const said = escapeForTerminal(line);
    this.write(`${said}\n`, said);
  }

  /** How things stand and what to do next; not said when quiet. */
  info(line: string): void {
    if (!this.quiet) this.announce(line);
  }

  /** What may not be as wished; not said when quiet. */
  warn(line: string): void {
    if (!this.quiet) this.notice(`warning: ${line}`);
  }

  /** What went wrong: always said. */
  error(line: string): void {
    this.notice(line);
  }

  /** A fault of the program: with what a developer needs to find it. */
  fault(what: string, error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? String(error)) : String(error);
    const safe = stack.split('\n').map(escapeForTerminal).join('\n');
    this.notice(`${what}; this is a fault of ftpscope, please report it`, `${safe}\n`);
  }

  /** `ftpscope: ...`, on one line whatever the text holds. */
  private notice(text: string, behind = ''): void {
    const said = escapeForTerminal(text.trim().replace(/\s*\n\s*/g, ' '));
    this.write(`ftpscope: ${said}\n${behind}`, said);
  }
}
