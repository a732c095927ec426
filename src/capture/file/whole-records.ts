// Cuts a file into whole records, whatever the chunks it is read in. Copies only the records that lie across two chunks. Knows no
// format: how long a record is tells whom it works for.

export interface RecordFormat {
  /** How much of a record tells how long it is. */
  readonly headerBytes: number;
  /** The length of the record at `offset`, of which the header is there; null when there can be no such record. */
  measure(bytes: Buffer, offset: number): number | null;
  /** Whether another file begins at `offset`, where a record should; as many bytes as a record's header has are there. */
  isOtherFile(bytes: Buffer, offset: number): boolean;
  /** Takes whole records, one or more. */
  take(records: Buffer): void;
  /** What is wrong with the record at `offset`, which could not be measured. All before it was taken. */
  damage(bytes: Buffer, offset: number): Error;
}

const NOTHING = Buffer.alloc(0);

export class WholeRecords {
  /** The record that lies across chunks: room for its header, and then for all of it. */
  private cut: Buffer = NOTHING;
  private filled = 0;
  /** The beginning of another file behind the last record. */
  private otherFile: Buffer | null = null;
  /** How many bytes of whole records were taken. */
  takenBytes = 0;

  constructor(private readonly format: RecordFormat) {}

  /** How many bytes of an unfinished record are there. */
  get unfinishedBytes(): number {
    return this.filled;
  }

  /** Gives back what belongs to another file, if one begins in these bytes. */
  push(chunk: Buffer): Buffer | null {
    const from = this.filled > 0 ? this.completeCut(chunk) : 0;
    const to = this.otherFile === null ? this.takeWhole(chunk, from) : chunk.length;
    if (to < chunk.length) this.beginCut(chunk.subarray(to));
    return this.otherFile;
  }

  get isOver(): boolean {
    return this.otherFile !== null;
  }

  /** Takes what is whole from `from` on, and says where that ends. */
  private takeWhole(chunk: Buffer, from: number): number {
    const { headerBytes } = this.format;
    let to = from;
    let length: number | null = 0;
    while (to + headerBytes <= chunk.length) {
      if (this.format.isOtherFile(chunk, to)) this.otherFile = chunk.subarray(to);
      if (this.otherFile !== null) break;
      length = this.format.measure(chunk, to);
      if (length === null || to + length > chunk.length) break;
      to += length;
    }
    if (to > from) this.take(chunk.subarray(from, to));
    if (length === null) throw this.format.damage(chunk, to);
    return this.otherFile === null ? to : chunk.length;
  }

  private beginCut(part: Buffer): void {
    this.cut = Buffer.allocUnsafe(this.format.headerBytes);
    this.filled = 0;
    this.completeCut(part);
  }

  /** Adds what the cut record lacks, and says where in the chunk that ends. */
  private completeCut(chunk: Buffer): number {
    const { headerBytes } = this.format;
    const headEnd = this.fill(chunk, 0);
    if (this.filled < headerBytes) return headEnd;
    if (this.cut.length === headerBytes) {
      if (this.format.isOtherFile(this.cut, 0)) return this.leaveCut(chunk, headEnd);
      this.makeRoom();
    }
    const end = headEnd + this.fill(chunk, headEnd);
    if (this.filled < this.cut.length) return end;
    this.filled = 0;
    this.take(this.cut);
    return end;
  }

  private leaveCut(chunk: Buffer, headEnd: number): number {
    this.otherFile = Buffer.concat([this.cut, chunk.subarray(headEnd)]);
    this.filled = 0;
    return chunk.length;
  }

  private makeRoom(): void {
    const length = this.format.measure(this.cut, 0);
    if (length === null) throw this.format.damage(this.cut, 0);
    const whole = Buffer.allocUnsafe(length);
    this.cut.copy(whole, 0, 0, this.filled);
    this.cut = whole;
  }

  private fill(chunk: Buffer, from: number): number {
    const copied = chunk.copy(this.cut, this.filled, from);
    this.filled += copied;
    return copied;
  }

  private take(records: Buffer): void {
    this.takenBytes += records.length;
    this.format.take(records);
  }
}
