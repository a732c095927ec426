// A client or server as a filter names it: by address, range, host name or port.
import { parseAddressRange } from '../protocol/address-range.js';
import { canonicalAddress, type Endpoint, parsePort } from '../protocol/endpoint.js';
import { textTest } from './pattern.js';

export type PeerTest = (endpoint: Endpoint) => boolean;

type AddressTest = (address: string) => boolean;

const ANY_ADDRESS: AddressTest = () => true;

/**
 * `10.0.0.5`, `10.0.0.0/8`, `2001:db8::/32`, `ftp.example.com`, `*.example.com`; with a port: `10.0.0.5:21`, `[::1]:21`; a port
 * alone: `:21`. Null for anything else.
 */
export function parsePeer(text: string): PeerTest | null {
  if (parseAddressRange(text) !== null) return peerTest(addressTest(text), undefined);
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(\d+))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || (match?.[1] !== undefined && canonicalAddress(host) === null)) return null;
  if (host === '' && match?.[3] === undefined) return null;
  return peerTest(host === '' ? ANY_ADDRESS : addressTest(host), match?.[3]);
}

function peerTest(address: AddressTest | null, portText: string | undefined): PeerTest | null {
  const port = portText === undefined ? undefined : parsePort(portText);
  if (address === null || port === null) return null;
  return (endpoint) => (port === undefined || endpoint.port === port) && address(endpoint.address);
}

function addressTest(text: string): AddressTest | null {
  const range = parseAddressRange(text);
  if (range !== null) return (address) => range.includes(address);
  return /^[A-Za-z0-9._*?-]+$/.test(text) ? textTest(text, false) : null;
}
