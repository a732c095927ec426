// A list that keeps its newest items and counts what it let go. Knows nothing of what it keeps.

export class BoundedList<T> {
  private kept: T[] = [];
  private lost = 0;

  constructor(private readonly maxItems: number) {}

  get items(): readonly T[] {
    return this.kept;
  }

  /** How many older items are no longer here. */
  get dropped(): number {
    return this.lost;
  }

  push(item: T): void {
    this.kept.push(item);
    // Letting go in batches keeps adding cheap: a shift of a long array for each item would not be.
    if (this.kept.length >= this.maxItems + Math.max(16, this.maxItems >> 3)) this.trim();
  }

  clear(): void {
    this.kept = [];
    this.lost = 0;
  }

  private trim(): void {
    const surplus = this.kept.length - this.maxItems;
    this.kept = this.kept.slice(surplus);
    this.lost += surplus;
  }
}
