// The address that a peer is told to connect to, where it is not the one that its control connection came to: behind NAT. It may
// be a host name, or stand in a file, and is looked up anew for every link: such addresses change.
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { type AddressFamily, addressFamily, canonicalAddress } from '../protocol/endpoint.js';
import { systemReason } from '../protocol/system-errors.js';

/** An IP address, a host name, or `@FILE` whose first line holds either. Rejects with an Error whose message is a reason for people. */
export async function resolveAdvertised(advertised: string, family: AddressFamily): Promise<string> {
  const named = advertised.startsWith('@') ? await firstLineOf(advertised.slice(1)) : advertised;
  const literal = canonicalAddress(named);
  if (literal !== null) return ofFamily(literal, family);
  try {
    const found = await lookup(named, { family: family === 1 ? 4 : 6 });
    return found.address;
  } catch (error) {
    throw new Error(`cannot look up ${named}, the address to advertise: ${systemReason(error)}`);
  }
}

async function firstLineOf(file: string): Promise<string> {
  try {
    const [line = ''] = (await readFile(file, 'utf8')).split('\n', 1);
    return line.trim();
  } catch (error) {
    // The client is told this, too: where on this machine the file lies is not its business.
    throw new Error(`cannot read the file that holds the address to advertise: ${systemReason(error)}`);
  }
}

/** An IPv4 peer cannot be told an IPv6 address: PORT and 227 have no room for it, and EPSV none for any. */
function ofFamily(literal: string, family: AddressFamily): string {
  if (addressFamily(literal) === family) return literal;
  throw new Error(`the address to advertise, ${literal}, is not of the family of the control connection`);
}
