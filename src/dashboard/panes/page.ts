// A page of text in the place of the panes: the help, made from the table of commands, or a report of something that was asked for.
import { fitRow, fitText, oneColumnEach, type Row, span, wrapped } from '../rows/row.js';
import { COMMANDS } from '../viewer/commands.js';
import type { Page, Viewer } from '../viewer/viewer.js';

const KEY_COLUMNS = 19;
const NAME_COLUMNS = 20;

export function pageRows(page: Page, viewer: Viewer, size: { readonly columns: number; readonly rows: number }): Row[] {
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
