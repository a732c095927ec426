// How connections fare: how a leg of a data link ended, for whom its bytes wait, how a connection failed.
import type { ConnectionFailure } from '../protocol/connection-failure.js';

/**
 * How one leg of a data link ended, as its peer did it:
 * - fin: the peer ended it;
 * - reset: the peer, or something in between, broke it off;
 * - timed-out: the peer did not answer any more;
 * - ours: the proxy ended it, as the other leg had ended or the transfer was over.
 */
export type LegEnd = (typeof LEG_ENDS)[number];
export const LEG_ENDS = ['fin', 'reset', 'timed-out', 'ours'] as const;

/** No byte has moved for a while, and why: the side that sends sends nothing, or the one that receives takes nothing. */
export interface Stillness {
  readonly on: 'client' | 'server';
  readonly why: 'sends-nothing' | 'takes-nothing';
  /** Since the last byte moved. */
  readonly ms: number;
}

/** As another observation has it. */
export function sameStillness({ stillness }: { readonly stillness?: Stillness }): { readonly stillness?: Stillness } {
  return stillness === undefined ? {} : { stillness };
}

/** A link that may know for whom it waits; null while bytes move. */
export interface MaybeStill {
  stillnessAt?(at: number): Stillness | null;
}

export function stillnessOf(link: MaybeStill, at: number): { readonly stillness?: Stillness } {
  const stillness = link.stillnessAt?.(at) ?? null;
  return stillness === null ? {} : { stillness };
}

export function endedAs(ended: LegEnd | undefined): { readonly ended?: LegEnd } {
  return ended === undefined ? {} : { ended };
}

export function failedAs(failure: ConnectionFailure | undefined): { readonly failure?: ConnectionFailure } {
  return failure === undefined ? {} : { failure };
}
