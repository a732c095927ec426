// The dashboard as a whole: observations and keys in, a screen drawn at most ten times a second, actions out. Whoever runs it
// does what it asks for.
import type { ReadStream } from 'node:tty';
import type { Observation } from '../dialogue/observation.js';
import type { Endpoint } from '../protocol/endpoint.js';
import { Board, type BoardLimits } from './model/board.js';
import { screenRows } from './panes/screen.js';
import { ASCII, UNICODE } from './rows/symbols.js';
import { Terminal } from './terminal/terminal.js';
import type { Abilities, DashboardAction } from './viewer/action.js';
import { paste, pressKey } from './viewer/keyboard.js';
import { Viewer } from './viewer/viewer.js';

/** Between two drawings; a screen that changes faster cannot be read. */
const DRAW_EVERY_MS = 100;
/** Ages and rates change although nothing happens. */
const REDRAW_EVERY_MS = 1000;

export interface DashboardOptions {
  readonly title: string;
  /** What can be done at this moment. */
  readonly abilities: () => Abilities;
  readonly colours: boolean;
  readonly unicode: boolean;
  readonly limits?: BoardLimits;
  /** Where keys come from, when that is not stdin. */
  readonly keys?: ReadStream;
  /** Asked for by the one who looks. Copying is done here. */
  readonly act: (action: DashboardAction) => void;
}

export class Dashboard {
  private readonly viewer: Viewer;
  private readonly terminal: Terminal;
  private readonly redraw: NodeJS.Timeout;
  private drawing: NodeJS.Timeout | null = null;
  private drawnAt = 0;
  private drawings = 0;

  /** Takes the terminal. */
  constructor(private readonly options: DashboardOptions) {
    this.viewer = new Viewer(new Board(options.limits), { ...options, symbols: options.unicode ? UNICODE : ASCII });
    this.terminal = new Terminal({
      ...options,
      onKey: (key) => this.handle(pressKey(this.viewer, key)),
      onPaste: (text) => {
        paste(this.viewer, text);
        this.changed();
      },
      onResize: () => this.changed(),
    });
    this.redraw = setInterval(() => this.changed(), REDRAW_EVERY_MS);
    this.draw();
  }

  show(observation: Observation): void {
    this.viewer.take(observation);
    this.changed();
  }

  /** How often it has been drawn. */
  get drawn(): number {
    return this.drawings;
  }

  /** What is kept of a session, as it was observed; null when the session was let go. */
  observationsOf(session: number): readonly Observation[] | null {
    return this.viewer.board.sessions.get(session)?.conversation.observations ?? null;
  }

  /** Shows these sessions in place of the newest, until the one who looks goes back to those. */
  lookBack(archive: Board): void {
    this.viewer.message = null;
    this.viewer.lookAt(archive);
    this.changed();
  }

  /** The whole conversation of a session was read. */
  restore(session: number, observations: readonly Observation[]): void {
    this.viewer.message = null;
    this.viewer.restore(session, observations);
    this.changed();
  }

  /** Forgets everything: a recording is shown from its beginning again. */
  startAnew(): void {
    this.viewer.startAnew(new Board(this.options.limits));
    this.changed();
  }

  /** The server of a session; null when the session was let go, or never named one. */
  serverOf(session: number): Endpoint | null {
    return this.viewer.board.sessions.get(session)?.card.server ?? null;
  }

  /** Shows text in the place of the panes, until it is closed. */
  report(title: string, lines: readonly string[]): void {
    this.viewer.turnToPage({ kind: 'report', title, lines });
    this.changed();
  }

  /** Says something in the status line until the next key. */
  say(message: string): void {
    this.viewer.message = message;
    this.changed();
  }

  /** What is looked at, as the status line says it. */
  retitle(title: string): void {
    this.viewer.title = title;
    this.changed();
  }

  /** How a recording is being played, for the status line. */
  playing(state: string): void {
    this.viewer.playback = state;
    this.changed();
  }

  /** Gives the terminal back. */
  close(): void {
    clearInterval(this.redraw);
    if (this.drawing !== null) clearTimeout(this.drawing);
    this.terminal.close();
  }

  private handle(actions: readonly DashboardAction[]): void {
    for (const action of actions) {
      if (action.kind === 'copy') this.terminal.copy(action.text);
      else this.options.act(action);
    }
    this.changed();
  }

  private changed(): void {
    if (this.drawing !== null) return;
    const wait = Math.max(0, this.drawnAt + DRAW_EVERY_MS - performance.now());
    this.drawing = setTimeout(() => this.draw(), wait);
  }

  private draw(): void {
    this.drawing = null;
    this.drawings += 1;
    this.drawnAt = performance.now();
    // What was recorded is as old as it was then.
    const now = this.viewer.playback === null ? Date.now() : this.viewer.board.lastAt;
    this.terminal.draw(screenRows(this.viewer, this.terminal.size, now));
  }
}
