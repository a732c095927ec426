// Stdout for what can wait, as files can: everything is written, however slow its reader is, and no more is read from the file
// meanwhile. (Live traffic cannot wait: see `data-output.ts`.)
import { systemErrorCode, systemReason } from '../../protocol/system-errors.js';

/** As much of a writable stream as is used here. */
export interface WaitingStream {
  write(text: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export class WaitingOutput {
  private gathered: string[] = [];
  private isEnded = false;
  private resume: () => void = () => {};

  /** `ended`: nothing more can be written; null: the reader has gone, as `head` does; otherwise why, in words. */
  constructor(
    private readonly stream: WaitingStream,
    private readonly ended: (reason: string | null) => void,
  ) {
    stream.on('error', (error) => this.end(systemErrorCode(error) === 'EPIPE' ? null : systemReason(error)));
  }

  /** Gathers, until `flush`. */
  write(text: string): void {
    if (text !== '') this.gathered.push(text);
  }

  get isEmpty(): boolean {
    return this.gathered.length === 0;
  }

  /** Writes what was gathered. Resolves when there is room for more, or nobody is left to read it. */
  async flush(): Promise<void> {
    const text = this.gathered.splice(0).join('');
    if (this.isEnded || text === '' || this.stream.write(text)) return;
    await new Promise<void>((resolve) => {
      this.resume = resolve;
      this.stream.once('drain', resolve);
    });
  }

  private end(reason: string | null): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.ended(reason);
    this.resume();
  }
}
