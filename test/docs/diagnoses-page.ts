// docs/diagnoses.md: the catalogue as a page.
import { CATALOGUE } from '../../src/diagnosis/catalogue.js';
import { catalogueEntry } from '../../src/diagnosis/catalogue-entry.js';
import type { CatalogueEntry } from '../../src/words/catalogue-text.js';

const HEAD = `# Diagnoses

You need this page when you want to know what a finding means: all that ftpscope knows of what goes wrong with FTP, as \`ftpscope explain ID\` prints it. [Findings](findings.md) says how it is used. Made from \`src/diagnosis\`: do not edit it here.
`;

export function diagnosesPage(): string {
  return [HEAD, ...CATALOGUE.map((row) => section(catalogueEntry(row)))].join('\n');
}

function section({ diagnosis, severity, fault, title, signs, cause, fix, unseen }: CatalogueEntry): string {
  const advice = (['server', 'client', 'network', 'proxy'] as const).flatMap((who) => {
    const text = fix[who];
    return text === undefined ? [] : [`- ${who === 'proxy' ? 'With ftpscope' : `On the ${who}`}: ${text}`];
  });
  const seen = unseen === null ? [] : [`- Not recognised in sessions: ${unseen}`];
  return [
    `## ${diagnosis}\n`,
    `${title} (${severity}; to be fixed by: ${fault}).\n`,
    `- On the wire: ${signs}`,
    `- Why: ${cause}`,
    ...advice,
    ...seen,
    '',
  ].join('\n');
}
