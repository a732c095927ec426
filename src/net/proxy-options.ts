// What a proxy can be told, and what it does when told nothing. Times in milliseconds, sizes in bytes.

import type { Observation } from '../dialogue/observation.js';
import type { PayloadStore } from '../dialogue/payload-sink.js';
import type { PortRange } from '../ends/data-port.js';
import type { CertificateAndKey } from '../ends/tls/session-tls.js';
import type { Endpoint } from '../protocol/endpoint.js';
import type { ProxyProtocolVersion } from '../protocol/proxy-protocol.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import type { ClientTlsPolicy, PasvAddressPolicy, ServerModePolicy, ServerTlsPolicy } from '../relay/policy.js';
import type { InterceptionMethod } from './interception.js';

/** What may differ between the clients' side and the server's. */
export interface PerSide<T> {
  readonly client?: T;
  readonly server?: T;
}

/** Where clients connect, and to which server they are relayed. */
export interface FtpListener extends FtpEndpoint {
  /** The server of this listener's clients. Default: the proxy's `upstream`. */
  readonly to?: FtpEndpoint;
}

export type TlsVersion = (typeof TLS_VERSIONS)[number];
export const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** How a proxy encrypts. */
export interface ProxyTlsOptions {
  /** TLS towards clients. Default: `offer`. */
  readonly client?: ClientTlsPolicy;
  /** TLS towards the server. Default: `same`. */
  readonly server?: ServerTlsPolicy;
  /** Relay encrypted sessions unseen. Default: false. */
  readonly passthrough?: boolean;
  /**
   * The certificates to show to a client that wants one of these names, the first being the server's as the user named it:
   * one, or one for each kind of key. Asked at most once a session.
   */
  readonly certificatesFor: (names: readonly string[]) => Promise<readonly CertificateAndKey[]>;
  /** Authorities, PEM, that may have signed the server's certificate. Default: those that Node trusts. */
  readonly upstreamCa?: string;
  /** Take whatever certificate the server shows. Default: false. */
  readonly insecure?: boolean;
  /** The name that every server's certificate must be for. Default: the address of each. */
  readonly serverName?: string;
  /** What to show a server that asks for a certificate. */
  readonly clientCertificate?: CertificateAndKey;
  /** Oldest version towards clients: `TLSv1` and `TLSv1.1` for old ones. Default: Node's, TLSv1.2. */
  readonly clientMinVersion?: TlsVersion;
  /** Called with NSS key log lines of every connection. */
  readonly onKeyLog?: (line: Buffer) => void;
}

/** Forward mode: each client names the server that it wants. */
export interface ForwardOptions {
  /**
   * Servers that clients may have: `ftp.example.com`, `*.example.com`, `10.0.0.0/8`, `*`, each with ports behind it (`:2121`,
   * `:21-2121`, `:*`) or for ports 21 and 990.
   */
  readonly allow: readonly string[];
  /** Names with which clients log in to the proxy itself. They and their passwords go no further, and nobody is checked. */
  readonly proxyUsers?: readonly string[];
}

export interface ProxyOptions {
  /**
   * The FTP server to relay to. The address may be a host name. May be left out when every listener has one of its own, and
   * when `transparent`.
   */
  readonly upstream?: FtpEndpoint;
  /**
   * Take connections that were meant for other servers, and relay each to where it was meant to go (Linux, with koffi).
   * `ftpscope rules` prints what the kernel has to be told.
   */
  readonly transparent?: InterceptionMethod;
  /** Let each client name its server, in place of `upstream`. Not together with TLS `passthrough`. */
  readonly forward?: ForwardOptions;
  /** Let the server see the client's address; `tproxy` only. Default: false. */
  readonly spoofClient?: boolean;
  /** Where to listen for clients. Port 0 takes any free port. Default: 127.0.0.1:2121. */
  readonly listen?: readonly FtpListener[];
  /**
   * Addresses and ranges (`10.0.0.0/8`) of load balancers: their connections must begin with a PROXY header (v1 or v2), which
   * tells who the client is. Others' are not looked into. Default: none.
   */
  readonly acceptProxyProtocolFrom?: readonly string[];
  /** Tell the server who the client is, in a PROXY header of this version. Default: no header. */
  readonly sendProxyProtocol?: ProxyProtocolVersion;
  /** Encryption. Default: none, AUTH is answered 502. */
  readonly tls?: ProxyTlsOptions;
  /** Ports for data connections, for both sides or for each. Default: whatever the system gives. */
  readonly dataPorts?: PortRange | PerSide<PortRange>;
  /**
   * Address told to peers that are to connect to the proxy, for both sides or for each: an IP address, a host name, or `@FILE`
   * whose first line holds either; looked up anew for every link. It is for peers of its family alone. Default: the local
   * address of their control connection.
   */
  readonly advertise?: string | PerSide<string>;
  /** Source port of data connections to active clients; 20 is what some firewalls ask for. Default: any. */
  readonly activeSourcePort?: number;
  /** Local address of connections to the server. Default: the system's choice. */
  readonly bindUpstream?: string;
  /** What to do with a 227 whose address is not the server's. Default: `ignore` it and use the server's. */
  readonly pasvAddress?: PasvAddressPolicy;
  /** Who listens for data connections towards the server. Default: the `same` side as towards the client. */
  readonly serverMode?: ServerModePolicy;
  /** Accept PORT and EPRT with a foreign address or a privileged port. Default: false. */
  readonly allowForeignPort?: boolean;
  /** How long the server may take to accept a connection and to greet. Default: 30 s. */
  readonly connectTimeoutMs?: number;
  /** How long a control connection may be silent while no transfer runs. Default: 15 min. */
  readonly idleTimeoutMs?: number;
  /** How long a data connection may take to come, or be without a byte. Default: 5 min. */
  readonly dataTimeoutMs?: number;
  /** Sessions at the same time; one more is turned away with 421. Default: 1000. */
  readonly maxSessions?: number;
  /** Longest control line. Default: 16 KiB. */
  readonly maxLineBytes?: number;
  /** Leave passwords in observations as they are. Default: false, they are masked. */
  readonly showSecrets?: boolean;
  /** Keeps the bytes of every transfer. Default: they are not kept. */
  readonly payloads?: PayloadStore;
  /**
   * Called with every observation, in order, before what it tells of is relayed. When it throws, the session that is
   * observed is ended: nothing goes by unseen.
   */
  readonly observe?: (observation: Observation) => void;
  /** Called with faults of the proxy itself, and when it can no longer record. The session is ended, the others live on. */
  readonly onFault?: (fault: ProxyFault) => void;
}

/** A fault of ours in one session. */
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
  /** Ends a session with a word to the client; nothing happens when there is none of that number. */
  endSession(session: number): void;
  /** Ends a transfer that runs; nothing happens when there is none of that number. */
  endTransfer(session: number, link: number): void;
  /** Ends every session and listener; resolves when nothing is left open. */
  close(): Promise<void>;
}

export const DEFAULT_LISTEN: Endpoint = { address: '127.0.0.1', port: 2121 };
export const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;
export const DEFAULT_IDLE_TIMEOUT_MS = 900_000;
export const DEFAULT_DATA_TIMEOUT_MS = 300_000;
export const DEFAULT_MAX_SESSIONS = 1000;
