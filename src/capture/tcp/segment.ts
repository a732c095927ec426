// A TCP segment (RFC 9293 section 3.1), as far as reassembly asks for it.

/** A segment's numbers, as it came; one object for all segments of a capture. */
export interface Segment {
  sequence: number;
  acknowledgement: number;
  syn: boolean;
  fin: boolean;
  rst: boolean;
  ack: boolean;
  /** What was captured of its payload. */
  payload: Buffer;
  /** How much more payload it had. */
  missing: number;
  at: number;
}
