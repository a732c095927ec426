// Wakes a session when its deadline has come. Deadlines move on with every byte; the timer does not: it asks anew when it
// fires, which is far cheaper than to set it again each time.
import { now } from '../ends/clock.js';

export class Alarm {
  private timer: { readonly handle: NodeJS.Timeout; readonly at: number } | null = null;

  constructor(
    /** When to ring next, in the time of `now`; null for never. */
    private readonly deadline: () => number | null,
    private readonly ring: () => void,
  ) {}

  /** To be called when the deadline may have come nearer. */
  set(): void {
    const at = this.deadline();
    if (at === null || (this.timer !== null && this.timer.at <= at)) return;
    this.clear();
    this.timer = { handle: setTimeout(() => this.fire(), Math.max(0, Math.ceil(at - now()))), at };
  }

  clear(): void {
    if (this.timer !== null) clearTimeout(this.timer.handle);
    this.timer = null;
  }

  private fire(): void {
    this.timer = null;
    const at = this.deadline();
    if (at !== null && at <= now()) this.ring();
    else this.set();
  }
}
