// What one side is still to be sent, in wire order. A reserved slot keeps its place until it is filled; nothing behind it
// leaves first. Reading and observing never wait for a slot, only sending does.

/** A place in the outbox that is kept until its bytes are known, or may go. */
export class Slot {
  readonly chunks: Buffer[] = [];
  bytes = 0;
  released = false;
  /** Only what the server says further can fill it. */
  awaitsServer = false;
  /** The code of the server's reply that it is kept for; null where it is for none. */
  code: number | null = null;
  /** Every address in it is the proxy's own. */
  holdsOwnAddress = false;

  /** `number` counts the places of an outbox. */
  constructor(readonly number = 0) {}

  append(bytes: Buffer): void {
    this.chunks.push(bytes);
    this.bytes += bytes.length;
  }

  /** Lets the slot go with what was appended, which may be nothing. */
  release(): void {
    this.released = true;
  }

  /** Puts other bytes in the place of what was appended, and lets the slot go. `own-address`: any address in them is the proxy's. */
  replace(bytes: Buffer, holds: 'own-address' | 'no-address' = 'no-address'): void {
    this.chunks.splice(0, this.chunks.length, bytes);
    this.bytes = bytes.length;
    this.holdsOwnAddress = holds === 'own-address';
    this.release();
  }
}

/** What becomes of a slot. */
export interface SlotEvents {
  /** Its bytes are handed on now. */
  leaves(slot: Slot): void;
  /** It goes empty: what it waited for will not come. */
  dropped(slot: Slot): void;
}

const UNHEARD: SlotEvents = { leaves: () => {}, dropped: () => {} };

interface Entry {
  readonly slot: Slot;
  readonly whenSent: (() => void) | null;
}

export class Outbox {
  private entries: Entry[] = [];
  /** Slots that were not released when it was last asked, in order. */
  private waiting: Slot[] = [];
  private places = 0;

  /** `gate` says what may pass of bytes that hold no address of the proxy's. */
  constructor(
    private readonly gate: (bytes: Buffer) => Buffer = (bytes) => bytes,
    private readonly events: SlotEvents = UNHEARD,
  ) {}

  /** Whether something waits behind a slot. */
  get empty(): boolean {
    return this.entries.length === 0;
  }

  /** Whether all that waits, waits for more words of the server. */
  get awaitsServer(): boolean {
    const head = this.entries[0]?.slot;
    return head !== undefined && !head.released && head.awaitsServer;
  }

  /** How many bytes wait. */
  get waitingBytes(): number {
    return this.entries.reduce((sum, { slot }) => sum + slot.bytes, 0);
  }

  /** `whenSent` is called once the bytes were handed on, not merely put here. */
  put(bytes: Buffer, whenSent: (() => void) | null = null, holds: 'own-address' | 'no-address' = 'no-address'): Slot {
    const slot = this.enter(whenSent);
    slot.replace(bytes, holds);
    return slot;
  }

  reserve(whenSent: (() => void) | null = null): Slot {
    const slot = this.enter(whenSent);
    this.waiting.push(slot);
    return slot;
  }

  /** Whether an earlier slot is still to be released. */
  holdsUp(slot: Slot): boolean {
    while (this.waiting[0]?.released) this.waiting.shift();
    const [first] = this.waiting;
    return first !== undefined && first.number < slot.number;
  }

  private enter(whenSent: (() => void) | null): Slot {
    this.places += 1;
    const slot = new Slot(this.places);
    this.entries.push({ slot, whenSent });
    return slot;
  }

  /** Lets every slot go empty that is not released yet: what it waited for will not come. */
  abandonSlots(): void {
    for (const { slot } of this.entries) {
      if (slot.released) continue;
      this.events.dropped(slot);
      slot.replace(Buffer.alloc(0));
    }
  }

  /** Hands on everything up to the first unreleased slot, joined as far as no `whenSent` stands between. */
  drain(send: (bytes: Buffer) => void): void {
    if (!this.entries[0]?.slot.released) return;
    let ready: Buffer[] = [];
    const flush = () => {
      if (ready.length > 0) send(ready.length === 1 && ready[0] ? ready[0] : Buffer.concat(ready));
      ready = [];
    };
    for (let entry = this.entries[0]; entry?.slot.released; entry = this.entries[0]) {
      const { slot, whenSent } = entry;
      this.entries.shift();
      this.events.leaves(slot);
      // One by one: a reply may have more lines than a call may have arguments.
      for (const chunk of slot.chunks) ready.push(slot.holdsOwnAddress ? chunk : this.gate(chunk));
      if (whenSent === null) continue;
      flush();
      whenSent();
    }
    flush();
  }
}
