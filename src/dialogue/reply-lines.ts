// A server's lines put together into replies, for everyone who listens. Each line can be passed on as it comes, as a reply may be a
// listing, or never end; what is kept of it to be shown is bounded.
import type { LineEnd } from '../protocol/line-splitter.js';
import { ReplyReader, withoutTelnet } from '../protocol/reply.js';

export interface GatheredReply {
  readonly code: number;
  /** Without their ends. */
  readonly lines: readonly string[];
  readonly ends: readonly LineEnd[];
  /** Lines beyond those kept. */
  readonly omittedLines: number;
}

/** How much of one reply is kept to be shown. What is over it is relayed all the same. */
export const MAX_GATHERED_BYTES = 1024 * 1024;

/** A reply that is coming in. */
export class ReplyGathering {
  private readonly lines: string[] = [];
  private readonly ends: LineEnd[] = [];
  private omittedLines = 0;
  /** Of all its lines with their ends, kept or not. */
  bytes = 0;

  constructor(readonly code: number) {}

  add(line: string, end: LineEnd): void {
    this.bytes += line.length + end.length;
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

/** A line's place in its reply. */
export interface ReplyLinePlace {
  readonly gathering: ReplyGathering;
  readonly first: boolean;
  /** The reply is complete with it. */
  readonly last: boolean;
}

/** Puts lines together into replies, one after the other. */
export class ReplyLines {
  private reader = new ReplyReader();
  private gathering: ReplyGathering | null = null;

  /** The reply that has begun and not ended; null when there is none. */
  get open(): ReplyGathering | null {
    return this.gathering;
  }

  /** Takes one line, one character a byte. Null: it belongs to no reply. */
  take(line: string, end: LineEnd): ReplyLinePlace | null {
    const read = this.reader.read(line);
    if (read.kind === 'noise') return null;
    const gathering = this.gathering ?? new ReplyGathering(read.code);
    gathering.add(withoutTelnet(line), end);
    this.gathering = read.kind === 'last' ? null : gathering;
    return { gathering, first: read.first, last: read.kind === 'last' };
  }

  /** No more lines of the open reply will come; what has come of it, or null when none is open. */
  breakOff(): ReplyGathering | null {
    const { gathering } = this;
    this.gathering = null;
    this.reader = new ReplyReader();
    return gathering;
  }
}

/** What ends a reply: where it has several lines, the text that sums it up. */
export function lastLineOf({ lines }: Pick<GatheredReply, 'lines'>): string {
  return lines.at(-1) ?? '';
}

/** A reply of the proxy's own; its lines are parted by CR LF. */
export function ownReply(text: string): GatheredReply {
  const lines = text.split('\r\n');
  return { code: Number(text.slice(0, 3)), lines, ends: lines.map(() => '\r\n' as const), omittedLines: 0 };
}
