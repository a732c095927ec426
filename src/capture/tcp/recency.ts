// Connections in the order of their last segments, so that those which were silent for longest are found at once, however many there are.

/** Where one is in the order. Belongs to the order that it is in. */
export interface RecencyLinks<Item> {
  older: Item | null;
  newer: Item | null;
}

interface Linked<Item> {
  readonly recency: RecencyLinks<Item>;
}

export class Recency<Item extends Linked<Item>> {
  oldest: Item | null = null;
  private newest: Item | null = null;
  size = 0;

  /** Puts an item that is in no order at the end of this one. */
  add(item: Item): void {
    item.recency.older = this.newest;
    item.recency.newer = null;
    if (this.newest) this.newest.recency.newer = item;
    else this.oldest = item;
    this.newest = item;
    this.size += 1;
  }

  remove(item: Item): void {
    const { older, newer } = item.recency;
    if (older) older.recency.newer = newer;
    else this.oldest = newer;
    if (newer) newer.recency.older = older;
    else this.newest = older;
    this.size -= 1;
  }

  touch(item: Item): void {
    if (this.newest === item) return;
    this.remove(item);
    this.add(item);
  }
}
