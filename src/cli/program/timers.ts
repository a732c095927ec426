// What Node's timers can do.

/** The longest time that a timer takes; a longer one fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
