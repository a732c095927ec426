// `npm run fuzz -- --minutes N [--seed N] [--only TARGET]`: random inputs for what reads bytes from strangers, all targets in turn. Every fault
// is printed, and its input kept under test/fuzz/seeds; then the status is 1.
import { parseArgs } from 'node:util';
import { Chance } from '../support/chance.js';
import { keepSeed } from './seeds.js';
import type { Target } from './target.js';
import { TARGETS } from './targets.js';

/** The same fault again says nothing new. */
const MAX_FAULTS = 5;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
  },
});
const targets = TARGETS.filter(({ name }) => values.only === undefined || name === values.only);
const forMs = (Number(values.minutes) * 60_000) / targets.length;
let faults = 0;
for (const target of targets) faults += await fuzz(target, new Chance(Number(values.seed)), performance.now() + forMs);
process.exitCode = faults === 0 ? 0 : 1;

async function fuzz(target: Target, chance: Chance, until: number): Promise<number> {
  const faults = new Set<string>();
  let runs = 0;
  while (performance.now() < until && faults.size < MAX_FAULTS) {
    const input = await target.make(chance.branch());
    runs += 1;
    try {
      await target.run(input);
    } catch (error) {
      const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const [what = ''] = words.split('\n');
      if (faults.has(what)) continue;
      faults.add(what);
      print(`${target.name}: ${words}\n  kept as test/fuzz/seeds/${keepSeed(target, input)}`);
    }
  }
  print(`${target.name}: ${runs} inputs, ${faults.size} faults (seed ${values.seed})`);
  return faults.size;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
