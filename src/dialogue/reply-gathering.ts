// Gathers the lines of a reply to be shown as one. Bounded: a reply may be a listing, or never end, and is relayed line by
// line in any case.
import type { LineEnd } from '../protocol/line-splitter.js';

export interface GatheredReply {
  readonly code: number;
  readonly lines: readonly string[];
  readonly ends: readonly LineEnd[];
  /** Lines beyond those kept. */
  readonly omittedLines: number;
}

/** How much of one reply is kept to be shown. What is over it is relayed all the same. */
export const MAX_GATHERED_BYTES = 1024 * 1024;

export class ReplyGathering {
  private readonly lines: string[] = [];
  private readonly ends: LineEnd[] = [];
  private bytes = 0;
  private omittedLines = 0;

  constructor(private readonly code: number) {}

  add(line: string, end: LineEnd): void {
    this.bytes += line.length;
    if (this.bytes > MAX_GATHERED_BYTES) {
      this.omittedLines += 1;
      return;
    }
    this.lines.push(line);
    this.ends.push(end);
  }

  get overflows(): boolean {
    return this.bytes > MAX_GATHERED_BYTES;
  }

  /** The reply as gathered so far. */
  get reply(): GatheredReply {
    return { code: this.code, lines: this.lines, ends: this.ends, omittedLines: this.omittedLines };
  }
}

/** A reply of the proxy's own; its lines are parted by CR LF. */
export function ownReply(text: string): GatheredReply {
  const lines = text.split('\r\n');
  return { code: Number(text.slice(0, 3)), lines, ends: lines.map(() => '\r\n' as const), omittedLines: 0 };
}
