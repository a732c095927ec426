// The address that a peer is told to connect to, where it is not the one that its control connection came to: behind NAT. It may
// be a host name, or stand in a file, and is looked up anew for every link: such addresses change.
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { type AddressFamily, addressFamily, canonicalAddress } from '../protocol/endpoint.js';
import { systemReason } from '../protocol/system-errors.js';

/**
 * Takes an IP address, a host name, or `@FILE` whose first line holds either. Null where it has no address of that family: an
 * IPv4 peer cannot be told an IPv6 address, and what is for NAT on IPv4 means nothing to IPv6. Rejects with an Error whose message
 * is a reason for people.
 */
export async function resolveAdvertised(advertised: string, family: AddressFamily): Promise<string | null> {
  const addresses = await addressesOf(advertised);
  return addresses.find((address) => addressFamily(address) === family) ?? null;
}

/** Why nobody can be told it as things are, for people; null when all is well. */
export async function problemOfAdvertised(advertised: string): Promise<string | null> {
  return addressesOf(advertised).then(() => null, systemReason);
}

/** Why a host cannot be connected to by its name as things are, for people; null when it has an address. */
export async function problemOfHost(name: string): Promise<string | null> {
  return lookup(name).then(() => null, systemReason);
}

async function addressesOf(advertised: string): Promise<readonly string[]> {
  const named = advertised.startsWith('@') ? await firstLineOf(advertised.slice(1)) : advertised;
  const literal = canonicalAddress(named);
  if (literal !== null) return [literal];
  try {
    const found = await lookup(named, { all: true });
    return found.map(({ address }) => address);
  } catch (error) {
    throw new Error(`cannot look up ${named}, the address to advertise: ${systemReason(error)}`);
  }
}

/** The client is told what is wrong, too: where on this machine the file lies, and what else it holds, is not its business. */
async function firstLineOf(file: string): Promise<string> {
  const line = await readFirstLine(file);
  if (/^[\w.:-]+$/.test(line)) return line;
  throw new Error('the file that holds the address to advertise has none in its first line');
}

async function readFirstLine(file: string): Promise<string> {
  try {
    const [line = ''] = (await readFile(file, 'utf8')).split('\n', 1);
    return line.trim();
  } catch (error) {
    throw new Error(`cannot read the file that holds the address to advertise: ${systemReason(error)}`);
  }
}
