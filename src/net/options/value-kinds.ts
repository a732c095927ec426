// Kinds of values, whatever option they are for: each says in words what it takes, and checks what a program gave.
import { ProxyOptionError, quoted } from './option-error.js';

/** What an option may be. */
export interface ValueKind<T> {
  /** Follows `is not` and `Give`: `a whole number from 1 to 1000000`. */
  readonly words: string;
  /** Returns the value, checked. Throws a ProxyOptionError that names `where`. */
  readonly read: (value: unknown, where: string) => T;
}

/** A kind that one question decides. */
export function kindOf<T>(words: string, isOne: (value: unknown) => value is T): ValueKind<T> {
  return {
    words,
    read: (value, where) => {
      if (isOne(value)) return value;
      throw new ProxyOptionError(where, `${quoted(value)} is not ${words}`);
    },
  };
}

export function textKind(words: string, isOne: (text: string) => boolean): ValueKind<string> {
  return kindOf(words, (value): value is string => typeof value === 'string' && isOne(value));
}

/** Text that no message may repeat, such as a key. */
export function secretKind(words: string, isOne: (text: string) => boolean): ValueKind<string> {
  return {
    words,
    read: (value, where) => {
      if (typeof value === 'string' && isOne(value)) return value;
      throw new ProxyOptionError(where, `what is given is not ${words}`);
    },
  };
}

/** A kind with bounds, which the command line shows in its own units. */
export interface NumberKind extends ValueKind<number> {
  readonly min: number;
  readonly max: number;
}

/** `what` from `min` to `max`, both included. */
export function wholeNumber(what: string, min: number, max: number): NumberKind {
  const isOne = (value: unknown) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  return { ...kindOf(`${what} from ${min} to ${max}`, (value): value is number => isOne(value)), min, max };
}

/** A kind with few values, which the command line lists. */
export interface ChoiceKind<T> extends ValueKind<T> {
  readonly choices: readonly T[];
}

export function oneOf<T extends string>(choices: readonly T[]): ChoiceKind<T> {
  const isOne = (value: unknown): value is T => choices.some((choice) => choice === value);
  return { ...kindOf(`one of ${choices.join(', ')}`, isOne), choices };
}

export function isChoiceKind(kind: ValueKind<unknown>): kind is ChoiceKind<string> {
  return 'choices' in kind;
}

export const SWITCH = kindOf('true or false', (value): value is boolean => typeof value === 'boolean');

/** What it takes and returns cannot be checked. */
export function functionKind<F>(): ValueKind<F> {
  return kindOf('a function', (value): value is F => typeof value === 'function');
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function listOf<T>(one: ValueKind<T>): ValueKind<readonly T[]> {
  const list = kindOf('an array', (value): value is readonly unknown[] => Array.isArray(value));
  return {
    words: 'an array',
    read: (value, where) => list.read(value, where).map((entry, index) => one.read(entry, `${where}[${index}]`)),
  };
}

/** Whether a value is of that kind. */
export function isOfKind<T>(kind: ValueKind<T>, value: unknown): value is T {
  try {
    kind.read(value, '');
    return true;
  } catch (error) {
    if (error instanceof ProxyOptionError) return false;
    throw error;
  }
}
