// How many measurements are made, and what is told of them: the middle one, which a busy machine moves least.

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const above = sorted[Math.floor(middle)] ?? Number.NaN;
  const below = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (above + below) / 2;
}

export interface Pairs {
  readonly ours: readonly number[];
  readonly others: readonly number[];
}

/** Measures two ways in turn, each of them first every other time; a first round of both is not counted. */
export async function inTurn(
  rounds: number,
  ours: () => Promise<number>,
  other: () => Promise<number>,
): Promise<Pairs> {
  const pairs = { ours: [] as number[], others: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    const before = round % 2 === 1 ? await other() : null;
    const own = await ours();
    const others = before ?? (await other());
    if (round === 0) continue;
    pairs.ours.push(own);
    pairs.others.push(others);
  }
  return pairs;
}

/** The middle of how many times bigger ours is, each pair measured one right after the other. */
export function medianRatio(ours: readonly number[], others: readonly number[]): number {
  return median(ours.map((value, round) => value / (others[round] ?? Number.NaN)));
}

/** The value that this share of all does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
