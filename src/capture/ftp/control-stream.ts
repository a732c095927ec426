// One direction of a captured control connection: its bytes as lines, across what the capture lost, until it turns to TLS.
import { type LineEnd, LineSplitter, lineEndOf } from '../../protocol/line-splitter.js';
import { beginsTls } from '../../protocol/other-protocols.js';
import type { SharedBounds } from './shared-bounds.js';

/** Far more than any server takes; what is longer is told by its beginning. */
export const MAX_LINE_BYTES = 256 * 1024;
/** A line that comes in crumbs is put together now and then, as each crumb costs more than its bytes. */
const MAX_CRUMBS = 64;
const LF = 0x0a;
const TLS_MAJOR_VERSION = 0x03;

export type ControlOutput =
  /** `raw` may be overwritten once it was taken. */
  | { readonly kind: 'line'; readonly raw: Buffer; readonly end: LineEnd; readonly cut: boolean }
  /** A line over the bound: its first bytes. */
  | { readonly kind: 'too-long'; readonly head: Buffer }
  /** From here on this direction is TLS. */
  | { readonly kind: 'encrypted' };

type Take = (output: ControlOutput) => void;

export class ControlStream {
  encryptedBytes = 0;
  encrypted = false;
  private readonly splitter = new LineSplitter(MAX_LINE_BYTES);
  private unfinishedBytes = 0;
  private crumbs = 0;

  constructor(private readonly bounds: SharedBounds) {}

  /** Hands on the lines that these bytes complete, each taken before the next is looked for. */
  push(bytes: Buffer, peerIsEncrypted: boolean, take: Take): void {
    let from = 0;
    while (from < bytes.length) {
      if (this.unfinishedBytes === 0 && turnsToTls(bytes, from, peerIsEncrypted)) this.encrypt(take);
      if (this.encrypted) {
        this.encryptedBytes += bytes.length - from;
        return;
      }
      const lineFeed = bytes.indexOf(LF, from);
      const to = lineFeed === -1 ? bytes.length : lineFeed + 1;
      this.pushPiece(bytes.subarray(from, to), lineFeed !== -1, take);
      from = to;
    }
  }

  /** The unfinished line, if there is one: what follows does not belong to it. */
  cut(take: Take): void {
    this.note(0);
    const output = this.splitter.flush();
    if (output?.kind === 'line') take({ kind: 'line', raw: output.raw, end: output.end, cut: true });
  }

  private pushPiece(piece: Buffer, ended: boolean, take: Take): void {
    // Nearly always it is a line as it stands.
    if (ended && this.splitter.isBetweenLines && piece.length <= MAX_LINE_BYTES) {
      return take({ kind: 'line', raw: piece, end: lineEndOf(piece), cut: false });
    }
    // A whole line is read at once, and what is unfinished has to outlive the event that it came with.
    const outputs = this.splitter.push(ended ? piece : Buffer.from(piece));
    this.note(ended || outputs.length > 0 ? 0 : this.unfinishedBytes + piece.length);
    for (const output of outputs) {
      take(output.kind === 'line' ? { kind: 'line', raw: output.raw, end: output.end, cut: false } : output);
    }
    if (this.unfinishedBytes > 0 && this.bounds.unfinishedFull) this.cut(take);
  }

  private note(unfinishedBytes: number): void {
    this.bounds.unfinishedBytes += unfinishedBytes - this.unfinishedBytes;
    this.unfinishedBytes = unfinishedBytes;
    this.crumbs = unfinishedBytes === 0 ? 0 : this.crumbs + 1;
    if (this.crumbs % MAX_CRUMBS === MAX_CRUMBS - 1) void this.splitter.rest;
  }

  private encrypt(take: Take): void {
    this.encrypted = true;
    take({ kind: 'encrypted' });
  }
}

/** A record where a line should begin. Where the peer encrypts, and bytes are missing, it may be the middle of one. */
function turnsToTls(bytes: Buffer, at: number, peerIsEncrypted: boolean): boolean {
  const first = bytes[at] ?? 0;
  if (first >= 0x20 && first < 0x7f) return false;
  // A record's version may be in the next segment; no line begins with such a byte.
  const head = bytes.length === at + 1 ? Buffer.from([first, TLS_MAJOR_VERSION]) : bytes.subarray(at, at + 2);
  return beginsTls(head) || peerIsEncrypted;
}
