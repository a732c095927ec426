// What may carry the bulk of a large transfer in place of the portable flow: from where the first chunks end until the sender ends, or the
// flow wants it back. Which pumps there are is not the flow's business.
import type { Socket } from 'node:net';

/** What is to be carried. Nobody reads `from` now, and nothing waits in this process for `to`. */
export interface Pumped {
  readonly from: Socket;
  readonly to: Socket;
  /** Called once, when the pump has let go of both: what it took and could not hand on is to go first. */
  readonly over: (rest: Buffer, failed: PumpFailure | null) => void;
}

/** The connection that failed. */
export interface PumpFailure {
  readonly end: 'from' | 'to';
  readonly error: Error;
}

/** A transfer in the pump. */
export interface Pumping {
  /** Bytes handed to the receiver so far; stays when it is over. */
  readonly bytes: number;
  /** Nothing is on its way to the receiver. */
  readonly delivered: boolean;
  /** Asks for `over`. */
  stop(): void;
}

export interface Pump {
  /** Null where it cannot now: the portable flow goes on, and may ask again. */
  carry(pumped: Pumped): Pumping | null;
}

/** What a transfer has to have carried before a pump is worth its while. */
export const PUMP_FROM_BYTES = 256 * 1024;
