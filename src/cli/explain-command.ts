// `ftpscope explain`: the catalogue of what goes wrong with FTP, for people and for programs.
import type { Command } from 'commander';
import { CATALOGUE } from '../diagnosis/catalogue.js';
import { catalogueEntry } from '../diagnosis/catalogue-entry.js';
import { closestName } from '../net/options/closest-name.js';
import { catalogueEntryText, catalogueListText } from '../words/catalogue-text.js';
import { examplesText } from './options/help-page.js';
import { addLoudnessOptions, option } from './options/options.js';
import { UsageError } from './program/errors.js';

interface ExplainOptions {
  readonly json?: boolean;
}

export function addExplainCommand(command: Command, call: string): void {
  command
    .description(
      'Explains a diagnosis: how it looks on the wire, why it happens, what to change. Without an id it lists all of them.',
    )
    .argument('[id...]', 'as a finding names it, such as login-failed')
    .addOption(option('--json', 'print NDJSON, one line for each diagnosis'));
  addLoudnessOptions(command);
  command
    .addHelpText('after', () =>
      examplesText([[`${call} explain`, 'all of them'], [`${call} explain pasv-private-address`]]),
    )
    .action((ids: readonly string[], options: ExplainOptions) => explain(ids, options));
}

function explain(ids: readonly string[], { json }: ExplainOptions): void {
  const entries = (ids.length === 0 ? CATALOGUE : ids.map(rowOf)).map((row) => catalogueEntry(row));
  const lines = json
    ? entries.map((entry) => JSON.stringify(entry))
    : ids.length === 0
      ? catalogueListText(entries)
      : entries.flatMap((entry, index) => [...(index === 0 ? [] : ['']), ...catalogueEntryText(entry)]);
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

function rowOf(id: string) {
  const row = CATALOGUE.find((one) => one.id === id.toLowerCase());
  if (row !== undefined) return row;
  const closest = closestName(
    id,
    CATALOGUE.map((one) => one.id),
  );
  const guess = closest === null ? '' : `; did you mean ${closest}?`;
  throw new UsageError(`there is no diagnosis ${id}${guess} (ftpscope explain lists them)`);
}
