// The rows below the panes: what is under the cursor in plain words, the status or what is typed and asked, and the keys. Where the
// screen is narrow, words get two rows.
import { parseFilter } from '../../filter/parse-filter.js';
import { readableText } from '../../protocol/wire-text.js';
import { explainLink } from '../../words/explanations.js';
import { formatBytes } from '../../words/quantities.js';
import { fitRow, fitText, oneColumnEach, ownText, type Row, type Style, span, widthOf, wrapped } from '../rows/row.js';
import { COMMANDS } from '../viewer/commands.js';
import type { Prompt } from '../viewer/prompt.js';
import type { Viewer } from '../viewer/viewer.js';
import { eventWords, noSessionWords } from './panes.js';

/** From here on what is said fits one row nearly always. */
const ONE_ROW_FROM = 150;

/** How many rows there are: words, status, keys. */
export function bottomHeight({ quickHelp }: Viewer, columns: number): number {
  return wordRows(columns) + 1 + (quickHelp ? 1 : 0);
}

const wordRows = (columns: number) => (columns < ONE_ROW_FROM ? 2 : 1);

export function bottomRows(viewer: Viewer, columns: number): Row[] {
  const { ellipsis } = viewer.symbols;
  const rows: Row[] = [...(longMessage(viewer, columns) ?? [...words(viewer, columns), statusRow(viewer, columns)])];
  if (viewer.quickHelp) rows.push(keyRow(viewer, columns));
  return rows.map((row) => fitRow(row, columns, ellipsis));
}

/** A message that is too long for one row takes the explanation's as well; null when there is none. */
function longMessage({ message, question, prompt }: Viewer, columns: number): Row[] | null {
  if (message === null || question !== null || prompt !== null) return null;
  const rows = atTheEnd(ownText(message), wordRows(columns) + 1, columns);
  return (rows.at(-2) ?? '') === '' ? null : rows.map((part) => said(part, 'transient-negative'));
}

function words(viewer: Viewer, columns: number): readonly Row[] {
  const { text, style } = spoken(viewer);
  return atTheEnd(text, wordRows(columns), columns).map((part) => said(part, style));
}

const said = (text: string, style: Style): Row => [span(text === '' ? '' : ` ${text}`, style)];

/** In so many rows, the last ones of them; what does not fit is left to be cut. */
function atTheEnd(text: string, rows: number, columns: number): readonly string[] {
  const parts = wrapped(text.slice(0, (rows + 1) * columns), columns - 1);
  const shown = parts.length <= rows ? parts : [...parts.slice(0, rows - 1), parts.slice(rows - 1).join(' ')];
  return [...Array.from({ length: rows - shown.length }, () => ''), ...shown];
}

/** While something is typed, what helps with that; otherwise what the row under the cursor means. */
function spoken(viewer: Viewer): { readonly text: string; readonly style: Style } {
  if (viewer.candidates.length > 0) return { text: viewer.candidates.join(' '), style: 'dim' };
  const problem = viewer.prompt === null ? null : filterProblem(viewer.prompt);
  if (problem !== null) return { text: ownText(problem), style: 'dim' };
  return { text: oneColumnEach(explanation(viewer)), style: 'intermediate' };
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
  if (focus === 'troubles' || focus === 'advice')
    return viewer.trouble === null ? '' : readableText(viewer.trouble.newest.title);
  if (session === null) return noSessionWords(viewer);
  return viewer.conversation.current(session, viewer.symbols)?.meaning ?? '';
}

/** Fewer columns say nothing. */
const LEAST_TITLE = 8;

/** What is asked or typed takes the place of the status. */
function statusRow(viewer: Viewer, columns: number): Row {
  const { prompt, question, message, present: board } = viewer;
  if (question !== null) return [span(` ${ownText(question.text)} (y/n) `, 'transient-negative')];
  if (prompt !== null) return promptRow(prompt, columns, viewer.symbols.ellipsis);
  if (message !== null) return [span(` ${ownText(message)}`, 'transient-negative')];
  const { totals } = board;
  const facts = [
    `${totals.live} live`,
    `${totals.sessions} seen`,
    ...(totals.inTrouble === 0 ? [] : [`${totals.inTrouble} in trouble`]),
    `${formatBytes(board.bytes('download'))} down`,
    `${formatBytes(board.bytes('upload'))} up`,
    `${formatBytes(Math.round(board.bytesPerSecond))}/s`,
    ...(viewer.playback === null ? [] : [viewer.playback]),
  ].join('  ');
  const room = Math.max(0, columns - facts.length - 3);
  const title = fitText(room < LEAST_TITLE ? '' : ` ${ownText(viewer.title)}`, room, viewer.symbols.ellipsis);
  return [span(title, 'bar'), span(`  ${facts} `, 'bar')];
}

const PROMPT_SIGNS = { command: ':', filter: 'filter: ', search: '/' } as const;

/** What is typed, with its cursor; of a long line the part around that. */
function promptRow(prompt: Prompt, columns: number, ellipsis: string): Row {
  const sign = ` ${PROMPT_SIGNS[prompt.purpose]}`;
  const text = ownText(prompt.text);
  // Every character that can be typed is one column wide, or written as an escape.
  const cursor = ownText(prompt.text.slice(0, prompt.cursor)).length;
  const room = columns - sign.length - ellipsis.length - 1;
  const from = Math.max(0, cursor - room + 1);
  const style = promptStyle(prompt);
  return [
    span(sign, 'key'),
    span(from === 0 ? '' : ellipsis, 'dim'),
    span(text.slice(from, cursor), style),
    { ...span(text.charAt(cursor) || ' ', style), selected: true },
    span(text.slice(cursor + 1), style),
  ];
}

function promptStyle(prompt: Prompt): Style {
  if (prompt.purpose !== 'filter') return 'default';
  return filterProblem(prompt) === null ? 'valid' : 'invalid';
}

function filterProblem({ purpose, text }: Prompt): string | null {
  if (purpose !== 'filter' || text.trim() === '') return null;
  const reading = parseFilter(text);
  return reading.kind === 'error' ? reading.message : null;
}

/** Where not all fits, help and the way out are still there. */
const KEPT_KEYS = 2;

/** What the keys do where one is: in the pane in focus, or on a page. */
function keyRow({ focus, options, page }: Viewer, columns: number): Row {
  const can = options.abilities();
  const offered = COMMANDS.filter(({ offeredIn, needs, worksOnPages }) =>
    page === null ? offeredIn?.includes(focus) && (needs === undefined || can[needs]) : worksOnPages,
  ).map(({ keys, label, worksOnPages }): Row => {
    const named = page === null ? label : worksOnPages;
    return [span(` ${keys[0] ?? ''}`, 'key'), span(` ${named ?? ''} `, 'dim')];
  });
  while (offered.length > KEPT_KEYS && widthOf(offered.flat()) > columns) offered.splice(-KEPT_KEYS - 1, 1);
  return offered.flat();
}
