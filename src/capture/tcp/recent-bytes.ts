// The last bytes of a stream that were told, so that a segment which says otherwise is noticed. Bounded for each stream and in all: beyond
// that, contradictions go unnoticed.

const MIN_BYTES = 512;
const MAX_BYTES = 16 * 1024;
const MAX_BYTES_OF_ALL = 16 * 1024 * 1024;

/** Shared by all streams of a capture. */
export class RecentBudget {
  private taken = 0;

  take(bytes: number): boolean {
    if (this.taken + bytes > MAX_BYTES_OF_ALL) return false;
    this.taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.taken -= bytes;
  }
}

const NOTHING = Buffer.alloc(0);

export class RecentBytes {
  /** A ring: a byte lies at its position, modulo the ring's length, which is a power of two. */
  private ring: Buffer = NOTHING;
  /** The bytes from here to `to` are known. */
  private from = 0;
  private to = 0;

  constructor(private readonly budget: RecentBudget) {}

  add(position: number, bytes: Buffer): void {
    if (position !== this.to) {
      this.from = position;
      this.to = position;
    }
    this.grow(position + bytes.length - this.from);
    this.to = position + bytes.length;
    this.from = Math.max(this.from, this.to - this.ring.length);
    const kept = Math.max(this.from, position);
    this.write(kept, bytes.subarray(kept - position));
  }

  differing(position: number, bytes: Buffer): number {
    const from = Math.max(position, this.from);
    const to = Math.min(position + bytes.length, this.to);
    let count = 0;
    for (let at = from; at < to; ) {
      const place = at % this.ring.length;
      const length = Math.min(to - at, this.ring.length - place);
      const told = this.ring.subarray(place, place + length);
      count += countDiffering(told, bytes.subarray(at - position, at - position + length));
      at += length;
    }
    return count;
  }

  release(): void {
    this.budget.give(this.ring.length);
    this.ring = NOTHING;
    this.from = this.to;
  }

  private write(position: number, bytes: Buffer): void {
    if (bytes.length === 0) return;
    const copied = bytes.copy(this.ring, position % this.ring.length);
    if (copied < bytes.length) bytes.copy(this.ring, 0, copied);
  }

  private grow(wanted: number): void {
    let length = this.ring.length || MIN_BYTES;
    while (length < wanted && length < MAX_BYTES) length *= 2;
    if (length === this.ring.length || !this.budget.take(length - this.ring.length)) return;
    const { ring } = this;
    this.ring = Buffer.allocUnsafeSlow(length);
    for (let at = this.from; at < this.to; ) {
      const place = at % ring.length;
      const known = ring.subarray(place, Math.min(ring.length, place + this.to - at));
      this.write(at, known);
      at += known.length;
    }
  }
}

/** In how many places two buffers of one length differ. */
export function countDiffering(one: Buffer, other: Buffer): number {
  if (one.equals(other)) return 0;
  let count = 0;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) count += 1;
  return count;
}
