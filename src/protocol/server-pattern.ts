// Which servers a pattern stands for: `ftp.example.com`, `*.example.com`, `10.0.0.0/8`, `*`, each with ports behind it or without.
// A name is matched as the client gave it, an address as the name was found to have it. Looks nothing up.
import { type AddressRange, parseAddressRange } from './address-range.js';
import { type Endpoint, parsePort } from './endpoint.js';
import { FTP_PORT, IMPLICIT_FTPS_PORT, isHost } from './server-name.js';

export interface ServerPattern {
  /** Whether a server can be meant, as far as can be said before its name is looked up. */
  mayMean(server: Endpoint): boolean;
  /** Whether that address of it is meant. */
  means(server: Endpoint, address: string): boolean;
}

type Ports = (port: number) => boolean;

const ANY = '*';
const USUAL_PORTS: Ports = (port) => port === FTP_PORT || port === IMPLICIT_FTPS_PORT;

/** Null for what is no pattern. Without ports those of FTP and implicit FTPS are meant, 21 and 990. */
export function parseServerPattern(text: string): ServerPattern | null {
  if (text.includes(':') && parseAddressRange(text) !== null) return pattern(text, USUAL_PORTS);
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text);
  const ports = match?.[3] === undefined ? USUAL_PORTS : parsePorts(match[3]);
  const place = match?.[1] ?? match?.[2];
  if (place === undefined || ports === null || (match?.[1] !== undefined && !place.includes(':'))) return null;
  return pattern(place, ports);
}

function pattern(place: string, ports: Ports): ServerPattern | null {
  if (place === ANY) return { mayMean: ({ port }) => ports(port), means: ({ port }) => ports(port) };
  const range = parseAddressRange(place);
  if (range !== null) return addresses(range, ports);
  const suffix = place.startsWith('*.') ? withoutDot(place.slice(1)) : null;
  if (!isHost(suffix?.slice(1) ?? place, false)) return null;
  const whole = withoutDot(place);
  const named = ({ address, port }: Endpoint) => {
    const name = withoutDot(address);
    return ports(port) && (suffix === null ? name === whole : name.endsWith(suffix));
  };
  return { mayMean: named, means: named };
}

function addresses(range: AddressRange, ports: Ports): ServerPattern {
  return {
    mayMean: ({ port }) => ports(port),
    means: ({ port }, address) => ports(port) && range.includes(address),
  };
}

/** `21`, `21-2121`, or `*` for all of them. */
function parsePorts(text: string): Ports | null {
  if (text === ANY) return () => true;
  const [fromText = '', toText = fromText, ...rest] = text.split('-');
  const [from, to] = [parsePort(fromText), parsePort(toText)];
  if (from === null || to === null || rest.length > 0 || from > to) return null;
  return (port) => port >= from && port <= to;
}

/** Names as DNS compares them; the dot of the root says nothing new. */
function withoutDot(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
