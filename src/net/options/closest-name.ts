// The known name that somebody meant who wrote it a little differently.

/** Null when none is close: at most a third of its letters differ. */
export function closestName(written: string, names: readonly string[]): string | null {
  const byDistance = names.map((name) => ({ name, distance: editDistance(written.toLowerCase(), name.toLowerCase()) }));
  const [closest] = byDistance.sort((a, b) => a.distance - b.distance);
  return closest !== undefined && closest.distance <= closest.name.length / 3 ? closest.name : null;
}

/** Letters to insert, remove or replace to make one of the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (to[column - 1] === letter ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
