// Cuts a control connection's bytes into lines, whatever the chunks they came in. Knows line ends, and no FTP.

const LF = 0x0a;
const CR = 0x0d;

/** The longest command line that is taken, unless a user wants another bound. */
export const DEFAULT_MAX_LINE_BYTES = 16 * 1024;

/** The longest reply line: clients (curl) take as much from a server. */
export const MAX_REPLY_LINE_BYTES = 64 * 1024;

export type LineEnd = '\r\n' | '\n' | '\r' | '';

export type SplitterOutput =
  | { readonly kind: 'line'; readonly raw: Buffer; readonly text: Buffer; readonly end: LineEnd }
  /** A line over the bound: its first bytes. The rest, up to its line end, is dropped. */
  | { readonly kind: 'too-long'; readonly head: Buffer };

const NOTHING = Buffer.alloc(0);

/** How much of a line over the bound is kept to be shown, unless the bound is lower still. */
const TOO_LONG_HEAD_BYTES = 120;

/**
 * Holds at most one unfinished line of `maxLineBytes`. A line ends with LF, with or without a CR before it: RFC 959 asks
 * for CRLF, clients and servers that send a bare LF exist, and a bare CR inside a line belongs to the line.
 */
export class LineSplitter {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private skippingToLineEnd = false;
  private swallowLineFeed = false;

  constructor(private readonly maxLineBytes: number) {}

  /** The unfinished line so far. */
  get rest(): Buffer {
    if (this.pending.length > 1) this.pending = [Buffer.concat(this.pending)];
    return this.pending[0] ?? NOTHING;
  }

  /** Whether what comes next begins a line. */
  get isBetweenLines(): boolean {
    return this.pendingBytes === 0 && !this.skippingToLineEnd && !this.swallowLineFeed;
  }

  /** Forgets the unfinished line, and says how many bytes it had. */
  discard(): number {
    const { pendingBytes } = this;
    this.clear();
    return pendingBytes;
  }

  push(chunk: Buffer): SplitterOutput[] {
    const lines: SplitterOutput[] = [];
    let from = 0;
    if (this.swallowLineFeed && chunk.length > 0) {
      this.swallowLineFeed = false;
      if (chunk[0] === LF) from = 1;
    }
    while (from < chunk.length) {
      const lineFeed = chunk.indexOf(LF, from);
      const to = lineFeed === -1 ? chunk.length : lineFeed + 1;
      this.take(to - from === chunk.length ? chunk : chunk.subarray(from, to), lineFeed !== -1, lines);
      from = to;
    }
    return lines;
  }

  /** Takes the unfinished line for a whole one: the peer has stopped sending. Null when there is none. */
  flush(): SplitterOutput | null {
    const raw = this.rest;
    this.clear();
    if (raw.length === 0) return null;
    this.swallowLineFeed = raw.at(-1) === CR;
    return splitLineEnd(raw);
  }

  private take(piece: Buffer, ended: boolean, lines: SplitterOutput[]): void {
    if (this.skippingToLineEnd) {
      this.skippingToLineEnd = !ended;
      return;
    }
    this.pending.push(piece);
    this.pendingBytes += piece.length;
    if (this.pendingBytes > this.maxLineBytes) {
      lines.push({ kind: 'too-long', head: this.copyHead() });
      this.clear();
      this.skippingToLineEnd = !ended;
      return;
    }
    if (!ended) return;
    const raw = this.rest;
    this.clear();
    lines.push(splitLineEnd(raw));
  }

  /** A copy, so as not to keep the long line's chunks; as long however the line was cut. */
  private copyHead(): Buffer {
    return Buffer.from(this.rest.subarray(0, Math.min(TOO_LONG_HEAD_BYTES, this.maxLineBytes)));
  }

  private clear(): void {
    this.pending = [];
    this.pendingBytes = 0;
  }
}

function splitLineEnd(raw: Buffer): SplitterOutput {
  const end = lineEndOf(raw);
  return { kind: 'line', raw, text: raw.subarray(0, raw.length - end.length), end };
}

/** How a line ends. */
export function lineEndOf(raw: Buffer): LineEnd {
  const last = raw.at(-1);
  if (last === CR) return '\r';
  if (last !== LF) return '';
  return raw.at(-2) === CR ? '\r\n' : '\n';
}
