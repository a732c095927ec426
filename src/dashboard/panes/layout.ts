// How the screen is shared out among the panes, from 60x16 upwards. Rows and columns alone.
import type { PaneName } from '../viewer/viewer.js';

export const LEAST_COLUMNS = 60;
export const LEAST_ROWS = 16;

/** From here on there is room for panes side by side. */
const TWO_COLUMNS_FROM = 150;
/** From here on open data links have a pane of their own although nobody asked for it. */
const LINKS_FROM_ROWS = 22;
const LEAST_PANE_ROWS = 4;
const LINKS_ROWS = 6;

export interface PanePlace {
  readonly pane: PaneName;
  /** Its title included. */
  readonly rows: number;
}

/** Stacks of panes, from left to right. */
export interface PaneColumn {
  readonly columns: number;
  readonly places: readonly PanePlace[];
}

export interface LayoutWishes {
  readonly columns: number;
  /** Without the lines at the bottom. */
  readonly rows: number;
  readonly focus: PaneName;
  readonly maximised: boolean;
  readonly showsEvents: boolean;
}

export function layOutPanes({ columns, rows, focus, maximised, showsEvents }: LayoutWishes): readonly PaneColumn[] {
  if (maximised) return [{ columns, places: [{ pane: focus, rows }] }];
  if (columns >= TWO_COLUMNS_FROM) {
    // One column for the line between them.
    const left = Math.floor((columns - 1) * 0.62);
    const third: PaneName[] = showsEvents ? ['links', 'events'] : ['links'];
    return [
      { columns: left, places: split(rows, ['sessions', 'conversation'], 0.35) },
      { columns: columns - 1 - left, places: split(rows, third, 0.5) },
    ];
  }
  return [{ columns, places: stack(rows, focus, showsEvents) }];
}

/** One above the other: sessions, conversation, and at the bottom links or events where there is room or somebody looks. */
function stack(rows: number, focus: PaneName, showsEvents: boolean): readonly PanePlace[] {
  const lowest: PaneName | null = showsEvents && focus !== 'links' ? 'events' : 'links';
  const hasRoom = rows >= LINKS_FROM_ROWS || focus === lowest;
  if (!hasRoom) return split(rows, ['sessions', 'conversation'], 0.4);
  const low = Math.max(LEAST_PANE_ROWS, Math.min(LINKS_ROWS, Math.floor(rows / 4)));
  return [...split(rows - low, ['sessions', 'conversation'], 0.4), { pane: lowest, rows: low }];
}

/** The first gets that share, the second the rest. */
function split(rows: number, panes: readonly PaneName[], share: number): readonly PanePlace[] {
  const [first, second] = panes;
  if (first === undefined) return [];
  if (second === undefined) return [{ pane: first, rows }];
  const upper = Math.max(LEAST_PANE_ROWS, Math.floor(rows * share));
  return [
    { pane: first, rows: upper },
    { pane: second, rows: rows - upper },
  ];
}
