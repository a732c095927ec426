// The data port that a control line announces, and the same line with another one in it. Lines are changed only where they
// would name an end that the exported data connection does not have.
import { addressFamily, type Endpoint, sameAddress } from '../../protocol/endpoint.js';
import {
  formatEprtArgument,
  formatPortArgument,
  parse227,
  parse229,
  parseNamedPort,
  spliced,
} from '../../protocol/host-port.js';

/** The line of a PORT or EPRT command, naming that port; as it is when it names it already. */
export function commandNaming(line: string, verb: string, argument: string, port: Endpoint): string {
  const said = parseNamedPort(verb, argument);
  if (said !== null && said !== 'unknownFamily' && names(said, port)) return line;
  // PORT has no room for an IPv6 address.
  if (verb === 'PORT' && addressFamily(port.address) === 1) return `${line.slice(0, 4)} ${formatPortArgument(port)}`;
  return `${verb === 'EPRT' ? line.slice(0, 4) : 'EPRT'} ${formatEprtArgument(port)}`;
}

/** The lines of a reply to PASV or EPSV, naming that port; as they are when they name it already, or no port that can be read. */
export function repliesNaming(lines: readonly string[], port: Endpoint): readonly string[] {
  return lines.map((line) => {
    const full = parse227(line);
    if (full !== null) {
      return names(full.endpoint, port) ? line : spliced(line, full, formatPortArgument(port));
    }
    const found = parse229(line);
    return found === null ? line : spliced(line, found, `${port.port}`);
  });
}

function names(said: Endpoint, port: Endpoint): boolean {
  return said.port === port.port && sameAddress(said.address, port.address);
}
