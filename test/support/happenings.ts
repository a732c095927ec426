// Waiting for what a callback will bring: every wait is bounded, and names what it waited for.

const PATIENCE_MS = 4000;

/** Lets tests wait for what a callback will bring, without sleeping. */
export class Happenings {
  private readonly checks = new Set<() => void>();

  happened(): void {
    for (const check of [...this.checks]) check();
  }

  /** The first value that `find` gives. `what` says in the error what was waited for, and what there was. */
  until<T>(find: () => T | undefined, what: () => string, patienceMs = PATIENCE_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        this.checks.delete(check);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.checks.delete(check);
        reject(new Error(`waited ${patienceMs} ms for ${what()}`));
      }, patienceMs);
      this.checks.add(check);
      check();
    });
  }
}
