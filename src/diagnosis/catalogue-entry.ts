// Rows of the catalogue as people read them, without a session: every server's settings, and words in the place of values.
import type { CatalogueEntry } from '../words/catalogue-text.js';
import { allSettings } from './diagnosis.js';
import { CLIENT_KINDS, CLIENT_NAMES } from './peers.js';
import { type DiagnosisRow, filled } from './row.js';

export function catalogueEntry(row: DiagnosisRow): CatalogueEntry {
  const { id, severity, fault, title, signs, cause, fix, unseen } = row;
  const texts = Object.fromEntries(Object.entries(fix).map(([who, text]) => [who, filled(text)]));
  const server = joined(fix.server, allSettings(row.settings));
  const client = joined(fix.client, allClientSettings(row.clientSettings));
  return {
    diagnosis: id,
    ...{ severity, fault, title: filled(title), signs, cause: filled(cause), unseen: unseen ?? null },
    fix: { ...texts, ...(server === null ? {} : { server }), ...(client === null ? {} : { client }) },
  };
}

function joined(general: string | undefined, settings: string | null): string | null {
  const parts = [general, settings].filter((part) => part !== undefined && part !== null);
  return parts.length === 0 ? null : filled(parts.join(' '));
}

function allClientSettings(settings: DiagnosisRow['clientSettings']): string | null {
  const each = CLIENT_KINDS.flatMap((kind) => {
    const setting = settings?.[kind];
    return setting === undefined ? [] : [`${CLIENT_NAMES[kind]}: ${setting}`];
  });
  return each.length === 0 ? null : each.join('; ');
}
