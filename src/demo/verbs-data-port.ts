// Where the next data connection is: PORT, PASV (RFC 959), EPRT, EPSV (RFC 2428).
// Part of the demo's strangers: imports nothing from the proxy (its own host-port forms are written here again).
import { isIPv4, isIPv6 } from 'node:net';
import { afterLogin, type Conversation, type Reply, reply, type VerbHandler, type VerbTable } from './conversation.js';
import { ActivePort, type Endpoint, PassivePort, plainHost } from './server-data.js';

/** Below lie services that a bounced data connection could harm (RFC 2577 section 3). */
const firstUnprivilegedPort = 1024;

/** `h1,h2,h3,h4,p1,p2`, or `null` when it is not that. */
export function parseHostPort(argument: string): Endpoint | null {
  if (!/^\d{1,3}(,\d{1,3}){5}$/.test(argument)) return null;
  const octets = argument.split(',').map(Number);
  const port = (octets[4] ?? 0) * 256 + (octets[5] ?? 0);
  if (octets.some((octet) => octet > 255) || port === 0) return null;
  return { host: octets.slice(0, 4).join('.'), port };
}

export type ExtendedPort = Endpoint | 'malformed' | 'other-protocol';

/** `|1|10.0.0.7|6446|` or `|2|fd00::7|6446|`, with any delimiter from ! to ~ (RFC 2428 section 2). */
export function parseExtendedPort(argument: string): ExtendedPort {
  const delimiter = argument[0] ?? '';
  const [before, protocol = '', host = '', port = '', after, ...rest] = argument.split(delimiter);
  const framed = /^[!-~]$/.test(delimiter) && before === '' && after === '' && rest.length === 0;
  if (!framed || !/^\d{1,5}$/.test(protocol) || !/^\d{1,5}$/.test(port)) return 'malformed';
  if (protocol !== '1' && protocol !== '2') return 'other-protocol';
  const valid = protocol === '1' ? isIPv4(host) : isIPv6(host);
  const number = Number(port);
  return valid && number > 0 && number <= 65_535 ? { host: plainHost(host), port: number } : 'malformed';
}

export function formatHostPort({ host, port }: Endpoint): string {
  return `${host.replaceAll('.', ',')},${port >> 8},${port & 0xff}`;
}

function port(conversation: Conversation, argument: string): Reply {
  const target = parseHostPort(argument.trim());
  return target === null ? reply(501, 'PORT h1,h2,h3,h4,p1,p2.') : useActive(conversation, target, 'PORT');
}

function eprt(conversation: Conversation, argument: string): Reply {
  const target = parseExtendedPort(argument.trim());
  if (target === 'malformed') return reply(501, 'EPRT |protocol|address|port|.');
  if (target === 'other-protocol' || protocolOf(target.host) !== protocolOf(conversation.local.host)) {
    return otherProtocol(conversation);
  }
  return useActive(conversation, target, 'EPRT');
}

/** A server that dials anyone for anyone is a weapon (RFC 2577 section 3); 504 is the reply that RFC suggests. */
function useActive({ service, state, local, remote }: Conversation, target: Endpoint, verb: string): Reply {
  if (!service.allowForeignPort && target.host !== remote.host)
    return reply(504, `${verb} to another host is refused.`);
  if (target.port < firstUnprivilegedPort) return reply(504, `${verb} below ${firstUnprivilegedPort} is refused.`);
  state.dataPort?.close();
  state.dataPort = new ActivePort(target, local.host, service.dataTimeoutMs);
  return reply(200, `${verb} taken.`);
}

async function pasv(conversation: Conversation): Promise<Reply> {
  const { service, local } = conversation;
  const host = service.passiveHost ?? local.host;
  if (!isIPv4(host)) return reply(425, 'PASV cannot name an IPv6 address; use EPSV.');
  const passive = await usePassive(conversation);
  if (passive === null) return noPort;
  return reply(227, `Entering Passive Mode (${formatHostPort({ host, port: passive.port })}).`);
}

async function epsv(conversation: Conversation, argument: string): Promise<Reply> {
  const wanted = argument.trim().toUpperCase();
  if (wanted === 'ALL') {
    conversation.state.extendedPassiveOnly = true;
    return reply(200, 'EPSV ALL: only EPSV from now on.');
  }
  if (!/^\d{0,5}$/.test(wanted)) return reply(501, 'EPSV [1|2|ALL].');
  if (wanted !== '' && wanted !== protocolOf(conversation.local.host)) return otherProtocol(conversation);
  const passive = await usePassive(conversation);
  return passive === null ? noPort : reply(229, `Entering Extended Passive Mode (|||${passive.port}|)`);
}

const noPort = reply(425, 'No port to listen on.');

async function usePassive({ service, state, local, remote }: Conversation): Promise<PassivePort | null> {
  state.dataPort?.close();
  state.dataPort = null;
  const passive = await PassivePort.listen(local.host, remote.host, service.dataTimeoutMs).catch(() => null);
  state.dataPort = passive;
  return passive;
}

/** RFC 2428 section 4: after EPSV ALL every other way to set up a data connection is refused. */
function unlessExtendedPassiveOnly(run: VerbHandler): VerbHandler {
  return (conversation, argument) =>
    conversation.state.extendedPassiveOnly ? reply(500, 'Refused after EPSV ALL.') : run(conversation, argument);
}

function otherProtocol({ local }: Conversation): Reply {
  return reply(522, `Network protocol not supported, use (${protocolOf(local.host)})`);
}

function protocolOf(host: string): '1' | '2' {
  return isIPv4(host) ? '1' : '2';
}

export const dataPortVerbs: VerbTable = {
  PORT: afterLogin('required', 'PORT h1,h2,h3,h4,p1,p2', unlessExtendedPassiveOnly(port)),
  EPRT: afterLogin('required', 'EPRT |protocol|address|port|', unlessExtendedPassiveOnly(eprt)),
  PASV: afterLogin('none', 'PASV', unlessExtendedPassiveOnly(pasv)),
  EPSV: afterLogin('optional', 'EPSV [1|2|ALL]', epsv),
};
