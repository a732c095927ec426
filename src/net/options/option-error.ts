// What a program hears when it gives a proxy a wrong option: which option, what is wrong, what would be right. One line.

/** A wrong option. `name` and `option` are stable; the message is for people. */
export class ProxyOptionError extends Error {
  override readonly name = 'ProxyOptionError';

  constructor(
    /** Where it is: `serverMode`, `tls.client`, `listen[1].port`. */
    readonly option: string,
    problem: string,
  ) {
    super(`${option}: ${problem}`);
  }
}

const MAX_QUOTED = 60;

/** A wrong value as the message shows it. Objects are not shown: they may hold keys or passwords. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return quotedText(value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** One line, without what must not get into logs: keys, and passwords in URLs. */
function quotedText(text: string): string {
  if (text.includes('-----BEGIN')) return 'PEM text';
  const safe = text.replace(/\/\/[^/]*@/, '//...@');
  const shown = safe.length > MAX_QUOTED ? `${safe.slice(0, MAX_QUOTED)}...` : safe;
  return `'${JSON.stringify(shown).slice(1, -1).replaceAll('\\"', '"')}'`;
}
