// What a value from a file is, as far as it takes to believe it: shared by the checks of all shapes.

/** The same fields, and nothing known of what is in them. */
export type Unchecked<T> = { readonly [Field in keyof T]?: unknown };

/** The compiler sees to it that none is forgotten. */
export type AllOf<Word extends string> = Readonly<Record<Word, true>>;

export function hasFields(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

export function isText(value: unknown): boolean {
  return typeof value === 'string';
}

export function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

export function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

export function isFlag(value: unknown): boolean {
  return typeof value === 'boolean';
}

export function isSide(value: unknown): boolean {
  return value === 'client' || value === 'server';
}

export function isOneOf(words: Readonly<Record<string, true>>, value: unknown): boolean {
  return typeof value === 'string' && Object.hasOwn(words, value);
}

export function orNull(check: (value: unknown) => boolean, value: unknown): boolean {
  return value === null || check(value);
}

export function orAbsent(check: (value: unknown) => boolean, value: unknown): boolean {
  return value === undefined || check(value);
}
