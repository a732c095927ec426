// The gaps of one data connection: each is told by itself as long as there are few, and the rest in one sum at the end.
import type { ConnectionEnd } from '../connection-event.js';

const MAX_TOLD_GAPS = 20;

export class LinkGaps {
  private told = 0;
  private readonly rest = { initiator: 0, responder: 0 };

  /** Whether a gap is to be told by itself; otherwise it is remembered. */
  isWorthTelling(from: ConnectionEnd, bytes: number): boolean {
    this.told += 1;
    if (this.told <= MAX_TOLD_GAPS) return true;
    this.rest[from] += bytes;
    return false;
  }

  /** What was not told one by one, summed up for either end. */
  get untold(): readonly { readonly from: ConnectionEnd; readonly bytes: number }[] {
    const ends: readonly ConnectionEnd[] = ['initiator', 'responder'];
    return ends.map((from) => ({ from, bytes: this.rest[from] })).filter(({ bytes }) => bytes > 0);
  }
}
