// How a replayed server answers PASV, EPSV, PORT and EPRT: in the recorded words where there are any, with the port that is open now.
// A recording can come from anyone, so an address in it is never served.
import {
  announcedPort,
  announcingAnother,
  formAskedFor,
  isEpsvAll,
  LOWEST_UNPRIVILEGED_PORT,
} from '../../dialogue/announced-port.js';
import type { ServerDataPort } from '../../ends/server-data-port.js';
import { addressFamily, type Endpoint } from '../../protocol/endpoint.js';
import { formatPortArgument } from '../../protocol/host-port.js';

interface Asked {
  readonly verb: string;
  readonly argument: string;
}

/** The recorded server's own words. */
interface RecordedWords {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Sets the port, and gives the lines to answer with. */
export async function announcementAnswer(
  port: ServerDataPort,
  { address }: Endpoint,
  asked: Asked,
  recorded: RecordedWords | null,
): Promise<readonly string[]> {
  const { verb } = asked;
  if (verb === 'PORT' || verb === 'EPRT') return namedAnswer(port, asked, recorded);
  if (isEpsvAll(asked)) return ['200 EPSV ALL understood'];
  if (verb !== 'EPSV' && addressFamily(address) !== 1) return ['425 PASV has no words for IPv6, use EPSV'];
  try {
    return passiveAnswer({ address, port: await port.listen() }, asked, recorded);
  } catch (error) {
    return [`425 Cannot open a data port: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** In the recorded words where they can hold the port. */
function passiveAnswer(own: Endpoint, asked: Asked, recorded: RecordedWords | null): readonly string[] {
  const form = formAskedFor(asked) ?? '227';
  const found = recorded && announcedPort(recorded, form, own.address);
  if (recorded !== null && found !== null && (found.form === '229' || addressFamily(own.address) === 1)) {
    return announcingAnother(recorded.lines, own);
  }
  if (form === '229') return [`229 Entering Extended Passive Mode (|||${own.port}|)`];
  return [`227 Entering Passive Mode (${formatPortArgument(own)})`];
}

function namedAnswer(
  port: ServerDataPort,
  { verb, argument }: Asked,
  recorded: RecordedWords | null,
): readonly string[] {
  switch (port.name(verb, argument)) {
    case 'set':
      return recorded?.lines ?? [`200 ${verb} command successful`];
    case 'malformed':
      return ['501 That names no data port'];
    case 'unknown-family':
      return ['522 Network protocol not supported, use (1,2)'];
    case 'other-family':
    case 'foreign-address':
      return ['500 Data connections go to the client only'];
    case 'privileged-port':
      return [`500 Data ports below ${LOWEST_UNPRIVILEGED_PORT} are refused`];
  }
}
