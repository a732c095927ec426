// What was measured, as a table for people: a row for each measurement, with a verdict where there is a target.

export interface Measurement {
  readonly what: string;
  readonly direct?: string;
  readonly haproxy?: string;
  readonly ours: string;
  /** Ours held against what it is to be held against. */
  readonly compared?: string;
  readonly target?: Target;
}

interface Target {
  readonly text: string;
  readonly met: boolean;
}

/** A part of the bench that could not be run here. */
interface Skipped {
  readonly what: string;
  readonly skipped: string;
}

/** Something to know beside the numbers. */
interface Note {
  readonly note: string;
}

export type Row = Measurement | Skipped | Note;

const HEADINGS = ['', 'direct', 'HAProxy', 'ftpscope', 'compared', 'target', ''] as const;

export const milliseconds = (ms: number) => `${ms.toFixed(3)} ms`;

export const gigabytes = (bytesPerSecond: number) => `${(bytesPerSecond / 1e9).toFixed(2)} GB/s`;

export function isMissed(row: Row): row is Measurement {
  return 'ours' in row && row.target?.met === false;
}

export function tableOf(rows: readonly Row[]): string {
  const measured = rows.filter((row) => 'ours' in row);
  const cells = [[...HEADINGS], ...measured.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const skipped = rows.filter((row) => 'skipped' in row).map((row) => `skipped: ${row.what}: ${row.skipped}`);
  const notes = rows.filter((row) => 'note' in row).map((row) => `note: ${row.note}`);
  return [...lines, ...notes, ...skipped].map((line) => `${line}\n`).join('');
}

function cellsOf({ what, direct, haproxy, ours, compared, target }: Measurement): string[] {
  const verdict = target === undefined ? '' : target.met ? 'met' : 'MISSED';
  return [what, direct ?? '', haproxy ?? '', ours, compared ?? '', target?.text ?? '', verdict];
}
