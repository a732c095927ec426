// Long work that is done piece by piece lets keys, timers and the screen have their turn in between.
import { setImmediate } from 'node:timers/promises';

/** Resolves when whatever else was due has been done. */
export function yieldToOthers(): Promise<void> {
  return setImmediate();
}
