// What an IP datagram carries, on its way to TCP.

/** One object serves for all datagrams of a capture: there are too many for one each. */
export interface TransportPayload {
  bytes: Buffer;
  /** Source and destination address lie here, one behind the other, of `addressBytes` each. */
  addresses: number;
  addressBytes: 4 | 16;
  /** IANA's number: 6 is TCP. */
  protocol: number;
  /** The payload lies from `offset` to `end`. */
  offset: number;
  end: number;
  /** How many bytes behind `end` were not captured. */
  missing: number;
  /** When it was captured: milliseconds since the epoch. */
  at: number;
}

export interface TransportSink {
  payload(payload: Readonly<TransportPayload>): void;
}
