// How far a long piece of work is: one line on a terminal, drawn over and over, and gone when it is done.
import { formatBytes, formatRate } from '../../words/quantities.js';

/** Short work needs no word. */
const SILENT_MS = 1000;
const REDRAW_MS = 200;

const ERASE_LINE = '\r\x1b[K';

export interface ProgressOptions {
  /** Null where there is no terminal to draw on. */
  readonly write: ((text: string) => void) | null;
  /** Null when nobody knows. */
  readonly totalBytes: number | null;
  /** Milliseconds, from any start. */
  readonly now: () => number;
}

export class Progress {
  private bytes = 0;
  private isDrawn = false;
  private readonly startedAt: number;
  private drawAt: number;

  constructor(private readonly options: ProgressOptions) {
    this.startedAt = options.now();
    this.drawAt = this.startedAt + SILENT_MS;
  }

  add(bytes: number): void {
    this.bytes += bytes;
    const { write, now } = this.options;
    const at = now();
    if (write === null || at < this.drawAt) return;
    this.drawAt = at + REDRAW_MS;
    this.isDrawn = true;
    write(`${ERASE_LINE}${this.line(at - this.startedAt)}`);
  }

  /** To be called before anything else is written to the terminal, and at the end. */
  erase(): void {
    if (this.isDrawn) this.options.write?.(ERASE_LINE);
    this.isDrawn = false;
  }

  private line(elapsedMs: number): string {
    return `${howFar(this.bytes, this.options.totalBytes)} read, ${formatRate(this.bytes, elapsedMs) ?? ''}`;
  }
}

/** `43 %`, or `12 MiB` where nobody knows the whole. */
export function howFar(bytes: number, totalBytes: number | null): string {
  if (totalBytes === null || totalBytes === 0) return formatBytes(bytes);
  return `${Math.min(100, Math.floor((bytes * 100) / totalBytes))} %`;
}
