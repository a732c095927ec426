// Sizes, durations and rates as people read them.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `812 B`, `1.2 KiB`, `14 MiB`: three significant digits at most, IEC units. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.5 would be shown as 1024: it belongs to the next unit.
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? String(bytes) : threeDigits(value)} ${UNITS[unit]}`;
}

/** `0.4 ms`, `84 ms`, `12.3 s`, `4 min 10 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${ms < 9.95 ? oneDecimal(ms) : Math.round(ms)} ms`;
  if (ms < 59_950) return `${oneDecimal(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return inTwoUnits(seconds, 60, 'min', 's');
  return inTwoUnits(Math.round(seconds / 60), 60, 'h', 'min');
}

/** `14.3 MiB/s`; null when nothing or no time can be divided. */
export function formatRate(bytes: number, durationMs: number): string | null {
  if (bytes === 0 || durationMs <= 0) return null;
  return `${formatBytes(Math.round((bytes * 1000) / durationMs))}/s`;
}

/** `1 command`, `2 commands`; `plural` where an `s` does not make it. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

function inTwoUnits(value: number, size: number, large: string, small: string): string {
  const rest = value % size;
  const head = `${Math.floor(value / size)} ${large}`;
  return rest === 0 ? head : `${head} ${rest} ${small}`;
}

/** `1.2`, `14.3`, `143`; a trailing `.0` says nothing. */
function threeDigits(value: number): string {
  return value < 99.95 ? oneDecimal(value) : String(Math.round(value));
}

function oneDecimal(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}
