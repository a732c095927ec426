// Times of day as people and files read them. Local time is that of the process (TZ).

/** Local time as `YYYY-MM-DDTHH:MM:SS.mmm`. */
export function localTime(atMs: number): string {
  return utcTime(atMs - new Date(atMs).getTimezoneOffset() * 60_000);
}

/** Coordinated universal time as `YYYY-MM-DDTHH:MM:SS.mmm`. */
export function utcTime(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS.mmm'.length);
}

/** Local time of day as `HH:MM:SS.mmm`. */
export function localClock(atMs: number): string {
  return localTime(atMs).slice('YYYY-MM-DDT'.length);
}

/** Local day as `YYYY-MM-DD`. */
export function localDay(atMs: number): string {
  return localTime(atMs).slice(0, 'YYYY-MM-DD'.length);
}
