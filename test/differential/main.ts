// `npm run differential -- --minutes N [--seed N] [--only SERVER]`: random dialogues with real servers, directly and through the proxy. Prints
// each that went otherwise, and ends with status 1 if there was one.
import { parseArgs } from 'node:util';
import { missing } from '../e2e/peers.js';
import { describeStep } from './dialogue.js';
import { type Played, SERVERS, Stage } from './stage.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    count: { type: 'string' },
  },
});
const until = performance.now() + Number(values.minutes) * 60_000;
const firstSeed = Number(values.seed);
const count = values.count === undefined ? Infinity : Number(values.count);
const chosen = SERVERS.filter(
  ({ name }) => values.only === undefined || name.toLowerCase() === values.only.toLowerCase(),
);
const results = await Promise.all(chosen.map(runAt));
const findings = results.flat();
print(`${findings.length} dialogues went otherwise through the proxy (first seed ${firstSeed})`);
process.exitCode = findings.length === 0 ? 0 : 1;

async function runAt(server: (typeof SERVERS)[number]): Promise<Played[]> {
  const absent = missing(server.needs);
  if (absent !== undefined) {
    print(`${server.name}: skipped, ${absent}`);
    return [];
  }
  const stage = await Stage.open(server);
  const played: Played[] = [];
  try {
    while (played.length < count && performance.now() < until) {
      const one = await stage.play(firstSeed + played.length);
      played.push(one);
      if (one.differences.length > 0) printPlayed(one);
    }
  } finally {
    await stage.close();
  }
  const went = played.filter(({ differences }) => differences.length > 0);
  const whole = played.filter(({ steppedIn }) => !steppedIn).length;
  print(
    `${server.name}: ${played.length} dialogues, ${whole} without a word from the proxy, ${went.length} went otherwise`,
  );
  return went;
}

function printPlayed({ server, seed, dialogue, differences }: Played): void {
  const steps = dialogue.map((step) => `    ${describeStep(step)}`);
  const found = differences.map((one) => `  ${one}`);
  print([`${server}, seed ${seed}:`, ...found, '  the dialogue was', ...steps].join('\n'));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
