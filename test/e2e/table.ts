// The compatibility matrix as text: a row for each client, a column for each way to connect, and notes on what does not
// work without the proxy either.
import type { CellResult } from './cell.js';
import type { Client } from './clients/client.js';

/** A way to connect, in which a client may have no part. */
export interface Column {
  readonly name: string;
  isOffered(client: Client): boolean;
}

/** What became of each cell that was run. */
export type Results = ReadonlyMap<Client, ReadonlyMap<Column, CellResult>>;

const NAME_WIDTH = 15;
const COLUMN_WIDTH = 14;

export function tableOf(serverName: string, columns: readonly Column[], results: Results): string {
  const lines = [
    row(
      serverName,
      columns.map(({ name }) => name),
    ),
  ];
  for (const [client, cells] of results) {
    const texts = columns.map((column) => (column.isOffered(client) ? cellText(cells.get(column)) : '-'));
    lines.push(row(client.name, texts));
  }
  for (const [client, cells] of results) lines.push(...notesOn(client, cells));
  return `\n${lines.join('\n')}\n`;
}

const row = (name: string, cells: readonly string[]) =>
  (name.padEnd(NAME_WIDTH) + cells.map((cell) => cell.padEnd(COLUMN_WIDTH)).join('')).trimEnd();

/** `ok` and how many steps were compared. */
function cellText(result: CellResult | undefined): string {
  if (result === undefined) return 'not run';
  if (result.worked.length === 0) return 'direct fails';
  return result.through ? `ok ${result.worked.length}` : 'FAILS';
}

/** A line for each step that is left out, with the columns where; a cell without any step needs but one reason. */
function notesOn(client: Client, cells: ReadonlyMap<Column, CellResult>): string[] {
  const notes = new Map<string, string[]>();
  for (const [column, { worked, notDirectly }] of cells) {
    const reasons = worked.length > 0 ? [...notDirectly] : [...notDirectly].slice(0, 1);
    for (const [step, what] of reasons) {
      const note = `${client.name} without the proxy: ${step}: ${what}`;
      notes.set(note, [...(notes.get(note) ?? []), column.name]);
    }
  }
  return [...notes].map(([note, columns]) => `  ${note} (${columns.join(', ')})`);
}
