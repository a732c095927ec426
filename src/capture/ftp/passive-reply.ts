// Where a server listens, as its reply to PASV or EPSV says it. Knows nothing of who asked.
import type { Endpoint } from '../../protocol/endpoint.js';
import { parse227, parse229 } from '../../protocol/host-port.js';

/** Whether a line alone tells that its server has opened a data port. */
export function isAnnouncement(line: string): boolean {
  if (line.startsWith('227')) return parse227(line) !== null;
  return line.startsWith('229') && parse229(line) !== null;
}

/**
 * The announced endpoint; null where no line holds one. Servers mix the forms up, and some say 200 for either: the code
 * decides where it is one of the two, and otherwise what was asked for. A 229 names no host: it is the server's.
 */
export function announcedEndpoint(
  code: number,
  asked: '227' | '229',
  lines: readonly string[],
  serverHost: string,
): Endpoint | null {
  const form = code === 227 || code === 229 ? `${code}` : asked;
  for (const line of lines) {
    const endpoint = form === '227' ? parse227(line)?.endpoint : endpointOf229(line, serverHost);
    if (endpoint) return endpoint;
  }
  return null;
}

function endpointOf229(line: string, serverHost: string): Endpoint | undefined {
  const port = parse229(line)?.port;
  return port === undefined ? undefined : { address: serverHost, port };
}
