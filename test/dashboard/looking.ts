// A dashboard without a terminal: observations go in, keys are pressed, the screen is read as text.
import { Board, type BoardLimits } from '../../src/dashboard/model/board.js';
import { screenRows } from '../../src/dashboard/panes/screen.js';
import { ASCII, UNICODE } from '../../src/dashboard/rows/symbols.js';
import type { Abilities, DashboardAction } from '../../src/dashboard/viewer/action.js';
import { pressKey } from '../../src/dashboard/viewer/keyboard.js';
import { Viewer } from '../../src/dashboard/viewer/viewer.js';
import type { Observation } from '../../src/dialogue/observation.js';

export const EVERYTHING: Abilities = {
  kill: true,
  payloads: true,
  capture: true,
  replay: true,
  playback: true,
  readBack: true,
  endsSessions: false,
};

export interface LookingOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly abilities?: Abilities;
  readonly limits?: BoardLimits;
  readonly ascii?: boolean;
  readonly title?: string;
  /** How the recording is played, when it is one. */
  readonly playback?: string;
}

export class Looking {
  readonly board: Board;
  readonly viewer: Viewer;
  columns: number;
  rows: number;

  constructor(observations: readonly Observation[], options: LookingOptions = {}) {
    this.columns = options.columns ?? 80;
    this.rows = options.rows ?? 24;
    this.board = new Board(options.limits);
    this.viewer = new Viewer(this.board, {
      title: options.title ?? 'proxy to ftp.example.com:21',
      abilities: () => options.abilities ?? EVERYTHING,
      symbols: options.ascii ? ASCII : UNICODE,
    });
    this.viewer.playback = options.playback ?? null;
    this.happens(observations);
    this.screen();
  }

  happens(observations: readonly Observation[]): void {
    for (const observation of observations) this.viewer.take(observation);
  }

  /** Presses keys by name, a character being its own name; `type:` before what is typed as text. */
  press(...keys: readonly string[]): DashboardAction[] {
    const actions: DashboardAction[] = [];
    for (const key of keys) {
      const typed = key.startsWith('type:') ? [...key.slice('type:'.length)] : [key];
      for (const name of typed) {
        actions.push(
          ...pressKey(this.viewer, { name, character: name.length === 1 ? name : name === 'space' ? ' ' : '' }),
        );
        this.screen();
      }
    }
    return actions;
  }

  /** The screen's rows as text, without blanks at their ends. */
  screen(): string[] {
    const size = { columns: this.columns, rows: this.rows };
    return screenRows(this.viewer, size, this.board.lastAt).map((row) =>
      row
        .map(({ text }) => text)
        .join('')
        .trimEnd(),
    );
  }

  /** The text of the rows under a cursor. */
  selected(): string[] {
    const size = { columns: this.columns, rows: this.rows };
    const rows = screenRows(this.viewer, size, this.board.lastAt);
    return rows
      .map((row) =>
        row
          .filter(({ selected }) => selected)
          .map(({ text }) => text)
          .join('')
          .trim(),
      )
      .filter((text) => text !== '');
  }

  /** The rows of a pane, found by how its title begins. */
  pane(title: string): string[] {
    const rows = this.screen();
    const from = rows.findIndex((row) => row.startsWith(` ${title}`));
    const to = rows.findIndex(
      (row, index) => index > from && /^ (Sessions|Session \d|Conversation|Data links|Events) /.test(`${row} `),
    );
    return rows.slice(from, to === -1 ? rows.length : to);
  }
}
