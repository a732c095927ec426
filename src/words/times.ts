// Times of day as people and files read them. Local time is that of the process (TZ).

const MINUTE_MS = 60_000;

/** Times come in their order, nearly always, and dates are slow: most of a time's text is that of the one before it. */
let newestMinute = { number: Number.NaN, text: '' };

/** Local time as `YYYY-MM-DDTHH:MM:SS.mmm`. */
export function localTime(atMs: number): string {
  return utcTime(atMs - new Date(atMs).getTimezoneOffset() * 60_000);
}

/** Coordinated universal time as `YYYY-MM-DDTHH:MM:SS.mmm`. */
export function utcTime(atMs: number): string {
  const minute = Math.floor(atMs / MINUTE_MS);
  if (minute !== newestMinute.number) newestMinute = { number: minute, text: minuteText(minute) };
  const ms = Math.floor(atMs - minute * MINUTE_MS);
  const seconds = Math.floor(ms / 1000);
  return `${newestMinute.text}${twoDigits(seconds)}.${String(ms - seconds * 1000).padStart(3, '0')}`;
}

function minuteText(minute: number): string {
  return new Date(minute * MINUTE_MS).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:'.length);
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : `${number}`;
}

/** Local time of day as `HH:MM:SS.mmm`. */
export function localClock(atMs: number): string {
  return localTime(atMs).slice('YYYY-MM-DDT'.length);
}

/** Local day as `YYYY-MM-DD`. */
export function localDay(atMs: number): string {
  return localTime(atMs).slice(0, 'YYYY-MM-DD'.length);
}
