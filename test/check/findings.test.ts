// Probes name diagnoses that the catalogue has.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { findingOf } from '../../src/check/findings.js';
import { CATALOGUE } from '../../src/diagnosis/catalogue.js';

const CHECK = fileURLToPath(new URL('../../src/check', import.meta.url));

/** Every quoted text that looks like an id, less what else looks so. */
function idsInSources(): readonly string[] {
  const sources = readdirSync(CHECK, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const texts = sources.map((file) => readFileSync(join(CHECK, file), 'utf8'));
  const named = /(?:diagnosis: |return |\? |: |\bof\()'([a-z0-9]+(?:-[a-z0-9]+)+)'/g;
  const ids = texts.flatMap((text) => [...text.matchAll(named)].map(([, id = '']) => id));
  const probes = texts.flatMap((text) => [...text.matchAll(/id: '([a-z0-9-]+)'/g)].map(([, id = '']) => id));
  return [...new Set(ids)].filter((id) => !probes.includes(id) && !id.startsWith('ftpscope-')).sort();
}

test('every diagnosis is one of the catalogue', () => {
  const known = new Set(CATALOGUE.map(({ id }) => id));
  const ids = idsInSources();
  expect(ids.length).toBeGreaterThan(40);
  expect(ids.filter((id) => !known.has(id))).toEqual([]);
});

test('title and severity are those of the server, cause and cure those of the row', () => {
  const conclusion = { diagnosis: 'login-failed', severity: 'note', title: 'anna is not let in' } as const;
  const found = findingOf(conclusion, 'vsftpd');
  const row = CATALOGUE.find(({ id }) => id === 'login-failed');
  expect(found).toMatchObject({ severity: 'note', title: 'anna is not let in', cause: row?.cause });
  expect(found.fix.server).toContain('vsftpd: ');
  expect(found.fix.server).not.toContain('ProFTPD');
  expect(findingOf(conclusion, null).fix.server).toContain('ProFTPD');
});
