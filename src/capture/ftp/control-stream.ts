// One direction of a captured control connection: its bytes as lines, across what the capture lost, until it turns to TLS.
import { type LineEnd, LineSplitter } from '../../protocol/line-splitter.js';
import { otherProtocol } from '../../protocol/other-protocols.js';
import type { SharedBounds } from './shared-bounds.js';

/** Far more than any server takes; what is longer is told by its beginning. */
export const MAX_LINE_BYTES = 256 * 1024;
/** A line that comes in crumbs is put together now and then, as each crumb costs more than its bytes. */
const MAX_CRUMBS = 64;
const LF = 0x0a;
const TLS_MAJOR_VERSION = 0x03;

export type ControlOutput =
  | { readonly kind: 'line'; readonly raw: Buffer; readonly end: LineEnd; readonly cut: boolean }
  /** A line over the bound: its first bytes. */
  | { readonly kind: 'too-long'; readonly head: Buffer }
  /** From here on this direction is TLS. */
  | { readonly kind: 'encrypted' };

export class ControlStream {
  encryptedBytes = 0;
  encrypted = false;
  private readonly splitter = new LineSplitter(MAX_LINE_BYTES);
  private unfinishedBytes = 0;
  private crumbs = 0;

  constructor(private readonly bounds: SharedBounds) {}

  /** The lines that these bytes complete, each taken before the next is looked for. */
  *take(bytes: Buffer, peerIsEncrypted: boolean): Generator<ControlOutput> {
    let from = 0;
    while (from < bytes.length) {
      if (this.unfinishedBytes === 0 && this.turnsToTls(bytes.subarray(from), peerIsEncrypted)) yield this.encrypt();
      if (this.encrypted) {
        this.encryptedBytes += bytes.length - from;
        return;
      }
      const lineFeed = bytes.indexOf(LF, from);
      const to = lineFeed === -1 ? bytes.length : lineFeed + 1;
      yield* this.push(bytes.subarray(from, to), lineFeed !== -1);
      from = to;
    }
  }

  /** The unfinished line, if there is one: what follows does not belong to it. */
  *cut(): Generator<ControlOutput> {
    this.note(0);
    const output = this.splitter.flush();
    if (output?.kind === 'line') yield { ...output, cut: true };
  }

  private *push(piece: Buffer, ended: boolean): Generator<ControlOutput> {
    // A whole line is read at once, and what is unfinished has to outlive the event that it came with.
    const outputs = this.splitter.push(ended ? piece : Buffer.from(piece));
    this.note(ended || outputs.length > 0 ? 0 : this.unfinishedBytes + piece.length);
    for (const output of outputs) yield output.kind === 'line' ? { ...output, cut: false } : output;
    if (this.unfinishedBytes > 0 && this.bounds.unfinishedFull) yield* this.cut();
  }

  private note(unfinishedBytes: number): void {
    this.bounds.unfinishedBytes += unfinishedBytes - this.unfinishedBytes;
    this.unfinishedBytes = unfinishedBytes;
    this.crumbs = unfinishedBytes === 0 ? 0 : this.crumbs + 1;
    if (this.crumbs % MAX_CRUMBS === MAX_CRUMBS - 1) void this.splitter.rest;
  }

  /** A record where a line should begin. Where the peer encrypts, and bytes are missing, it may be the middle of one. */
  private turnsToTls(bytes: Buffer, peerIsEncrypted: boolean): boolean {
    const first = bytes[0] ?? 0;
    // A record's version may be in the next segment; no line begins with such a byte.
    const head = bytes.length === 1 ? Buffer.from([first, TLS_MAJOR_VERSION]) : bytes.subarray(0, 2);
    if (otherProtocol(head) === 'TLS') return true;
    return peerIsEncrypted && (first < 0x20 || first >= 0x7f);
  }

  private encrypt(): ControlOutput {
    this.encrypted = true;
    return { kind: 'encrypted' };
  }
}
