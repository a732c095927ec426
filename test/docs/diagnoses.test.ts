// The page of all diagnoses is the catalogue's. After a change of texts: `npx vitest run test/docs/diagnoses.test.ts -u`.
import { expect, test } from 'vitest';
import { program } from '../../src/cli/main.js';
import { CATALOGUE } from '../../src/diagnosis/catalogue.js';
import { diagnosesPage } from './diagnoses-page.js';

test('docs/diagnoses.md says what the catalogue says', async () => {
  await expect(diagnosesPage()).toMatchFileSnapshot('../../docs/diagnoses.md');
});

test('what ftpscope is told to do is an option that it has, with a value that it takes', async () => {
  const proxy = (await program('ftpscope', true)).commands.find((command) => command.name() === 'proxy');
  const options = new Map((proxy?.options ?? []).map((one) => [one.long, one.argChoices ?? null]));
  for (const { id, fix } of CATALOGUE) {
    for (const [, long = '', value = ''] of (fix.proxy ?? '')
      .replace(/NODE_OPTIONS='[^']*'/, '')
      .matchAll(/(--[a-z-]+)(?: ([a-z]+)\b)?/g)) {
      expect([...options.keys()], `${id}: ${long}`).toContain(long);
      const choices = options.get(long) ?? null;
      if (choices !== null && value !== '') expect(choices, `${id}: ${long}`).toContain(value);
    }
  }
});
