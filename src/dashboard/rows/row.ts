// A row of the screen as styled text, and its arithmetic. Every character is one column wide: what is not, is written as an
// escape before it comes here. Knows no terminal.
import { escapeForTerminal, readableText } from '../../protocol/wire-text.js';
import type { Ink } from '../../words/line.js';

/** What a span is coloured by: what the words bring along, and the parts of the screen itself. */
export type Style = Ink | 'title' | 'title-focused' | 'bar' | 'key' | 'valid' | 'invalid';

export interface Span {
  readonly text: string;
  readonly style: Style;
  /** Under the cursor. */
  readonly selected?: true;
}

export type Row = readonly Span[];

export function span(text: string, style: Style = 'default'): Span {
  return { text, style };
}

export function selected(row: Row): Row {
  return row.map((part) => ({ ...part, selected: true }));
}

/**
 * What a terminal may show in two columns, or in none at all: combining marks, East Asian wide characters, emoji, and whatever
 * lies beyond the basic plane. Terminals do not agree on their widths, so they are written as escapes.
 */
const NOT_ONE_COLUMN =
  /[\p{M}\u1100-\u115f\u231a\u231b\u2329\u232a\u23e9-\u23f3\u25fd\u25fe\u2600-\u27bf\u2b00-\u2bff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{10000}-\u{10ffff}]|[\ud800-\udfff]/gu;

/** Text that is safe already, with every character one column wide. */
export function oneColumnEach(text: string): string {
  return text.replace(NOT_ONE_COLUMN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** One-character-a-byte text from a peer, for one row. */
export function wireText(latin1: string): string {
  return oneColumnEach(readableText(latin1));
}

/** Text of our own or from the user. */
export function ownText(text: string): string {
  return oneColumnEach(escapeForTerminal(text));
}

/** Exactly `columns` wide: padded, or cut with `ellipsis` at its end. */
export function fitText(text: string, columns: number, ellipsis: string, align: 'left' | 'right' = 'left'): string {
  if (columns <= 0) return '';
  if (text.length > columns) return text.slice(0, columns - ellipsis.length) + ellipsis.slice(0, columns);
  return align === 'left' ? text.padEnd(columns) : text.padStart(columns);
}

/** Lines of that many columns at most, broken between words where there are any. */
export function wrapped(text: string, columns: number): readonly string[] {
  if (text.length <= columns) return [text];
  const space = text.lastIndexOf(' ', columns);
  const end = space > 0 ? space : columns;
  return [text.slice(0, end), ...wrapped(text.slice(end).trimStart(), columns)];
}

export function textOf(row: Row): string {
  return row.map(({ text }) => text).join('');
}

export function widthOf(row: Row): number {
  return row.reduce((sum, { text }) => sum + text.length, 0);
}

/** The row exactly `columns` wide. */
export function fitRow(row: Row, columns: number, ellipsis: string): Row {
  const whole = widthOf(row);
  if (whole <= columns) return [...row, ...blank(columns - whole)];
  const fitting: Span[] = [];
  let left = columns - ellipsis.length;
  for (const part of row) {
    if (left <= 0) break;
    fitting.push({ ...part, text: part.text.slice(0, left) });
    left -= part.text.length;
  }
  return [...fitting, span(ellipsis.slice(0, columns), 'dim')];
}

function blank(columns: number): Row {
  return columns === 0 ? [] : [span(' '.repeat(columns))];
}
