// Where the packets of a capture file go, and what reads them out of it.

export interface PacketSink {
  /**
   * One call a packet and no object for it, as there may be many millions. `bytes` is what was captured of a packet that had
   * `originalLength`; its memory is not overwritten before the next batch is asked for. `at` is milliseconds since the epoch with a
   * fraction, `linkType` a LINKTYPE_ number of tcpdump.org.
   */
  packet(bytes: Buffer, at: number, linkType: number, originalLength: number): void;
  /** Secrets of TLS sessions that the file holds itself, as a key log. */
  secrets?(log: Buffer): void;
}

/** A capture file of one format. */
export interface CaptureFormat {
  /**
   * The next bytes of the file. Gives back those from where on another file follows it, which ends it, or null. Throws CaptureError where it is
   * damaged, after all before that went out.
   */
  push(chunk: Buffer): Buffer | null;
  /** Whether another file was found behind it. */
  readonly isOver: boolean;
  /** Whether the file may end here. */
  readonly isWhole: boolean;
  /** Where in the file reading has got to, to be told after what happened there. */
  readonly place: string;
}
