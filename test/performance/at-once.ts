// Plain downloads at once, through every way, in interleaved rounds.
import { join } from 'node:path';
import type { Cleanup } from '../bench/cleanup.js';
import { downloadTogether, openPlainWays, type Together } from '../bench/plain-ways.js';
import { laySparseFile } from '../bench/stage.js';
import { median, percentile } from '../bench/statistics.js';

/** How many at once; together they are 1 GiB. */
export const COUNTS = [1, 4, 16] as const;
const TOGETHER_BYTES = 1024 ** 3;
const ROUNDS = 3;

export interface AtOnce {
  readonly name: string;
  /** One for each of COUNTS. */
  readonly points: readonly Point[];
}

interface Point {
  readonly gigabytesPerSecond: number;
  readonly secondsPerGibibyte: number;
  readonly noopP50Ms: number;
  readonly noopP99Ms: number;
}

export async function measureAtOnce(cleanup: Cleanup): Promise<AtOnce[]> {
  const { ways, folder } = await openPlainWays(cleanup);
  for (const count of COUNTS) await laySparseFile(join(folder, `part-${count}`), TOGETHER_BYTES / count);
  const all = ways.map((way) => ({ way, measured: COUNTS.map((): Together[] => []) }));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { way, measured } of all) {
      for (const [index, count] of COUNTS.entries()) {
        const file = { path: `pub/part-${count}`, bytes: TOGETHER_BYTES / count, times: count };
        const together = await downloadTogether(way, file, folder);
        if (round > 0) measured[index]?.push(together); // the first fills caches, and starts threads
      }
    }
  }
  return all.map(({ way, measured }) => ({ name: way.name, points: measured.map(pointOf) }));
}

function pointOf(rounds: readonly Together[]): Point {
  const noopMs = rounds.flatMap((round) => round.noopMs);
  return {
    gigabytesPerSecond: median(rounds.map(({ bytesPerSecond }) => bytesPerSecond)) / 1e9,
    secondsPerGibibyte: median(rounds.map(({ secondsPerGibibyte }) => secondsPerGibibyte)),
    noopP50Ms: percentile(noopMs, 0.5),
    noopP99Ms: percentile(noopMs, 0.99),
  };
}
