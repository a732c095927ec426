// Lines of the client that came while it is not listened to: they wait for what is being settled, in order. Bounded by what one
// read brings, as the client is not read meanwhile.
import type { SplitterOutput } from '../protocol/line-splitter.js';

export class HeldLines {
  private lines: SplitterOutput[] = [];

  constructor(private readonly take: (line: SplitterOutput) => void) {}

  add(line: SplitterOutput): void {
    this.lines.push(line);
  }

  /** Hands on one after the other, as long as the client is listened to. */
  release(listens: () => boolean): void {
    while (listens()) {
      const line = this.lines.shift();
      if (line === undefined) return;
      this.take(line);
    }
  }

  /** Forgets them all, and says how many bytes that were. */
  discard(): number {
    const bytes = this.lines.map((line) => (line.kind === 'line' ? line.raw.length : line.head.length));
    this.lines = [];
    return bytes.reduce((sum, length) => sum + length, 0);
  }
}
