// The whole screen as rows: the panes, the line that explains what is under the cursor, status and keys; or the help. A
// viewer and a size in, text out.
import { parseFilter } from '../../filter/parse-filter.js';
import { explainLink } from '../../words/explanations.js';
import { formatBytes } from '../../words/quantities.js';
import { fitRow, fitText, oneColumnEach, ownText, type Row, span, widthOf, wrapped } from '../rows/row.js';
import { COMMANDS } from '../viewer/commands.js';
import type { Viewer } from '../viewer/viewer.js';
import { LEAST_COLUMNS, LEAST_ROWS, layOutPanes } from './layout.js';
import { pageRows } from './page.js';
import { eventWords, paneRows } from './panes.js';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Explanation, status, keys. */
const BOTTOM_ROWS = 3;

/** Exactly `rows` rows, each exactly `columns` wide. `now` is in milliseconds since the epoch. */
export function screenRows(viewer: Viewer, { columns, rows }: ScreenSize, now: number): Row[] {
  if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) return tooSmall({ columns, rows });
  viewer.refresh(now);
  const height = rows - (viewer.quickHelp ? BOTTOM_ROWS : BOTTOM_ROWS - 1);
  const upper =
    viewer.page === null
      ? paneArea(viewer, columns, height, now)
      : pageRows(viewer.page, viewer, { columns, rows: height });
  // What is explained is known when the panes have placed their cursors.
  return [...upper, ...bottomRows(viewer, columns)];
}

function tooSmall({ columns, rows }: ScreenSize): Row[] {
  const said = `this terminal is ${columns}x${rows}; ftpscope needs ${LEAST_COLUMNS}x${LEAST_ROWS}`;
  const blank: Row = [span(' '.repeat(columns))];
  return [fitRow([span(said)], columns, ''), ...Array.from({ length: Math.max(0, rows - 1) }, () => blank)];
}

function paneArea(viewer: Viewer, columns: number, rows: number, now: number): Row[] {
  const { focus, maximised, showsEvents, symbols } = viewer;
  const sessions = viewer.selection.sessions.length;
  const stacks = layOutPanes({ columns, rows, focus, maximised, showsEvents, sessions }).map((stack) =>
    stack.places.flatMap((place) =>
      paneRows(place.pane, viewer, { columns: stack.columns, rows: place.rows }, { now }),
    ),
  );
  const [left = [], right] = stacks;
  if (right === undefined) return left;
  return left.map((row, index) => [...row, span(symbols.separator, 'dim'), ...(right[index] ?? [])]);
}

function bottomRows(viewer: Viewer, columns: number): Row[] {
  const { ellipsis } = viewer.symbols;
  const rows: Row[] = (longMessage(viewer, columns) ?? [explanationRow(viewer), statusRow(viewer, columns)]).map(
    (row) => fitRow(row, columns, ellipsis),
  );
  if (viewer.quickHelp) rows.push(fitRow(quickHelp(viewer, columns), columns, ellipsis));
  return rows;
}

/** A message that is too long for one row takes the explanation's as well; null when there is none. */
function longMessage({ message, question, prompt }: Viewer, columns: number): Row[] | null {
  if (message === null || question !== null || prompt !== null) return null;
  const [first, ...rest] = wrapped(ownText(message), columns - 1);
  if (first === undefined || rest.length === 0) return null;
  return [first, rest.join(' ')].map((part): Row => [span(` ${part}`, 'transient-negative')]);
}

function explanationRow(viewer: Viewer): Row {
  return [span(` ${oneColumnEach(explanation(viewer))}`, 'intermediate')];
}

/** What the row under the cursor means, in plain words. */
function explanation(viewer: Viewer): string {
  const { session, focus } = viewer;
  if (viewer.page !== null) return '';
  if (focus === 'links') {
    const link = viewer.openLinks[viewer.links.cursor];
    return link === undefined ? '' : explainLink(link.facts);
  }
  if (focus === 'events') return eventWords(viewer);
  if (session === null) return viewer.playback === null ? 'waiting for a client to connect' : '';
  return viewer.conversation.current(session, viewer.symbols)?.meaning ?? '';
}

/** Fewer columns say nothing. */
const LEAST_TITLE = 8;

/** What is asked or typed takes the place of the status. */
function statusRow(viewer: Viewer, columns: number): Row {
  const { prompt, question, message } = viewer;
  if (question !== null) return [span(` ${ownText(question.text)} (y/n) `, 'transient-negative')];
  if (prompt !== null) return promptRow(viewer, prompt.purpose, prompt.text);
  if (message !== null) return [span(` ${ownText(message)}`, 'transient-negative')];
  const { board } = viewer;
  const { totals } = board;
  const facts = [
    `${totals.live} live`,
    `${totals.sessions} seen`,
    ...(totals.failed === 0 ? [] : [`${totals.failed} failed`]),
    `${formatBytes(board.bytes('download'))} down`,
    `${formatBytes(board.bytes('upload'))} up`,
    `${formatBytes(Math.round(board.bytesPerSecond))}/s`,
    ...(viewer.playback === null ? [] : [viewer.playback]),
  ].join('  ');
  const room = Math.max(0, columns - facts.length - 3);
  const title = fitText(room < LEAST_TITLE ? '' : ` ${ownText(viewer.options.title)}`, room, viewer.symbols.ellipsis);
  return [span(title, 'bar'), span(`  ${facts} `, 'bar')];
}

const PROMPT_SIGNS = { command: ':', filter: 'filter: ', search: '/' } as const;

function promptRow(viewer: Viewer, purpose: keyof typeof PROMPT_SIGNS, text: string): Row {
  const sign = span(` ${PROMPT_SIGNS[purpose]}`, 'key');
  if (viewer.candidates.length > 0)
    return [sign, span(ownText(text)), span(`   ${viewer.candidates.join(' ')}`, 'dim')];
  if (purpose !== 'filter') return [sign, span(ownText(text))];
  const reading = text.trim() === '' ? null : parseFilter(text);
  if (reading === null || reading.kind === 'filter') return [sign, span(ownText(text), 'valid')];
  return [sign, span(ownText(text), 'invalid'), span(`   ${ownText(reading.message)}`, 'dim')];
}

/** Where not all fits, help and the way out are still there. */
const KEPT_KEYS = 2;

function quickHelp({ focus, options }: Viewer, columns: number): Row {
  const can = options.abilities();
  const offered = COMMANDS.filter(
    ({ offeredIn, needs }) => offeredIn?.includes(focus) && (needs === undefined || can[needs]),
  ).map(({ keys, label }): Row => [span(` ${keys[0] ?? ''}`, 'key'), span(` ${label ?? ''} `, 'dim')]);
  while (offered.length > KEPT_KEYS && widthOf(offered.flat()) > columns) offered.splice(-KEPT_KEYS - 1, 1);
  return offered.flat();
}
