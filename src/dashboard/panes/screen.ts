// The whole screen as rows: the panes, the line that explains what is under the cursor, status and keys; or the help. A
// viewer and a size in, text out.
import { fitRow, type Row, span, wrapped } from '../rows/row.js';
import type { Viewer } from '../viewer/viewer.js';
import { bottomHeight, bottomRows } from './bottom.js';
import { LEAST_COLUMNS, LEAST_ROWS, layOutPanes, type PanePlace } from './layout.js';
import { pageRows } from './page.js';
import { paneRows } from './panes.js';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Exactly `rows` rows, each exactly `columns` wide. `now` is in milliseconds since the epoch. */
export function screenRows(viewer: Viewer, { columns, rows }: ScreenSize, now: number): Row[] {
  if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) return tooSmall({ columns, rows });
  viewer.refresh(now);
  const height = rows - bottomHeight(viewer, columns);
  const upper =
    viewer.page === null
      ? paneArea(viewer, columns, height, now)
      : pageRows(viewer.page, viewer, { columns, rows: height });
  // What is explained is known when the panes have placed their cursors.
  return [...upper, ...bottomRows(viewer, columns)];
}

function tooSmall({ columns, rows }: ScreenSize): Row[] {
  const said = `this terminal is ${columns}x${rows}; ftpscope needs ${LEAST_COLUMNS}x${LEAST_ROWS}`;
  const lines = wrapped(said, Math.max(1, columns));
  return Array.from({ length: rows }, (_, index) => fitRow([span(lines[index] ?? '')], columns, ''));
}

function paneArea(viewer: Viewer, columns: number, rows: number, now: number): Row[] {
  const { focus, maximised, showsEvents, symbols } = viewer;
  const sessions = viewer.selection.sessions.length;
  const { top, below } = layOutPanes({ columns, rows, focus, maximised, showsEvents, sessions });
  const drawn = (place: PanePlace, width: number) =>
    paneRows(place.pane, viewer, { columns: width, rows: place.rows }, { now });
  const above = top === null ? [] : drawn(top, columns);
  const [left = [], right] = below.map((column) => column.places.flatMap((place) => drawn(place, column.columns)));
  if (right === undefined) return [...above, ...left];
  const beside = left.map((row, index) => [...row, span(symbols.separator, 'dim'), ...(right[index] ?? [])]);
  return [...above, ...beside];
}
