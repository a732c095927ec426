// The whole screen as rows: the panes, or a page of text in their place (the help, a report); below them the line that explains
// what is under the cursor, status and keys. A viewer and a size in, text out.
import { fitRow, fitText, oneColumnEach, type Row, span, wrapped } from '../rows/row.js';
import { COMMANDS } from '../viewer/commands.js';
import type { Page, Viewer } from '../viewer/viewer.js';
import { bottomHeight, bottomRows } from './bottom.js';
import { LEAST_COLUMNS, LEAST_ROWS, layOutPanes, type PanePlace } from './layout.js';
import { paneRows } from './panes.js';

const KEY_COLUMNS = 19;
const NAME_COLUMNS = 20;

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
  const { focus, maximised, showsEvents, symbols, view } = viewer;
  const sessions = viewer.selection.sessions.length;
  const troubles = viewer.board.troubles.size;
  const { top, below } = layOutPanes({ columns, rows, view, focus, maximised, showsEvents, sessions, troubles });
  const drawn = (place: PanePlace, width: number) =>
    paneRows(place.pane, viewer, { columns: width, rows: place.rows }, { now, symbols });
  const above = top === null ? [] : drawn(top, columns);
  const [left = [], right] = below.map((column) => column.places.flatMap((place) => drawn(place, column.columns)));
  if (right === undefined) return [...above, ...left];
  const beside = left.map((row, index) => [...row, span(symbols.separator, 'dim'), ...(right[index] ?? [])]);
  return [...above, ...beside];
}

function pageRows(page: Page, viewer: Viewer, size: { readonly columns: number; readonly rows: number }): Row[] {
  const { columns } = size;
  const { ellipsis } = viewer.symbols;
  const [title, lines] =
    page.kind === 'help' ? ['Keys and commands', helpLines(columns)] : [page.title, reportLines(page.lines)];
  const height = size.rows - 1;
  viewer.pageRows = height;
  const from = Math.max(0, Math.min(viewer.pageList.cursor, lines.length - height));
  viewer.pageList.cursor = from;
  const heading: Row = [span(fitText(` ${title}   j and k move, q closes`, columns, ellipsis), 'title-focused')];
  const shown = lines.slice(from, from + height).map((line) => fitRow(line, columns, ellipsis));
  while (shown.length < height) shown.push([span(' '.repeat(columns))]);
  return [heading, ...shown];
}

function helpLines(columns: number): readonly Row[] {
  return COMMANDS.flatMap(({ keys, name, argument, purpose }) =>
    wrapped(purpose, columns - 1 - KEY_COLUMNS - NAME_COLUMNS).map((part, index): Row => {
      const [pressed, typed] =
        index > 0 ? ['', ''] : [keys.join(' '), `:${[name, argument].filter(Boolean).join(' ')}`];
      return [span(` ${pressed.padEnd(KEY_COLUMNS)}`, 'key'), span(typed.padEnd(NAME_COLUMNS), 'dim'), span(part)];
    }),
  );
}

function reportLines(lines: readonly string[]): readonly Row[] {
  return lines.map((line) => [span(` ${oneColumnEach(line)}`)]);
}
