// What a part of the bench has started, and how each of it is ended: in the reverse order, all of it, whatever fails.

export class Cleanup {
  private readonly endings: (() => Promise<void>)[] = [];
  private running: Promise<void> | null = null;

  add(ending: () => Promise<void>): void {
    this.endings.push(ending);
  }

  /** Ends everything; throws the first failure when all are ended. Who asks while that goes on waits for it too. */
  run(): Promise<void> {
    this.running ??= this.endAll().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async endAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let end = this.endings.pop(); end !== undefined; end = this.endings.pop()) {
      await end().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
