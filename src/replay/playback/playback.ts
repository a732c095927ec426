// A recording shown again as it went by: each observation when its turn comes, by the recorded times and as much faster as is
// wanted. The clock comes in from outside.
import type { Observation } from '../../dialogue/observation.js';
import { MAX_KEPT_NUMBERS } from '../replay-error.js';

export interface PlaybackOptions {
  /** How many times as fast; Infinity for no waiting at all. */
  readonly speed: number;
  /** No recorded pause counts as a longer one. Default: as recorded. */
  readonly maxPauseMs?: number | undefined;
  /** The number of the one session that is wanted; null for all. */
  readonly only: number | null;
  readonly show: (observation: Observation) => void;
  /** Waits until what was shown has been read. */
  readonly flush: () => Promise<void>;
  /** Waits so many milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
  readonly now: () => number;
  /** No more is shown once it is aborted. */
  readonly stop: AbortSignal;
}

export interface Playback {
  /** Observations that were shown. */
  readonly shown: number;
  /** Numbers of the sessions in the recording, the first ones. */
  readonly sessions: readonly number[];
}

/** Shorter waits than this are not worth a timer. */
export const LEAST_WAIT_MS = 1;

export async function playBack(
  batches: AsyncIterable<readonly Observation[]>,
  { speed, maxPauseMs = Number.POSITIVE_INFINITY, only, show, flush, wait, now, stop }: PlaybackOptions,
): Promise<Playback> {
  const sessions = new Set<number>();
  const startedAt = now();
  let firstAt: number | null = null;
  let shown = 0;
  let shownAt: number | null = null;
  for await (const batch of batches) {
    for (const observation of batch) {
      if (stop.aborted) return { shown, sessions: [...sessions] };
      if (sessions.size < MAX_KEPT_NUMBERS) sessions.add(observation.session);
      if (only !== null && observation.session !== only) continue;
      firstAt ??= observation.at;
      firstAt += Math.max(0, observation.at - (shownAt ?? firstAt) - maxPauseMs);
      shownAt = Math.max(shownAt ?? observation.at, observation.at);
      const ms = (observation.at - firstAt) / speed - (now() - startedAt);
      if (ms >= LEAST_WAIT_MS) {
        await flush();
        await wait(ms);
      }
      if (stop.aborted) return { shown, sessions: [...sessions] };
      show(observation);
      shown += 1;
    }
    await flush();
  }
  return { shown, sessions: [...sessions] };
}
