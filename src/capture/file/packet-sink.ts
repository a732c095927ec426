// Where the packets of a capture file go. One call a packet and no object for it, as there may be many millions.

export interface PacketSink {
  /**
   * `bytes` is what was captured of a packet that had `originalLength`; its memory is not overwritten before the next batch is asked for.
   * `at` is milliseconds since the epoch with a fraction, `linkType` a LINKTYPE_ number of tcpdump.org.
   */
  packet(bytes: Buffer, at: number, linkType: number, originalLength: number): void;
}

/** A capture file as it is read, chunk by chunk. Both throw CaptureError where the file is damaged, after all that was whole went out. */
export interface CaptureFormat {
  push(chunk: Buffer): void;
  /** The file is over. Throws when it was cut. */
  end(): void;
}
