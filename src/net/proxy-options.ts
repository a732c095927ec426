// Every option of a proxy, once: a row has its name, its kind of value (the type and the check) and its default. Times are in
// milliseconds, sizes in bytes. How the command line spells those of RELAY_OPTIONS stands in src/cli/options/relay-flags.ts.
import type { Observation } from '../dialogue/observation.js';
import type { PortRange } from '../ends/port-ranges.js';
import type { CertificateAndKey } from '../ends/tls/session-tls.js';
import type { Endpoint } from '../protocol/endpoint.js';
import { DEFAULT_MAX_LINE_BYTES } from '../protocol/line-splitter.js';
import { PROXY_PROTOCOL_VERSIONS } from '../protocol/proxy-protocol.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import {
  CLIENT_TLS_POLICIES,
  PASV_ADDRESS_POLICIES,
  SERVER_MODE_POLICIES,
  SERVER_TLS_POLICIES,
} from '../relay/policy.js';
import { DATA_HEADER_POLICIES } from './arrivals.js';
import { INTERCEPTION_METHODS } from './interception.js';
import type { PumpState } from './linux/kernel-pump.js';
import { LISTENER, onSides, SERVER } from './options/endpoint-values.js';
import {
  ADDRESS_RANGE,
  ADVERTISED_ADDRESS,
  CERTIFICATE,
  CERTIFICATE_AND_KEY,
  CERTIFICATE_NAME,
  COUNT,
  IP_ADDRESS,
  LINE_BYTES,
  MILLISECONDS,
  PAYLOAD_STORE,
  PORT,
  PORT_RANGE,
  SERVER_PATTERN,
  USER_NAME,
} from './options/ftp-values.js';
import { defaulted, type GivenOptions, optional, optionsOf, required } from './options/option-table.js';
import { functionKind, listOf, oneOf, SWITCH, type ValueKind } from './options/value-kinds.js';

export type TlsVersion = (typeof TLS_VERSIONS)[number];
const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

export const DEFAULT_LISTEN: Endpoint = { address: '127.0.0.1', port: 2121 };
export const DEFAULT_MAX_SESSIONS = 1000;

export type RecordingErrorPolicy = (typeof RECORDING_ERROR_POLICIES)[number];
export type PumpChoice = (typeof PUMPS)[number];
const PUMPS = ['auto', 'portable'] as const;

const RECORDING_ERROR_POLICIES = ['wait', 'exit'] as const;

/** How a proxy encrypts. */
export const TLS_OPTIONS = {
  /** TLS towards clients. */
  client: defaulted(oneOf(CLIENT_TLS_POLICIES), 'offer'),
  /** TLS towards the server. */
  server: defaulted(oneOf(SERVER_TLS_POLICIES), 'same'),
  /** Relay encrypted sessions unseen. */
  passthrough: defaulted(SWITCH, false),
  /**
   * The certificates to show to a client that wants one of these names, the first being the server's as the user named it:
   * one, or one for each kind of key. Called at most once a session.
   */
  certificatesFor: required(functionKind<(names: readonly string[]) => Promise<readonly CertificateAndKey[]>>()),
  /** Authorities, PEM, that may have signed the server's certificate. Default: those that Node trusts. */
  serverCa: optional(CERTIFICATE),
  /** Accept any certificate of the server. */
  insecure: defaulted(SWITCH, false),
  /** The name that every server's certificate must be for. Default: the address of each. */
  serverName: optional(CERTIFICATE_NAME),
  /** What to show a server that asks for a certificate. */
  clientCertificate: optional(CERTIFICATE_AND_KEY),
  /** Oldest version towards clients: `TLSv1` and `TLSv1.1` for old ones. Default: Node's, TLSv1.2. */
  clientMinVersion: optional(oneOf(TLS_VERSIONS)),
  /** Called with NSS key log lines of every connection. */
  onKeyLog: optional(functionKind<(line: Buffer) => void>()),
} as const;

const FORMER_TLS_OPTIONS = { upstreamCa: 'serverCa' };

