// Waiting for one thing after the other, as long as the end has not been asked for. (`Promise.race` with one promise again and again
// keeps every outcome in memory until that promise is settled.)

export class Interruptible {
  private isOver = false;
  private interrupt: () => void = () => {};

  constructor(end: Promise<void>) {
    void end.then(() => {
      this.isOver = true;
      this.interrupt();
    });
  }

  /** What the promise comes to; null when the end is asked for before. One promise is waited for at a time. */
  wait<T>(promise: Promise<T>): Promise<T | null> {
    return new Promise((resolve, reject) => {
      this.interrupt = () => resolve(null);
      promise.then(resolve, reject);
      if (this.isOver) resolve(null);
    });
  }

  /** What a source gives, up to the end of either. */
  async *each<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
    for (;;) {
      const next = await this.wait(source.next());
      if (next === null || next.done) return;
      yield next.value;
    }
  }
}
