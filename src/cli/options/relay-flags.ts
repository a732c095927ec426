// How the command line spells the options of RELAY_OPTIONS: the flag of each, its help, and how its value is written. Types,
// defaults, choices and checks are those of RELAY_OPTIONS.
import type { Command, Option } from 'commander';
import { ADDRESS_RANGE } from '../../net/options/ftp-values.js';
import { type OptionRow, type SettledOptions, settle } from '../../net/options/option-table.js';
import { isChoiceKind } from '../../net/options/value-kinds.js';
import { RELAY_OPTIONS } from '../../net/proxy-options.js';
import { appended, merged, option, parsed } from './options.js';
import { forSides } from './per-side-values.js';
import {
  durationText,
  optionText,
  parseAddress,
  parseAdvertised,
  parseCount,
  parseDuration,
  parseLineSize,
  parsePortRange,
  parseSourcePort,
  sizeText,
} from './values.js';

type RelayOptionName = keyof typeof RELAY_OPTIONS;

export interface RelaySettings extends SettledOptions<typeof RELAY_OPTIONS> {}

interface RelayFlag {
  readonly flags: string;
  readonly description: string;
  /** Makes a parser, which may collect several values. Without one it is a switch, or takes one of the option's choices. */
  readonly parser?: () => (text: string, previous: unknown) => unknown;
  /** The default in the help. */
  readonly show?: (byDefault: number) => string;
  /** The attribute of an option that contradicts this one. */
  readonly conflicts?: string;
}

/** In the order of the help. */
const RELAY_FLAGS: Readonly<Record<RelayOptionName, RelayFlag>> = {
  serverMode: {
    flags: '--server-mode <mode>',
    description: 'data connections to the server: as the client asks, or another mode',
  },
  dataPorts: {
    flags: '--data-ports <from-to>',
    description: 'ports for data connections; or client=FROM-TO, server=FROM-TO',
    parser: () => merged(forSides(parsePortRange)),
  },
  advertise: {
    flags: '--advertise <address>',
    description: 'address that peers are given for data connections: IP, host name or @FILE; or client=..., server=...',
    parser: () => merged(forSides(parseAdvertised)),
  },
  activeSourcePort: {
    flags: '--active-source-port <port>',
    description: 'source port of data connections to active clients',
    parser: () => parsed(parseSourcePort),
  },
  serverSourceAddress: {
    flags: '--server-source-address <address>',
    description: 'local address of connections to the server',
    parser: () => parsed(parseAddress),
  },
  pasvAddress: {
    flags: '--pasv-address <policy>',
    description: "a 227 that names another host than the server's: use the server's, refuse, or follow",
  },
  allowForeignPort: {
    flags: '--allow-foreign-port',
    description: 'accept PORT and EPRT to other hosts and to ports below 1024',
  },
  requireDataResumption: {
    flags: '--require-data-resumption',
    description:
      'refuse (522) TLS data connections of clients that do not resume the session of the control connection',
  },
  transparent: {
    flags: '--transparent <method>',
    description: 'take connections meant for other servers, by the rules that `ftpscope rules` prints (Linux)',
  },
  spoofClient: {
    flags: '--spoof-client',
    description: "connect to the server from the client's own address (tproxy)",
    conflicts: 'serverSourceAddress',
  },
  acceptProxyProtocolFrom: {
    flags: '--accept-proxy-protocol <from>',
    description: 'addresses (CIDR) of load balancers that name the client in a PROXY header (v1, v2)',
    parser: () => appended(optionText(ADDRESS_RANGE)),
  },
  dataProxyHeader: {
    flags: '--data-proxy-header <policy>',
    description: 'PROXY headers on data connections from these load balancers: strip, require, or do not expect them',
  },
  sendProxyProtocol: {
    flags: '--send-proxy-protocol <version>',
    description: 'send the server the address of the client, in a PROXY header',
  },
  connectTimeoutMs: {
    flags: '--connect-timeout <time>',
    description: 'for the server to accept and to greet',
    parser: () => parsed(parseDuration),
    show: durationText,
  },
  loginTimeoutMs: {
    flags: '--login-timeout <time>',
    description: 'for the client to log in',
    parser: () => parsed(parseDuration),
    show: durationText,
  },
  idleTimeoutMs: {
    flags: '--idle-timeout <time>',
    description: 'without a command, while no transfer runs and no reply is due',
    parser: () => parsed(parseDuration),
    show: durationText,
  },
  replyTimeoutMs: {
    flags: '--reply-timeout <time>',
    description: 'for the server to answer a command',
    parser: () => parsed(parseDuration),
    show: durationText,
  },
  dataTimeoutMs: {
    flags: '--data-timeout <time>',
    description: 'without a byte on a data connection',
    parser: () => parsed(parseDuration),
    show: durationText,
  },
  maxSessions: {
    flags: '--max-sessions <count>',
    description: 'sessions at the same time',
    parser: () => parsed(parseCount),
  },
  maxSessionsPerClient: {
    flags: '--max-sessions-per-client <count>',
    description: 'of these, of one address (IPv6: of one /64)',
    parser: () => parsed(parseCount),
  },
  maxLineBytes: {
    flags: '--max-line <size>',
    description: 'longest command line; a reply line may have 64KiB or as much',
    parser: () => parsed(parseLineSize),
    show: sizeText,
  },
  onRecordingError: {
    flags: '--on-recording-error <what>',
    description: 'when -w or --payloads cannot be written: end those sessions and wait for room, or exit (status 1)',
  },
  pump: {
    flags: '--pump <which>',
    description: 'what carries large plain transfers: the kernel where it can (Linux, with koffi), or this process',
  },
  showSecrets: {
    flags: '--show-secrets',
    description: 'do not mask passwords, neither shown nor written',
  },
};

export function addRelayFlags(command: Command): void {
  for (const name of relayOptionNames()) command.addOption(relayFlag(name));
}

/** The flag of one option, for a command that has not all of them. */
export function relayFlag(name: RelayOptionName, description = RELAY_FLAGS[name].description): Option {
  const { flags, parser, show, conflicts } = RELAY_FLAGS[name];
  const row: OptionRow = RELAY_OPTIONS[name];
  const flag = option(flags, description);
  if (isChoiceKind(row.value)) flag.choices(row.value.choices);
  if (parser !== undefined) flag.argParser(parser());
  if (conflicts !== undefined) flag.conflicts(conflicts);
  const byDefault = row.kind === 'defaulted' ? row.byDefault : undefined;
  // A switch that is off goes without saying.
  if (byDefault === undefined || byDefault === false) return flag;
  return flag.default(byDefault, typeof byDefault === 'number' ? show?.(byDefault) : undefined);
}

/** The options as a command was given them; one without a flag there has its default. */
export function relaySettings(command: Command): RelaySettings {
  const values = relayOptionNames().map((name) => [name, command.getOptionValue(attributeOf(name))]);
  return settle(RELAY_OPTIONS, Object.fromEntries(values));
}

/** The name that commander keeps its value under. */
function attributeOf(name: RelayOptionName): string {
  return option(RELAY_FLAGS[name].flags, '').attributeName();
}

function relayOptionNames(): RelayOptionName[] {
  return Object.keys(RELAY_FLAGS) as RelayOptionName[];
}
