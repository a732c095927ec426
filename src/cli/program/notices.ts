// What the program says of itself, on stderr: one line each, apart from the data on stdout.
import { escapeForTerminal } from '../../protocol/wire-text.js';

export class Notices {
  constructor(
    private readonly write: (text: string) => void,
    private readonly quiet: boolean,
  ) {}

  /** What scripts wait for and read: always said. */
  announce(line: string): void {
    this.write(`${escapeForTerminal(line)}\n`);
  }

  /** How things stand and what to do next; not said when quiet. */
  info(line: string): void {
    if (!this.quiet) this.announce(line);
  }

  /** What may not be as wished; not said when quiet. */
  warn(line: string): void {
    if (!this.quiet) this.write(noticeLine(`warning: ${line}`));
  }

  /** What went wrong: always said. */
  error(line: string): void {
    this.write(noticeLine(line));
  }

  /** A fault of the program: with what a developer needs to find it. */
  fault(what: string, error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? String(error)) : String(error);
    const safe = stack.split('\n').map(escapeForTerminal).join('\n');
    this.write(`${noticeLine(`${what}; this is a fault of ftpscope, please report it`)}${safe}\n`);
  }
}

/** `ftpscope: ...`, on one line whatever the text holds. */
function noticeLine(text: string): string {
  return `ftpscope: ${escapeForTerminal(text.trim().replace(/\s*\n\s*/g, ' '))}\n`;
}
