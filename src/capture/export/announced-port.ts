// Control lines made to name the data port that the exported connection has. They change only where they would name another.
import { announcedPort, announcingAnother, lineNaming, namedPort } from '../../dialogue/announced-port.js';
import { type Endpoint, sameAddress } from '../../protocol/endpoint.js';

/** The line of a PORT or EPRT command, naming that port; as it is when it names it already. */
export function commandNaming(line: string, verb: string, argument: string, port: Endpoint): string {
  const named = namedPort(verb, argument, '');
  return named.kind === 'port' && isSame(named.endpoint, port) ? line : lineNaming({ verb, argument, line }, port);
}

/** The lines of a reply to PASV or EPSV, naming that port; as they are when they name it already, or no port that can be read. */
export function repliesNaming(lines: readonly string[], port: Endpoint): readonly string[] {
  const code = Number(lines[0]?.slice(0, 3));
  const found = announcedPort({ code, lines }, '227', port.address);
  return found === null || isSame(found.announced, port) ? lines : announcingAnother(lines, port);
}

function isSame(said: Endpoint, port: Endpoint): boolean {
  return said.port === port.port && sameAddress(said.address, port.address);
}
