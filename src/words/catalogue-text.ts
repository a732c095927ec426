// A diagnosis of the catalogue, as `ftpscope explain` prints it. Knows the texts, and not where they come from.
import type { Fix, Severity } from '../dialogue/observation.js';
import { adviceLines } from './findings.js';

/** As much of a row of the catalogue as people read, its placeholders filled. */
export interface CatalogueEntry {
  readonly diagnosis: string;
  readonly severity: Severity;
  readonly fault: string;
  readonly title: string;
  readonly signs: string;
  readonly cause: string;
  readonly fix: Fix;
  /** Why nobody who stands between the peers can see it; null where it is recognised. */
  readonly unseen: string | null;
}

export function catalogueEntryText(entry: CatalogueEntry): string[] {
  const { diagnosis, severity, fault, title, signs, unseen } = entry;
  return [
    `${diagnosis}: ${title}`,
    `   ${severity}, to be fixed by: ${fault}`,
    `   on the wire: ${signs}`,
    ...adviceLines(entry).map(({ text }) => `   ${text}`),
    ...(unseen === null ? [] : [`   not recognised in sessions: ${unseen}`]),
  ];
}

export function catalogueListText(entries: readonly CatalogueEntry[]): string[] {
  const width = Math.max(...entries.map(({ diagnosis }) => diagnosis.length));
  return entries.map(({ diagnosis, severity, title }) => `${diagnosis.padEnd(width)}  ${severity.padEnd(7)}  ${title}`);
}
