// Rows of the catalogue as people read them, without a session: every server's settings, and words in the place of values, as far as
// neither is known.
import type { CatalogueEntry } from '../words/catalogue-text.js';
import { allClientSettings, fixOf, serverSettings } from './advice.js';
import type { ServerKind } from './peers.js';
import { type DiagnosisRow, filled, type Sighting } from './row.js';

interface KnownOfServer {
  readonly values?: Sighting['values'];
  readonly serverKind?: ServerKind | null;
}

export function catalogueEntry(row: DiagnosisRow, { values, serverKind = null }: KnownOfServer = {}): CatalogueEntry {
  const { id, severity, fault, title, signs, cause, unseen } = row;
  return {
    diagnosis: id,
    ...{ severity, fault, title: filled(title, values), signs, cause: filled(cause, values), unseen: unseen ?? null },
    fix: fixOf(row, values, { server: serverSettings(row, serverKind), client: allClientSettings(row) }),
  };
}
