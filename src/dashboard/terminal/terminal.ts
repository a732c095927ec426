// The terminal, through blessed: the only file that knows it. Rows go out as cells, keys come in by name, and the terminal is
// given back on every way out. Text is written cell by cell, so that nothing in it can be taken for a tag or a sequence.
import type { ReadStream } from 'node:tty';
import blessed, { type Screen } from 'blessed';
import type { Row } from '../rows/row.js';
import type { Key } from '../viewer/keyboard.js';
import { attributesOf } from './styles.js';

export interface TerminalOptions {
  readonly title: string;
  readonly colours: boolean;
  readonly unicode: boolean;
  /** Where keys come from, when that is not stdin. */
  readonly keys?: ReadStream;
  readonly onKey: (key: Key) => void;
  readonly onPaste: (text: string) => void;
  readonly onResize: () => void;
}

/** How long the terminal may take for them when the program has failed. */
const LAST_WORDS_MS = 1000;

/** The terminal marks what is pasted (bracketed paste), so that it is not taken for keys. */
const BRACKETED_PASTE = '?2004';
const PASTE_BEGINS = '\x1b[200~';
const PASTE_ENDS = '\x1b[201~';
const MAX_PASTED_CHARACTERS = 10_000;

export class Terminal {
  private readonly screen: Screen;
  private readonly suspend = () => this.stopAndContinue();
  private readonly fault = (error: Error) => this.failWith(error);
  private readonly colours: number;
  private closed = false;
  /** Text that is being pasted; null while keys are typed. */
  private pasted: string | null = null;
  /** The shell has the terminal. After `fg` timers run before the news of it comes: what they draw must not go to the shell's screen. */
  private isSuspended = false;

  constructor(private readonly options: TerminalOptions) {
    this.screen = blessed.screen({
      smartCSR: true,
      forceUnicode: options.unicode,
      warnings: false,
      title: options.title,
      ...(options.keys === undefined ? {} : { input: options.keys }),
    });
    this.colours = options.colours ? (this.screen.program.tput?.colors ?? 8) : 0;
    this.screen.program.hideCursor();
    this.screen.program.setMode(BRACKETED_PASTE);
    this.screen.program.on('keypress', (character: string | undefined, key: KeyPress) => this.press(character, key));
    // blessed passes on no key that it does not know, and these are none.
    this.screen.program.input.on('keypress', (_character: unknown, key?: Partial<KeyPress>) =>
      this.marksPaste(key?.sequence),
    );
    this.screen.on('resize', options.onResize);
    process.on('SIGTSTP', this.suspend);
    // blessed would do the same, and not wait until the terminal has taken its farewell.
    process.on('uncaughtException', this.fault);
  }

  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.screen.width, rows: this.screen.height };
  }

  /** Shows the rows, each as wide as the terminal; not while the terminal has not taken what was drawn before. */
  draw(rows: readonly Row[]): void {
    if (this.closed || this.isSuspended || process.stdout.writableLength > 0) return;
    for (const [index, row] of rows.entries()) this.drawRow(index, row);
    this.screen.draw(0, this.screen.lines.length - 1);
  }

  /** Puts text into the clipboard of the terminal (OSC 52), over ssh as well. */
  copy(text: string): void {
    const encoded = Buffer.from(text).toString('base64');
    process.stdout.write(`\x1b]52;c;${encoded}\x07`);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    process.off('SIGTSTP', this.suspend);
    process.off('uncaughtException', this.fault);
    this.screen.program.resetMode(BRACKETED_PASTE);
    this.screen.destroy();
  }

  private drawRow(index: number, row: Row): void {
    const line = this.screen.lines[index];
    if (line === undefined) return;
    let column = 0;
    for (const { text, style, selected } of row) {
      const attributes = attributesOf(style, selected ?? false, this.colours);
      for (const character of text) {
        const cell = line[column];
        if (cell === undefined) break;
        cell[0] = attributes;
        cell[1] = character;
        column += 1;
      }
    }
    line.dirty = true;
  }

  private press(character: string | undefined, { full, ctrl, meta, sequence }: KeyPress): void {
    // blessed tells of the return key twice.
    if (full === 'return') return;
    if (this.pasted !== null) {
      this.pasted = (this.pasted + (sequence ?? character ?? '')).slice(0, MAX_PASTED_CHARACTERS);
      return;
    }
    // To the whole job, as the terminal does when nobody takes its keys: whoever pipes into this stops, too.
    if (full === 'C-z') return void process.kill(0, 'SIGTSTP');
    const typed =
      !ctrl && !meta && character?.length === 1 && character >= ' ' && character !== '\x7f' ? character : '';
    this.options.onKey({ name: typed === '' ? full : typed === ' ' ? 'space' : typed, character: typed });
  }

  /** Pasted text begins, or ends. */
  private marksPaste(sequence: string | undefined): void {
    if (sequence === PASTE_BEGINS) this.pasted = '';
    if (sequence !== PASTE_ENDS || this.pasted === null) return;
    const text = this.pasted;
    this.pasted = null;
    this.options.onPaste(text);
  }

  /** A fault of the program: the terminal is given back, if it takes that, before the fault is told. */
  private failWith({ stack, message }: Error): void {
    this.close();
    const end = () => {
      process.stderr.write(`${stack ?? message}\n`, () => process.exit(1));
    };
    process.stdout.write('', end);
    setTimeout(() => process.exit(1), LAST_WORDS_MS);
  }

  /** Ctrl-Z: the shell gets a terminal that works, and `fg` brings the screen back. */
  private stopAndContinue(): void {
    const { program } = this.screen;
    // blessed's own `pause` throws away what it has not written yet, the end of the screen among it.
    program.normalBuffer();
    program.showCursor();
    program.resetMode(BRACKETED_PASTE);
    program.flush();
    program.input.setRawMode?.(false);
    this.isSuspended = true;
    process.once('SIGCONT', () => {
      this.isSuspended = false;
      program.input.setRawMode?.(true);
      program.alternateBuffer();
      program.hideCursor();
      program.setMode(BRACKETED_PASTE);
      this.screen.alloc();
      this.options.onResize();
    });
    // SIGTSTP itself would come back here.
    process.kill(process.pid, 'SIGSTOP');
  }
}

/** As blessed tells of a key. */
interface KeyPress {
  readonly full: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
  /** The bytes that came for it. */
  readonly sequence?: string;
}
