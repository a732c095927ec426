// The data port that a server's words name, to clients that believe anything. A reader of the tests' own: a second witness.

/** As the most lenient client reads it: six numbers, or a port between bars, wherever they stand. */
export function portIn(text: string): number | null {
  const [, high, low] = /(?:\d+\s*,\s*){4}(\d+)\s*,\s*(\d+)/.exec(text) ?? [];
  if (high !== undefined && low !== undefined) return Number(high) * 256 + Number(low);
  const [, port] = /\|\|\|(\d+)\|/.exec(text) ?? [];
  return port === undefined ? null : Number(port);
}
