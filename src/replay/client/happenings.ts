// Waiting for what the other side does: whoever waits says for what, and is woken when something has happened that may be it.

/** Nothing happened for too long. */
class NothingHappened extends Error {
  override readonly name = 'NothingHappened';
}

interface Waiter {
  readonly look: () => boolean;
  readonly wake: () => void;
}

export class Happenings {
  private readonly waiters = new Set<Waiter>();
  private lastAt = performance.now();

  /** To be called when something has happened. */
  tell(): void {
    this.lastAt = performance.now();
    for (const waiter of [...this.waiters]) {
      if (!waiter.look()) continue;
      this.waiters.delete(waiter);
      waiter.wake();
    }
  }

  /** Resolves once it holds, however long that takes. */
  when(look: () => boolean): Promise<void> {
    if (look()) return Promise.resolve();
    return new Promise((resolve) => this.await(look, resolve));
  }

  /** Resolves once it holds. Rejects with NothingHappened when nothing at all has happened for that long. */
  until(look: () => boolean, patienceMs: number): Promise<void> {
    if (look()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const forget = this.await(look, () => {
        clearTimeout(timer);
        resolve();
      });
      const impatient = () => {
        const left = this.lastAt + patienceMs - performance.now();
        if (left > 0) {
          timer = setTimeout(impatient, left);
          return;
        }
        forget();
        reject(new NothingHappened(`nothing happened for ${patienceMs / 1000} s`));
      };
      this.lastAt = performance.now();
      let timer = setTimeout(impatient, patienceMs);
    });
  }

  /** Resolves after that time, or as soon as it holds. */
  pause(ms: number, look: () => boolean): Promise<void> {
    if (ms < 1 || look()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        forget();
        resolve();
      }, ms);
      const forget = this.await(look, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private await(look: () => boolean, wake: () => void): () => void {
    const waiter: Waiter = { look, wake };
    this.waiters.add(waiter);
    return () => void this.waiters.delete(waiter);
  }
}
