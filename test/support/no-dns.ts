// Set up for every test file: no test asks the DNS. Addresses and `localhost` are resolved as always, names under .invalid are answered as
// RFC 6761 (section 6.4) says, without a query, and any other name is a fault of the test.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';

/** What the system resolves without a query: `0x7f000001` and the like are addresses to it. */
function isKnownHere(host: string): boolean {
  return isIP(host) !== 0 || host === 'localhost' || /^(?:0x[\da-f]+|\d+)$/i.test(host);
}

function refusal(host: string): Error {
  if (!host.endsWith('.invalid')) return new Error(`a test asks the DNS for ${host}`);
  const facts = { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: host };
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), facts);
}

const { lookup } = dns;
const { lookup: lookupLater } = dns.promises;
const asked = (host: string, ...rest: unknown[]) => {
  if (isKnownHere(host)) return Reflect.apply(lookup, dns, [host, ...rest]);
  const callback = rest.at(-1);
  if (typeof callback === 'function') process.nextTick(callback, refusal(host));
};
const askedLater = async (host: string, ...rest: unknown[]) => {
  if (isKnownHere(host)) return Reflect.apply(lookupLater, dns.promises, [host, ...rest]);
  throw refusal(host);
};
Object.assign(dns, { lookup: asked });
Object.assign(dns.promises, { lookup: askedLater });
syncBuiltinESMExports();
