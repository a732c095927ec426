// Tables of options: a row for each, with its kind of value and what holds when it is not given. The type of the options that a
// program gives, and the type of what the proxy works with, are both derived from the table.
import { closestName } from './closest-name.js';
import { ProxyOptionError } from './option-error.js';
import { isObject, kindOf, type ValueKind } from './value-kinds.js';

type AnyKind = ValueKind<unknown>;
type ValueOf<K extends AnyKind> = ReturnType<K['read']>;

export interface RequiredRow<K extends AnyKind> {
  readonly kind: 'required';
  readonly value: K;
}

/** When it is not given, the proxy goes without. */
export interface OptionalRow<K extends AnyKind> {
  readonly kind: 'optional';
  readonly value: K;
}

export interface DefaultedRow<K extends AnyKind> {
  readonly kind: 'defaulted';
  readonly value: K;
  readonly byDefault: ValueOf<K>;
}

export type OptionRow = RequiredRow<AnyKind> | OptionalRow<AnyKind> | DefaultedRow<AnyKind>;
export type OptionTable = Readonly<Record<string, OptionRow>>;

export function required<K extends AnyKind>(value: K): RequiredRow<K> {
  return { kind: 'required', value };
}

export function optional<K extends AnyKind>(value: K): OptionalRow<K> {
  return { kind: 'optional', value };
}

export function defaulted<K extends AnyKind>(value: K, byDefault: NoInfer<ValueOf<K>>): DefaultedRow<K> {
  return { kind: 'defaulted', value, byDefault };
}

/** The options as a program gives them. `undefined` is as good as absent. */
export type GivenOptions<T extends OptionTable> = {
  readonly [Name in keyof T as T[Name]['kind'] extends 'required' ? Name : never]: ValueOf<T[Name]['value']>;
} & {
  readonly [Name in keyof T as T[Name]['kind'] extends 'required' ? never : Name]?:
    | ValueOf<T[Name]['value']>
    | undefined;
};

/** The options checked, with their defaults. */
export type SettledOptions<T extends OptionTable> = {
  readonly [Name in keyof T]: T[Name]['kind'] extends 'optional'
    ? ValueOf<T[Name]['value']> | undefined
    : ValueOf<T[Name]['value']>;
};

/** Where a table's options stand, for errors. */
interface TablePlace {
  /** The option that they belong to; none for those of the proxy itself. */
  readonly where?: string;
  /** What the object is, for one that is none. */
  readonly words?: string;
  /** Names that mean nothing, and are no mistake. */
  readonly ignored?: readonly string[];
  /** The present names of options that were called otherwise in earlier versions. */
  readonly formerly?: Readonly<Record<string, string>>;
}

/** Checks options and fills in defaults. Throws a ProxyOptionError. */
export function settle<T extends OptionTable>(
  table: T,
  given: unknown,
  { where = '', words = 'an object', ignored = [], formerly = {} }: TablePlace = {},
): SettledOptions<T> {
  const options = underPresentNames(kindOf(words, isObject).read(given, where || 'options'), formerly);
  const pathOf = (name: string) => (where === '' ? name : `${where}.${name}`);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(table, name) && !ignored.includes(name));
  if (unknown !== undefined) throw new ProxyOptionError(pathOf(unknown), noSuchOption(unknown, Object.keys(table)));
  const values = Object.entries(table).map(([name, row]) => [name, readRow(row, options[name], pathOf(name))] as const);
  // Every row has checked its own value.
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as SettledOptions<T>;
}

function underPresentNames(
  options: Readonly<Record<string, unknown>>,
  formerly: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const present: Record<string, unknown> = { ...options };
  for (const [old, name] of Object.entries(formerly)) {
    if (!Object.hasOwn(present, old)) continue;
    if (present[old] !== undefined && present[name] !== undefined)
      throw new ProxyOptionError(old, `it is ${name} now; give one of them`);
    present[name] ??= present[old];
    delete present[old];
  }
  return present;
}

function readRow(row: OptionRow, value: unknown, where: string): unknown {
  if (value !== undefined) return row.value.read(value, where);
  switch (row.kind) {
    case 'required':
      throw new ProxyOptionError(where, `it is missing; give ${row.value.words}`);
    case 'optional':
      return undefined;
    case 'defaulted':
      return row.byDefault;
  }
}

function noSuchOption(name: string, names: readonly string[]): string {
  const closest = closestName(name, names);
  return `there is no such option; ${closest === null ? `there are ${names.join(', ')}` : `did you mean ${closest}?`}`;
}

/** An object with the options of a table. */
export function optionsOf<T extends OptionTable>(
  words: string,
  table: T,
  names: Pick<TablePlace, 'ignored' | 'formerly'> = {},
): ValueKind<GivenOptions<T>> {
  return {
    words,
    // Settled options are given options that leave nothing out.
    read: (value, where) => settle(table, value, { where, words, ...names }) as unknown as GivenOptions<T>,
  };
}
