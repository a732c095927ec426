// The addresses of the server that a check goes to.
import { lookup } from 'node:dns/promises';
import { addressFamily } from '../protocol/endpoint.js';
import { systemReason } from '../protocol/system-errors.js';

/** In the order of the system's resolver. Rejects with an Error whose message is a reason. */
export async function addressesOf(host: string): Promise<readonly string[]> {
  if (addressFamily(host) !== null) return [host];
  try {
    const found = await lookup(host, { all: true, verbatim: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch (error) {
    throw new Error(systemReason(error));
  }
}
