// A real terminal: a tmux server of its own with one window, in which a shell runs what it is told. Keys go in, the screen comes
// out as text.
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { becomesTrue, startChild } from './child-process.js';

export const TMUX = { file: 'tmux', from: 'tmux' } as const;

/** A whole test in a terminal, program included. */
const LIFETIME_MS = 60_000;
const APPEARS_MS = 10_000;
const ONE_CALL_MS = 5000;

/** Of a shell that has read no file, and that waits for a line. */
export const PROMPT = /[#$] *\n*$/;

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export class TerminalWindow {
  private constructor(
    private readonly folder: string,
    private readonly socket: string,
  ) {}

  /** Opens a window with a shell in it, in `folder`; it is closed when the test is over. */
  static async open(folder: string, { columns, rows, environment = {} }: TerminalOptions): Promise<TerminalWindow> {
    const window = new TerminalWindow(folder, join(folder, 'tmux'));
    // A history would be written behind the back of whoever removes the folder.
    const variables = Object.entries({ LANG: 'C.UTF-8', HISTFILE: '/dev/null', ...environment }).flatMap(
      ([name, value]) => ['-e', `${name}=${value}`],
    );
    // In the foreground (-D) it would have no session; so it forks, and is ended through its socket.
    onTestFinished(async () => void (await window.call('kill-server')));
    await window.call(
      'new-session',
      '-d',
      '-x',
      `${columns}`,
      '-y',
      `${rows}`,
      ...variables,
      'bash --norc --noprofile',
    );
    await window.shows(PROMPT);
    return window;
  }

  /** Types a line into the shell, once that is there: a program before it may still take what is typed. */
  async runs(command: string): Promise<void> {
    await this.shows(PROMPT);
    await this.call('send-keys', '-l', command);
    await this.call('send-keys', 'Enter');
  }

  /** Pastes text, marked as that where the program asked for it (bracketed paste). */
  async paste(text: string): Promise<void> {
    await this.call('set-buffer', text);
    await this.call('paste-buffer', '-p');
  }

  /** Presses keys, as tmux names them. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.call('send-keys', key);
  }

  async type(text: string): Promise<void> {
    await this.call('send-keys', '-l', text);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.call('resize-window', '-x', `${columns}`, '-y', `${rows}`);
  }

  async screen(): Promise<string> {
    return this.call('capture-pane', '-p');
  }

  /** The parameters of sequences on the screen that set one of eight colours (ECMA-48 section 8.3.117). */
  async colours(): Promise<string[]> {
    const screen = await this.call('capture-pane', '-p', '-e');
    return screen.split('\u001b[').filter((part) => /^[\d;]*\b3[0-7]m/.test(part));
  }

  /** Waits until the screen shows it; the screen. Throws with what it shows instead. */
  async shows(expected: string | RegExp): Promise<string> {
    let screen = '';
    const shown = await becomesTrue(async () => {
      screen = await this.screen();
      return typeof expected === 'string' ? screen.includes(expected) : expected.test(screen);
    }, APPEARS_MS);
    if (!shown) throw new Error(`the terminal never showed ${expected}; it shows:\n${screen}`);
    return screen;
  }

  /** Whether the window has another screen on top of the shell's, and whether the cursor is shown. */
  async modes(): Promise<{ readonly otherScreen: boolean; readonly cursor: boolean }> {
    const flags = (await this.call('display-message', '-p', '#{alternate_on} #{cursor_flag}')).trim();
    return { otherScreen: flags.startsWith('1'), cursor: flags.endsWith('1') };
  }

  private async call(...args: readonly string[]): Promise<string> {
    const child = startChild('tmux', ['-S', this.socket, '-f', '/dev/null', ...args], {
      cwd: this.folder,
      timeoutMs: args[0] === 'new-session' ? LIFETIME_MS : ONE_CALL_MS,
    });
    await child.ended;
    return Buffer.from(child.output(), 'latin1').toString();
  }
}