/** How a proxy encrypts. */
export interface ProxyTlsOptions extends GivenOptions<typeof TLS_OPTIONS> {
  /** @deprecated Called `serverCa` now. */
  readonly upstreamCa?: string | undefined;
}

export const FORWARD_OPTIONS = {
  /**
   * Servers that clients may name: `ftp.example.com`, `*.example.com`, `10.0.0.0/8`, `*`, each with ports behind it (`:2121`,
   * `:21-2121`, `:*`) or for ports 21 and 990.
   */
  allow: required(listOf(SERVER_PATTERN)),
  /** Names with which clients log in to the proxy itself. They and their passwords go no further, and are not checked. */
  proxyUsers: defaulted(listOf(USER_NAME), []),
} as const;

/** Forward mode: each client names the server that it wants. */
export interface ForwardOptions extends GivenOptions<typeof FORWARD_OPTIONS> {}

/** What holds for every session alike. Each has a flag of `ftpscope proxy`. */
export const RELAY_OPTIONS = {
  /** Who listens for data connections towards the server. */
  serverMode: defaulted(oneOf(SERVER_MODE_POLICIES), 'same'),
  /** Ports for data connections, for both sides or for each. Default: chosen by the system. */
  dataPorts: optional(onSides<PortRange>(PORT_RANGE)),
  /**
   * Address given to peers that are to connect to the proxy, for both sides or for each: an IP address, a host name, or `@FILE`
   * whose first line holds either; looked up anew for every link. It is for peers of its family alone. Default: the local
   * address of their control connection.
   */
  advertise: optional(onSides(ADVERTISED_ADDRESS)),
  /** Source port of data connections to active clients; 20 is what some firewalls ask for. Default: any. */
  activeSourcePort: optional(PORT),
  /** Local address of connections to the server. Default: chosen by the system. */
  serverSourceAddress: optional(IP_ADDRESS),
  /** What to do with a 227 whose address is not the server's. */
  pasvAddress: defaulted(oneOf(PASV_ADDRESS_POLICIES), 'ignore'),
  /** Accept PORT and EPRT with a foreign address or a privileged port. */
  allowForeignPort: defaulted(SWITCH, false),
  /** Refuse (522) a client's TLS data connections that do not resume the session of its control connection, instead of reporting them. */
  requireDataResumption: defaulted(SWITCH, false),
  /**
   * Take connections that were meant for other servers, and relay each to where it was meant to go (Linux, with koffi).
   * `ftpscope rules` prints the kernel's rules for it.
   */
  transparent: optional(oneOf(INTERCEPTION_METHODS)),
  /** Let the server see the client's address; `tproxy` only. */
  spoofClient: defaulted(SWITCH, false),
  /**
   * Addresses and ranges (`10.0.0.0/8`) of load balancers: their connections must begin with a PROXY header (v1 or v2), which
   * says who the client is. Connections from other addresses are not searched for one. Default: none.
   */
  acceptProxyProtocolFrom: optional(listOf(ADDRESS_RANGE)),
  /**
   * Data connections from load balancers: a PROXY header in front of the data is `accept`ed, `require`d, or not looked for (`off`).
   * It is stripped, and the client that it names must be the session's.
   */
  dataProxyHeader: defaulted(oneOf(DATA_HEADER_POLICIES), 'accept'),
  /** Send the server the address of the client, in a PROXY header of this version. Default: no header. */
  sendProxyProtocol: optional(oneOf(PROXY_PROTOCOL_VERSIONS)),
  /** How long the server may take to accept a connection and to greet. */
  connectTimeoutMs: defaulted(MILLISECONDS, 30_000),
  /** How long a client may take to log in. */
  loginTimeoutMs: defaulted(MILLISECONDS, 2 * 60_000),
  /** How long a control connection may be silent while no transfer runs and the server owes no reply. */
  idleTimeoutMs: defaulted(MILLISECONDS, 15 * 60_000),
  /** How long the server may take for a reply, to hash a large file, say. Default: longer than any known client waits. */
  replyTimeoutMs: defaulted(MILLISECONDS, 2 * 60 * 60_000),
  /** How long a data connection may take to come, or be without a byte. */
  dataTimeoutMs: defaulted(MILLISECONDS, 5 * 60_000),
  /** Sessions at the same time; one more gets a 421. */
  maxSessions: defaulted(COUNT, DEFAULT_MAX_SESSIONS),
  /** Of these, sessions of one client (for IPv6: of one /64 network). Default: as many as there may be. */
  maxSessionsPerClient: optional(COUNT),
  /** Longest command line. A reply line may have 64 KiB, or this where it is more. */
  maxLineBytes: defaulted(LINE_BYTES, DEFAULT_MAX_LINE_BYTES),
  /**
   * When `observe` throws a RecordingError, or a payload cannot be kept: `wait` ends the sessions that it happens to, so that others go on
   * once recording works again; `exit` closes the proxy, as by `close()`.
   */
  onRecordingError: defaulted(oneOf(RECORDING_ERROR_POLICIES), 'wait'),
  /**
   * What carries large transfers that are neither encrypted nor kept: the kernel (splice) where it can (`auto`: Linux, with koffi), or
   * this process.
   */
  pump: defaulted(oneOf(PUMPS), 'auto'),
  /** Leave passwords in observations, instead of masking them. */
  showSecrets: defaulted(SWITCH, false),
} as const;

