// Option values that hold for both sides of the proxy, or for one: `VALUE`, `client=VALUE`, `server=VALUE`.

import type { Side } from '../../dialogue/observation.js';
import type { PerSide } from '../../net/proxy-options.js';

/** One value as it was given. */
export interface ForSides<T> {
  readonly sides: readonly Side[];
  readonly value: T;
}

export function forSides<T>(parse: (text: string) => T): (text: string) => ForSides<T> {
  return (text) => {
    const match = /^(client|server)=(.*)$/s.exec(text);
    if (match === null) return { sides: ['client', 'server'], value: parse(text) };
    return { sides: match[1] === 'client' ? ['client'] : ['server'], value: parse(match[2] ?? '') };
  };
}

/** All values of an option together; a later one wins over an earlier. */
export function perSide<T>(given: readonly ForSides<T>[]): PerSide<T> {
  return Object.fromEntries(given.flatMap(({ sides, value }) => sides.map((side) => [side, value])));
}
