// How much of the program is loaded before it knows what to do: users wait for each file.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PROGRAM_COMMANDS } from '../../src/cli/commands.js';

const CLI = fileURLToPath(new URL('../../src/cli', import.meta.url));

/** What is loaded with a file: files and packages, without what is imported as it runs. */
function loadedWith(file: string, loaded = new Set<string>()): Set<string> {
  loaded.add(file);
  const statements = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s(?!type\b)(?:[^;']*?from )?'([^']+)'/gm);
  for (const [, name = ''] of statements) {
    const next = name.startsWith('.') ? join(dirname(file), name.replace(/\.js$/, '.ts')) : name;
    if (loaded.has(next)) continue;
    if (name.startsWith('.')) loadedWith(next, loaded);
    else loaded.add(next);
  }
  return loaded;
}

test('--help and --version load hardly anything', () => {
  const loaded = loadedWith(join(CLI, 'main.ts'));
  expect([...loaded].filter((name) => !name.startsWith('/') && !name.startsWith('node:'))).toEqual(['commander']);
  expect(loaded.size).toBeLessThan(20);
});

test.each(PROGRAM_COMMANDS.map(({ name }) => name))('what %s loads for its help and for mistakes', (name) => {
  const loaded = loadedWith(join(CLI, `${name}-command.ts`));
  expect([...loaded].filter((one) => ['blessed', 'pcap-parser', '@peculiar/x509', 'koffi'].includes(one))).toEqual([]);
  expect(loaded.size).toBeGreaterThan(10);
  expect(loaded.size).toBeLessThan(200);
});