export const PROXY_OPTIONS = {
  /**
   * The FTP server to relay to. May be left out when every listener has one of its own, and in transparent and forward mode.
   */
  server: optional(SERVER),
  /** Where to listen for clients. */
  listen: defaulted(listOf(LISTENER), [DEFAULT_LISTEN]),
  /** Let each client name its server, in place of `server`. Not together with TLS `passthrough`. */
  forward: optional<ValueKind<ForwardOptions>>(optionsOf('an object { allow, proxyUsers }', FORWARD_OPTIONS)),
  /** Encryption. Default: none, AUTH is answered 502. */
  tls: optional<ValueKind<ProxyTlsOptions>>(
    optionsOf('an object { certificatesFor, ... }', TLS_OPTIONS, { formerly: FORMER_TLS_OPTIONS }),
  ),
  ...RELAY_OPTIONS,
  /** Keeps the bytes of every transfer. Default: they are not kept. */
  payloads: optional(PAYLOAD_STORE),
  /**
   * Called with every observation, in order, before what it reports is relayed. When it throws, the observed session is
   * ended: nothing passes unseen.
   */
  observe: optional(functionKind<(observation: Observation) => void>()),
  /** Whether `observe` is called with findings, too: what diagnosis concludes from the observations. */
  findings: defaulted(SWITCH, true),
  /**
   * Called with faults of the proxy itself, and when it can no longer record: the session is ended, the others live on. Called without
   * a session, with an `OutOfDescriptors`, when the process can open no more connections.
   */
  onFault: optional(functionKind<(fault: ProxyFault) => void>()),
} as const;

export const FORMER_PROXY_OPTIONS = { upstream: 'server', bindUpstream: 'serverSourceAddress' };

export interface ProxyOptions extends GivenOptions<typeof PROXY_OPTIONS> {
  /** @deprecated Called `server` now. */
  readonly upstream?: FtpEndpoint | undefined;
  /** @deprecated Called `serverSourceAddress` now. */
  readonly bindUpstream?: string | undefined;
}

/** A fault of ours, in one session or in none. */
export interface ProxyFault {
  readonly session: number | null;
  readonly error: unknown;
}

/** A running proxy. */
export interface RunningProxy {
  /** Where it listens, with the real ports, in the order asked for. */
  readonly addresses: readonly Endpoint[];
  /** Number of sessions that are open now. */
  readonly sessionCount: number;
  /** Health checks of load balancers (PROXY LOCAL or UNKNOWN) that were answered so far. They are no sessions. */
  readonly healthChecks: number;
  /** What carries large plain transfers, and why not the kernel, if so. */
  pumpState(): Promise<PumpState>;
  /** Ends a session with a word to the client; nothing happens when there is none of that number. */
  endSession(session: number): void;
  /** Ends a transfer that runs; nothing happens when there is none of that number. */
  endTransfer(session: number, link: number): void;
  /** Ends every session and listener; resolves when nothing is left open. */
  close(): Promise<void>;
}
