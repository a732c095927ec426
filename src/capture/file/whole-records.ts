// Cuts a file into whole records, whatever the chunks it is read in. Copies only the records that lie across two chunks. Knows no
// format: the length of a record is told by whom it works for.

/** The length of the record that begins at `offset`, where at least `headerBytes` of it are there. Throws when it cannot be. */
export type MeasureRecord = (bytes: Buffer, offset: number) => number;

export class WholeRecords {
  /** The record that lies across chunks: room for its header, and then for all of it. */
  private cut: Buffer = Buffer.alloc(0);
  private filled = 0;
  private readBytes = 0;

  constructor(
    private readonly headerBytes: number,
    private readonly measure: MeasureRecord,
    /** Takes some whole records. */
    private readonly take: (records: Buffer) => void,
  ) {}

  /** How many bytes of an unfinished record are there. */
  get unfinishedBytes(): number {
    return this.filled;
  }

  /** How many bytes of whole records were taken. */
  get takenBytes(): number {
    return this.readBytes - this.filled;
  }

  push(chunk: Buffer): void {
    this.readBytes += chunk.length;
    const from = this.filled > 0 ? this.completeCut(chunk) : 0;
    const to = this.takeWhole(chunk, from);
    if (to === chunk.length) return;
    const room = chunk.length - to < this.headerBytes ? this.headerBytes : this.measure(chunk, to);
    this.cut = Buffer.allocUnsafe(room);
    this.filled = chunk.copy(this.cut, 0, to);
  }

  /** Takes what is whole from `from` on, and says where that ends. */
  private takeWhole(chunk: Buffer, from: number): number {
    let to = from;
    try {
      while (to + this.headerBytes <= chunk.length) {
        const length = this.measure(chunk, to);
        if (to + length > chunk.length) break;
        to += length;
      }
    } finally {
      this.filled = chunk.length - to;
      if (to > from) this.take(chunk.subarray(from, to));
    }
    return to;
  }

  /** Adds to the cut record what it lacks, and says where in the chunk that ends. */
  private completeCut(chunk: Buffer): number {
    let from = 0;
    while (from < chunk.length) {
      from += this.fill(chunk, from);
      if (this.filled < this.cut.length) break;
      const length = this.measure(this.cut, 0);
      if (length === this.filled) {
        this.filled = 0;
        this.take(this.cut);
        return from;
      }
      const grown = Buffer.allocUnsafe(length);
      this.cut.copy(grown);
      this.cut = grown;
    }
    return from;
  }

  private fill(chunk: Buffer, from: number): number {
    const copied = chunk.copy(this.cut, this.filled, from);
    this.filled += copied;
    return copied;
  }
}
