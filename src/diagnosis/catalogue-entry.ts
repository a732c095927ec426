// Rows of the catalogue as people read them, without a session: every server's settings, and words in the place of values, as far as
// neither is known.
import type { CatalogueEntry } from '../words/catalogue-text.js';
import { settingsFor } from './diagnosis.js';
import { CLIENT_KINDS, CLIENT_NAMES, type ServerKind } from './peers.js';
import { type DiagnosisRow, filled, type Sighting } from './row.js';

interface KnownOfServer {
  readonly values?: Sighting['values'];
  readonly serverKind?: ServerKind | null;
}

export function catalogueEntry(row: DiagnosisRow, { values, serverKind = null }: KnownOfServer = {}): CatalogueEntry {
  const { id, severity, fault, title, signs, cause, fix, unseen } = row;
  const texts = Object.fromEntries(Object.entries(fix).map(([who, text]) => [who, filled(text, values)]));
  const server = joined(fix.server, settingsFor(row.settings, serverKind), values);
  const client = joined(fix.client, allClientSettings(row.clientSettings), values);
  return {
    diagnosis: id,
    ...{ severity, fault, title: filled(title, values), signs, cause: filled(cause, values), unseen: unseen ?? null },
    fix: { ...texts, ...(server === null ? {} : { server }), ...(client === null ? {} : { client }) },
  };
}

function joined(general: string | undefined, settings: string | null, values: Sighting['values']): string | null {
  const parts = [general, settings].filter((part) => part !== undefined && part !== null);
  return parts.length === 0 ? null : filled(parts.join(' '), values);
}

function allClientSettings(settings: DiagnosisRow['clientSettings']): string | null {
  const each = CLIENT_KINDS.flatMap((kind) => {
    const setting = settings?.[kind];
    return setting === undefined ? [] : [`${CLIENT_NAMES[kind]}: ${setting}`];
  });
  return each.length === 0 ? null : each.join('; ');
}
