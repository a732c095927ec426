// The time that observations bear: milliseconds since the epoch, to the microsecond, and never running backwards.

export function now(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000;
}
