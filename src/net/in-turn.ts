// Handles what comes one at a time and in order: handling one may bring the next at once, which then waits for its turn.

export class InTurn<T> {
  private readonly queue: T[] = [];
  private handling = false;

  constructor(
    private readonly handle: (item: T) => void,
    /** Called when nothing waits any more. */
    private readonly rested: () => void,
  ) {}

  push(item: T): void {
    this.queue.push(item);
    if (this.handling) return;
    this.handling = true;
    try {
      for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) this.handle(next);
    } finally {
      this.handling = false;
    }
    this.rested();
  }
}
