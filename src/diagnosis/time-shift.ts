// Times of the same file by two clocks: whether they differ as time zones do.

const MINUTE_MS = 60_000;
/** Time zones differ by multiples of this, and by no more than that. */
const STEP_MINUTES = 15;
const MOST_MINUTES = 26 * 60;
/** Between the end of an upload and the time of its file; and listings have no seconds. */
const TOLERANCE_MINUTES = 2;

/** How many minutes a listed time, `MM-DD hh:mm`, is later than `YYYYMMDDhhmmss`; null where no time zone explains it, or nothing has to. */
export function shiftBetween(listed: string, known: string): number | null {
  const year = Number(known.slice(0, 4));
  const knownMs = timeOf(year, known.slice(4, 6), known.slice(6, 8), known.slice(8, 10), known.slice(10, 12));
  const [, month = '', day = '', hour = '', minute = ''] = /^(\d\d)-(\d\d) (\d\d):(\d\d)$/.exec(listed) ?? [];
  // The year is not listed: the nearest is meant.
  const [listedMs = Number.NaN] = [year - 1, year, year + 1]
    .map((one) => timeOf(one, month, day, hour, minute))
    .sort((one, other) => Math.abs(one - knownMs) - Math.abs(other - knownMs));
  if (Number.isNaN(knownMs) || Number.isNaN(listedMs)) return null;
  const minutes = (listedMs - knownMs) / MINUTE_MS;
  const nearest = Math.round(minutes / STEP_MINUTES) * STEP_MINUTES;
  const isShift =
    nearest !== 0 && Math.abs(minutes - nearest) <= TOLERANCE_MINUTES && Math.abs(nearest) <= MOST_MINUTES;
  return isShift ? nearest : null;
}

/** `9 h later`, `5:30 h earlier`. */
export function shiftInWords(minutes: number): string {
  const size = Math.abs(minutes);
  const rest = size % 60 === 0 ? '' : `:${String(size % 60).padStart(2, '0')}`;
  return `${Math.floor(size / 60)}${rest} h ${minutes > 0 ? 'later' : 'earlier'}`;
}

function timeOf(year: number, month: string, day: string, hour: string, minute: string): number {
  return month === '' ? Number.NaN : Date.UTC(year, Number(month) - 1, Number(day), Number(hour), Number(minute));
}
