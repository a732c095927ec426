// Option values that hold for both sides of the proxy, or for one: `VALUE`, `client=VALUE`, `server=VALUE`.
import type { PerSide } from '../../net/options/endpoint-values.js';
import { UsageError } from '../program/errors.js';

export function forSides<T>(parse: (text: string) => T): (text: string) => PerSide<T> {
  return (text) => {
    const stranger = /^(\w+)=/.exec(text)?.[1];
    if (stranger !== undefined && stranger !== 'client' && stranger !== 'server') {
      throw new UsageError(`Give VALUE, client=VALUE or server=VALUE: there is no side '${stranger}'.`);
    }
    const [, side, rest = ''] = /^(client|server)=(.*)$/s.exec(text) ?? [];
    const value = parse(side === undefined ? text : rest);
    if (side === undefined) return { client: value, server: value };
    return side === 'client' ? { client: value } : { server: value };
  };
}
