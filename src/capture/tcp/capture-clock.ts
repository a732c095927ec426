// How far a capture has got: its time is one that all of the latest packets have reached. Packets may be in disorder and one may claim any time;
// for neither of them does more time go by.

/** Packets may overtake each other on their way into a capture, by so many places. */
export const DISORDER_PACKETS = 16;

/** How far a capture has got. */
export interface CaptureMoment {
  /** Milliseconds, by the capture's clock. */
  readonly clock: number;
  /** Of the capture. */
  readonly packets: number;
  /** Of one connection. */
  readonly segments: number;
}

export class CaptureClock {
  /** Milliseconds since the epoch. Never goes back, and lags a little behind. */
  now = 0;
  packets = 0;
  private earliest = Number.POSITIVE_INFINITY;
  private earliestBefore = Number.POSITIVE_INFINITY;

  /** A packet was captured at this time. Says whether the clock went on: it does so every DISORDER_PACKETS. */
  tick(at: number): boolean {
    if (this.packets === 0) this.now = at;
    this.earliest = Math.min(this.earliest, at);
    this.packets += 1;
    if (this.packets % DISORDER_PACKETS !== 0) return false;
    this.now = Math.max(this.now, Math.min(this.earliest, this.earliestBefore));
    this.earliestBefore = this.earliest;
    this.earliest = Number.POSITIVE_INFINITY;
    return true;
  }
}
