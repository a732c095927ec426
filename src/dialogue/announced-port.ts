// Where a data connection is to go, as one side announces it to the other: the only reader of announced ports.
//
// FTP has two directions and two generations of words for it:
//
//   the client listens   PORT h1,h2,h3,h4,p1,p2 (RFC 959)   EPRT |family|address|port| (RFC 2428)
//   the server listens   227 ... h1,h2,h3,h4,p1,p2          229 ... (|||port|)
//
// Servers are not exact about the second row. A reply may have several lines, with the port in any of them. EPSV is answered with a
// 227, PASV with a 229, and either with a 200. So the reply's code decides which form is looked for first, then the verb that was
// asked, then the other form. A 229 names no host: it is the host of the control connection, as RFC 2428 section 3 demands even
// where a server fills one in. The unspecified address (0.0.0.0, ::) means the peer that says it: lftp uses it in EPRT.
//
// Nothing is decided here. Whether a foreign or privileged port is refused, ignored or followed is the relay's business.
import { type Endpoint, sameAddress } from '../protocol/endpoint.js';
import {
  formatEprtArgument,
  formatPortArgument,
  parse227,
  parse229,
  parseEprtArgument,
  parseOddEprtArgument,
  parsePortArgument,
  withOtherPort227,
  withOtherPort229,
} from '../protocol/host-port.js';
import { verbFacts } from '../protocol/verbs.js';

/** The two forms in which a server announces its port. */
export type PassiveForm = '227' | '229';

/** A data port of the server's, as its reply announces it. */
export interface AnnouncedPort {
  readonly form: PassiveForm;
  /** As the server said it. */
  readonly announced: Endpoint;
  /** The same port on the server's own host. */
  readonly atServer: Endpoint;
  /** Whether another host was named than the server's own. */
  readonly foreign: boolean;
}

/** A reply, as far as it matters here. */
interface ReplyWords {
  readonly code: number;
  /** Without line ends. */
  readonly lines: readonly string[];
}

/** `EPSV ALL` asks for no port: it promises that only EPSV will be used from now on (RFC 2428 section 4). */
export function isEpsvAll({ verb, argument }: { readonly verb: string; readonly argument: string }): boolean {
  return verb === 'EPSV' && argument.trim().toUpperCase() === 'ALL';
}

/** The form in which a command asks the server for a port; null when it does not. */
export function formAskedFor(command: { readonly verb: string; readonly argument: string }): PassiveForm | null {
  const announces = verbFacts(command.verb)?.announces;
  return (announces === '227' || announces === '229') && !isEpsvAll(command) ? announces : null;
}

/** The port that a reply announces when it was asked for in the form `asked`; null when no line holds one that can be read. */
export function announcedPort(reply: ReplyWords, asked: PassiveForm, serverHost: string): AnnouncedPort | null {
  const expected = reply.code === 227 || reply.code === 229 ? (`${reply.code}` as const) : asked;
  const forms: readonly PassiveForm[] = expected === '227' ? ['227', '229'] : ['229', '227'];
  for (const form of forms) {
    for (const line of reply.lines) {
      const found = announcedInLine(line, form, serverHost);
      if (found !== null) return found;
    }
  }
  return null;
}

function announcedInLine(line: string, form: PassiveForm, serverHost: string): AnnouncedPort | null {
  const announced = form === '227' ? parse227(line)?.endpoint : endpointOf229(line, serverHost);
  if (announced === undefined) return null;
  const foreign = !isUnspecified(announced.address) && !sameAddress(announced.address, serverHost);
  return { form, announced, atServer: { address: serverHost, port: announced.port }, foreign };
}

function endpointOf229(line: string, serverHost: string): Endpoint | undefined {
  const port = parse229(line)?.port;
  return port === undefined ? undefined : { address: serverHost, port };
}

/**
 * A reply's lines with another port in the place of every one that they announce: a client may read any of them. Nothing else
 * changes, but for an address that a server filled into a 229: it is taken out, as clients might follow it.
 */
export function announcingAnother(lines: readonly string[], port: Endpoint): readonly string[] {
  // A 227 has no room for an IPv6 address; the unspecified one means the peer itself.
  const inNumbers = port.address.includes(':') ? { address: '0.0.0.0', port: port.port } : port;
  return lines.map((line) => withOtherPort229(withOtherPort227(line, inNumbers), port.port));
}

/** Whether a reply's line by itself announces a port, whatever was asked: it has the code of such a reply, and a port in it. */
export function isAnnouncement(line: string): boolean {
  const code = /^22[79](?=\D|$)/.exec(line)?.[0];
  return code !== undefined && (parse227(line) ?? parse229(line)) !== null;
}

/** What a PORT or EPRT names: a port, nothing that can be read, or an address family that RFC 2428 does not have (522). */
export type NamedPort =
  | { readonly kind: 'port'; readonly endpoint: Endpoint }
  /** `endpoint` is what it looks like to a server that does not look at families. */
  | { readonly kind: 'malformed' | 'unknown-family'; readonly endpoint: Endpoint | null };

/** Reads the argument of PORT or EPRT. `clientHost` is meant where the client names the unspecified address. */
export function namedPort(verb: string, argument: string, clientHost: string): NamedPort {
  const named = verb === 'PORT' ? parsePortArgument(argument) : parseEprtArgument(argument);
  const atClient = ({ address, port }: Endpoint) => ({ address: isUnspecified(address) ? clientHost : address, port });
  if (named !== null && named !== 'unknownFamily') return { kind: 'port', endpoint: atClient(named) };
  const odd = verb === 'EPRT' ? parseOddEprtArgument(argument) : null;
  return { kind: named === null ? 'malformed' : 'unknown-family', endpoint: odd && atClient(odd.endpoint) };
}

/** A PORT or EPRT line that names `port` in whichever of the two can hold it; what stands before the argument stays where it can. */
export function lineNaming(
  command: { readonly verb: string; readonly argument: string; readonly line: string },
  port: Endpoint,
): string {
  const verb = command.verb === 'PORT' && !port.address.includes(':') ? 'PORT' : 'EPRT';
  const before = command.line.slice(0, command.line.length - command.argument.length);
  const odd = command.verb === 'EPRT' ? parseOddEprtArgument(command.argument) : null;
  const named = verb === 'PORT' ? formatPortArgument(port) : formatEprtArgument(port, odd?.family);
  return command.verb === verb ? before + named : `${verb} ${named}`;
}

/** What makes a client's port one that a server should not connect to (the bounce attack, RFC 2577 sections 3 and 8). */
export type PortFault = 'foreign-address' | 'privileged-port';

/** Services listen below it: nobody's data port is there (RFC 2577 section 3). */
export const LOWEST_UNPRIVILEGED_PORT = 1024;

/** `hosts` are those that the client's data connections may go to. */
export function faultOfPort({ address, port }: Endpoint, hosts: readonly string[]): PortFault | null {
  if (!hosts.some((host) => sameAddress(host, address))) return 'foreign-address';
  return port < LOWEST_UNPRIVILEGED_PORT ? 'privileged-port' : null;
}

function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
