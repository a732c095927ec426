// A little of `npm run fuzz`, with the same inputs each time, and every input that once showed a fault.
import { describe, expect, test } from 'vitest';
import { Chance } from '../support/chance.js';
import { seedsOf } from './seeds.js';
import type { Target } from './target.js';
import { TARGETS } from './targets.js';

const RUNS: Readonly<Record<string, number>> = { relay: 2000, parsers: 2000, captures: 60, transcripts: 100 };
const SEED = 20_261_130;
const TIMEOUT_MS = 60_000;

describe.each(TARGETS)('$name', (target: Target) => {
  test(
    'random inputs',
    async () => {
      const chance = new Chance(SEED);
      for (let run = RUNS[target.name] ?? 0; run > 0; run -= 1) await target.run(await target.make(chance.branch()));
    },
    TIMEOUT_MS,
  );

  test('inputs that once showed a fault', async () => {
    for (const { file, input } of seedsOf(target)) {
      await expect(target.run(input), file).resolves.toBeUndefined();
    }
  });
});
