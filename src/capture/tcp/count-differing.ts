// How far two readings of the same bytes are apart.

/** In how many places two buffers of one length differ. */
export function countDiffering(one: Buffer, other: Buffer): number {
  if (one.equals(other)) return 0;
  let count = 0;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) count += 1;
  return count;
}
