// How a replayed server answers PASV, EPSV, PORT and EPRT: in the recorded words where there are any, with the port that is open now.
import type { ServerDataPort } from '../../ends/server-data-port.js';
import { addressFamily, type Endpoint } from '../../protocol/endpoint.js';
import { formatPortArgument, LOWEST_UNPRIVILEGED_PORT, parse227, parse229, spliced } from '../../protocol/host-port.js';

/** Sets the port; `recorded` are the words that the recorded server had for it, if it had any. */
export async function announcementAnswer(
  port: ServerDataPort,
  { address }: Endpoint,
  verb: string,
  argument: string,
  recorded: string | null,
): Promise<string> {
  if (verb === 'PORT' || verb === 'EPRT') return namedAnswer(port, verb, argument, recorded);
  if (verb === 'EPSV' && /^ALL$/i.test(argument.trim())) return '200 EPSV ALL understood';
  if (verb !== 'EPSV' && addressFamily(address) !== 1) return '425 PASV has no words for IPv6, use EPSV';
  try {
    const open = await port.listen();
    if (verb === 'EPSV') return withPort(recorded, open) ?? `229 Entering Extended Passive Mode (|||${open}|)`;
    const own = formatPortArgument({ address, port: open });
    return withAddress(recorded, own) ?? `227 Entering Passive Mode (${own})`;
  } catch (error) {
    return `425 Cannot open a data port: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function namedAnswer(port: ServerDataPort, verb: string, argument: string, recorded: string | null): string {
  switch (port.name(verb, argument)) {
    case 'set':
      return recorded ?? `200 ${verb} command successful`;
    case 'malformed':
      return '501 That names no data port';
    case 'unknown-family':
      return '522 Network protocol not supported, use (1,2)';
    case 'other-family':
    case 'foreign':
      return '500 Data connections go to the client only';
    case 'privileged':
      return `500 Data ports below ${LOWEST_UNPRIVILEGED_PORT} are refused`;
  }
}

/** The recorded words, with the port that is open now. */
function withPort(recorded: string | null, port: number): string | null {
  const found = recorded === null ? null : parse229(recorded);
  return recorded === null || found === null ? null : spliced(recorded, found, `${port}`);
}

function withAddress(recorded: string | null, own: string): string | null {
  const found = recorded === null ? null : parse227(recorded);
  return recorded === null || found === null ? null : spliced(recorded, found, own);
}
