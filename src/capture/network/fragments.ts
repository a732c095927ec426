// Puts fragmented IP datagrams together (RFC 791 section 3.2, RFC 8200 section 4.5). Where fragments overlap, the first is believed.

/** The longest that a fragment's offset and length can tell of. */
const MAX_DATAGRAM_BYTES = 65_535;
const MAX_DATAGRAMS = 256;
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** RFC 8200 section 4.5. */
const MAX_WAIT_MS = 60_000;

interface Piece {
  readonly from: number;
  readonly bytes: Buffer;
}

interface Datagram {
  readonly openedAt: number;
  /** In order, not overlapping. */
  readonly pieces: Piece[];
  waitingBytes: number;
  /** Known with the last fragment. */
  totalBytes: number | null;
}

export class Fragments {
  /** In the order in which they began. */
  private readonly datagrams = new Map<string, Datagram>();
  private waitingBytes = 0;

  /** Adds the fragment that lies from `start` to `end`; gives the whole payload back when nothing of it is missing any more. */
  add(key: string, from: number, more: boolean, bytes: Buffer, start: number, end: number, at: number): Buffer | null {
    if (from + end - start > MAX_DATAGRAM_BYTES) return null;
    let datagram = this.datagrams.get(key);
    if (datagram && Math.abs(at - datagram.openedAt) > MAX_WAIT_MS) {
      this.forget(key, datagram);
      datagram = undefined;
    }
    if (!datagram) {
      datagram = { openedAt: at, pieces: [], waitingBytes: 0, totalBytes: null };
      this.datagrams.set(key, datagram);
    }
    if (!more) datagram.totalBytes ??= from + end - start;
    this.insert(datagram, from, bytes, start, end);
    if (datagram.waitingBytes === datagram.totalBytes) {
      this.forget(key, datagram);
      return Buffer.concat(datagram.pieces.map((piece) => piece.bytes));
    }
    this.keepBounds();
    return null;
  }

  /** Puts in what the pieces that are there leave free. */
  private insert(datagram: Datagram, from: number, bytes: Buffer, start: number, end: number): void {
    const { pieces } = datagram;
    const to = from + end - start;
    let free = from;
    let index = 0;
    while (free < to) {
      const piece = pieces[index];
      const until = Math.min(to, piece ? piece.from : to);
      if (until > free) {
        const filling = Buffer.from(bytes.subarray(start + free - from, start + until - from));
        pieces.splice(index, 0, { from: free, bytes: filling });
        datagram.waitingBytes += filling.length;
        this.waitingBytes += filling.length;
        index += 1;
      }
      if (!piece) return;
      free = Math.max(free, piece.from + piece.bytes.length);
      index += 1;
    }
  }

  private keepBounds(): void {
    for (const [key, datagram] of this.datagrams) {
      if (this.datagrams.size <= MAX_DATAGRAMS && this.waitingBytes <= MAX_WAITING_BYTES) return;
      this.forget(key, datagram);
    }
  }

  private forget(key: string, datagram: Datagram): void {
    this.datagrams.delete(key);
    this.waitingBytes -= datagram.waitingBytes;
  }
}
