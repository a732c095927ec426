// Puts fragmented IP datagrams together (RFC 791 section 3.2, RFC 8200 section 4.5). Where fragments overlap, the first is believed.

/** The longest that a fragment's offset and length can tell of. */
const MAX_DATAGRAM_BYTES = 65_535;
const MAX_DATAGRAMS = 1024;
const MAX_WAITING_COST_BYTES = 8 * 1024 * 1024;
/** What keeping a piece costs beside its bytes, roughly. */
const PIECE_COST_BYTES = 512;
/** RFC 8200 section 4.5. */
const MAX_WAIT_MS = 60_000;

export interface Fragment {
  /** Where in the datagram's payload its bytes belong. */
  readonly position: number;
  readonly bytes: Buffer;
  /** Whether others follow it. */
  readonly more: boolean;
}

interface Datagram {
  readonly openedAt: number;
  /** In order, not overlapping. */
  readonly pieces: Omit<Fragment, 'more'>[];
  bytes: number;
  /** Known with the last fragment. */
  totalBytes: number | null;
}

export class Fragments {
  /** In the order in which they began. */
  private readonly datagrams = new Map<string, Datagram>();
  private waitingCost = 0;

  /** Gives the whole payload when nothing of it is missing any more. `at` is when the fragment was captured, in milliseconds. */
  add(key: string, fragment: Fragment, at: number): Buffer | null {
    const end = fragment.position + fragment.bytes.length;
    if (end > MAX_DATAGRAM_BYTES) return null;
    const datagram = this.datagramOf(key, at);
    if (!fragment.more) datagram.totalBytes ??= end;
    this.insert(datagram, fragment);
    if (datagram.bytes === datagram.totalBytes) {
      this.forget(key, datagram);
      return Buffer.concat(datagram.pieces.map((piece) => piece.bytes));
    }
    this.keepBounds();
    return null;
  }

  private datagramOf(key: string, at: number): Datagram {
    const known = this.datagrams.get(key);
    if (known && Math.abs(at - known.openedAt) <= MAX_WAIT_MS) return known;
    if (known) this.forget(key, known);
    const datagram: Datagram = { openedAt: at, pieces: [], bytes: 0, totalBytes: null };
    this.datagrams.set(key, datagram);
    return datagram;
  }

  /** Keeps a copy of what no piece has yet. */
  private insert(datagram: Datagram, { position, bytes }: Fragment): void {
    const { pieces } = datagram;
    const end = position + bytes.length;
    let free = position;
    for (let index = 0; free < end; index += 1) {
      const other = pieces[index];
      const until = Math.min(end, other ? other.position : end);
      if (until > free) {
        const copy = Buffer.from(bytes.subarray(free - position, until - position));
        pieces.splice(index, 0, { position: free, bytes: copy });
        datagram.bytes += copy.length;
        this.waitingCost += copy.length + PIECE_COST_BYTES;
        index += 1;
      }
      if (!other) return;
      free = Math.max(free, other.position + other.bytes.length);
    }
  }

  private keepBounds(): void {
    for (const [key, datagram] of this.datagrams) {
      if (this.datagrams.size <= MAX_DATAGRAMS && this.waitingCost <= MAX_WAITING_COST_BYTES) return;
      this.forget(key, datagram);
    }
  }

  private forget(key: string, datagram: Datagram): void {
    this.datagrams.delete(key);
    this.waitingCost -= datagram.bytes + datagram.pieces.length * PIECE_COST_BYTES;
  }
}
