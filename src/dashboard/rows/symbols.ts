// What the screen is drawn with, where the terminal knows UTF-8 and where it does not. Every symbol is one column wide.

export interface Symbols {
  readonly ellipsis: string;
  /** Between panes that stand side by side. */
  readonly separator: string;
  readonly ascending: string;
  readonly descending: string;
  readonly marked: string;
  readonly fromClient: string;
  readonly fromServer: string;
  readonly transfer: string;
  /** In front of what failed, and of what is worth a look. */
  readonly trouble: string;
  readonly warning: string;
  /** Of a progress bar. */
  readonly done: string;
  readonly todo: string;
  /** From least to most. */
  readonly sparks: readonly string[];
}

export const UNICODE: Symbols = {
  ellipsis: '…',
  separator: '┃',
  ascending: '▲',
  descending: '▼',
  marked: '●',
  fromClient: '→',
  fromServer: '←',
  transfer: '⇄',
  trouble: '✗',
  warning: '!',
  done: '█',
  todo: '░',
  sparks: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
};

export const ASCII: Symbols = {
  ellipsis: '~',
  separator: '|',
  ascending: '^',
  descending: 'v',
  marked: '*',
  fromClient: '>',
  fromServer: '<',
  transfer: '=',
  trouble: 'x',
  warning: '!',
  done: '#',
  todo: '.',
  sparks: ['_', '.', '-', '=', '+', '*', '%', '#'],
};

/** The newest `columns` values as a line of sparks, scaled to the largest among them. */
export function sparkline(values: readonly number[], columns: number, { sparks }: Symbols): string {
  const shown = values.slice(-columns);
  const most = Math.max(...shown, 0);
  const spark = (value: number) => sparks[most === 0 ? 0 : Math.round((value / most) * (sparks.length - 1))] ?? ' ';
  return shown.map(spark).join('').padStart(columns);
}

/** `columns` wide, filled as far as `share` (0 to 1) says. */
export function progressBar(share: number, columns: number, { done, todo }: Symbols): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * columns);
  return done.repeat(filled) + todo.repeat(columns - filled);
}
