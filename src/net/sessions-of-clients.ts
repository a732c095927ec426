// How many sessions each client has open: a client is its host, which for IPv6 is a /64 network.
import { hostOf } from '../protocol/address-range.js';
import type { Endpoint } from '../protocol/endpoint.js';
import type { Refusal } from './arrivals.js';

export class SessionsOfClients {
  private readonly open = new Map<string, number>();

  /** Why it may have no more, if so many are the limit. */
  refusalOf({ address }: Endpoint, most: number | undefined): Refusal | null {
    if (most === undefined || this.of(address) < most) return null;
    return {
      code: 'too-many-sessions',
      detail: `too many sessions of ${address}: the limit for one client is ${most}`,
    };
  }

  add(address: string, sessions: 1 | -1): void {
    const host = hostOf(address);
    const open = this.of(address) + sessions;
    if (open === 0) this.open.delete(host);
    else this.open.set(host, open);
  }

  private of(address: string): number {
    return this.open.get(hostOf(address)) ?? 0;
  }
}
