// What the user lets a session do: bounds, timeouts, and how addresses of peers are judged. Plain data.

/**
 * What to do with a 227 that names another host than the server's: `ignore` the named host and use the server's,
 * `strict`ly refuse it, or `follow` it.
 */
export type PasvAddressPolicy = (typeof PASV_ADDRESS_POLICIES)[number];
export const PASV_ADDRESS_POLICIES = ['ignore', 'strict', 'follow'] as const;

/**
 * TLS on the client's leg: `offer` it, `require` it (a login in the clear is refused), or keep it `off`.
 */
export type ClientTlsPolicy = (typeof CLIENT_TLS_POLICIES)[number];
export const CLIENT_TLS_POLICIES = ['offer', 'require', 'off'] as const;

/**
 * TLS on the server's leg: the `same` as the client asks for, `require` it whatever the client does, keep it `off`, or
 * `auto`: take it where the server has it.
 */
export type ServerTlsPolicy = (typeof SERVER_TLS_POLICIES)[number];
export const SERVER_TLS_POLICIES = ['same', 'require', 'off', 'auto'] as const;

/** How far a session may be encrypted, and by whom. */
export interface TlsPolicy {
  readonly client: ClientTlsPolicy;
  readonly server: ServerTlsPolicy;
  /** The client's control connection is TLS from its first byte. */
  readonly clientImplicit: boolean;
  /** The server's control connection is TLS from its first byte. */
  readonly serverImplicit: boolean;
  /** Relay the encrypted session as it is, unseen, once the server has agreed to encrypt. */
  readonly passthrough: boolean;
}

/** No TLS anywhere. */
export const NO_TLS: TlsPolicy = {
  client: 'off',
  server: 'off',
  clientImplicit: false,
  serverImplicit: false,
  passthrough: false,
};

/**
 * Who listens for data connections towards the server: the `same` side as towards the client, the server (`passive`), the proxy
 * (`active`), or whatever the server has to offer (`auto`).
 */
export type ServerModePolicy = (typeof SERVER_MODE_POLICIES)[number];
export const SERVER_MODE_POLICIES = ['same', 'passive', 'active', 'auto'] as const;

/** What holds where clients name their servers (forward mode). */
export interface ForwardPolicy {
  /** Names with which clients log in to the proxy itself: that and the password with it go no further. */
  readonly proxyUsers: readonly string[];
}

export interface SessionPolicy {
  /** Null where the server is known from the start. */
  readonly forward: ForwardPolicy | null;
  readonly serverMode: ServerModePolicy;
  readonly tls: TlsPolicy;
  readonly pasvAddress: PasvAddressPolicy;
  readonly allowForeignPort: boolean;
  /** The client's encrypted data connections must resume the TLS session of its control connection. */
  readonly requireDataResumption: boolean;
  readonly connectTimeoutMs: number;
  readonly loginTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly replyTimeoutMs: number;
  readonly dataTimeoutMs: number;
  readonly maxLineBytes: number;
  readonly showSecrets: boolean;
  /** Stands in refusals, and is this proxy's alone: a server that greets with it has led back to us, over however many hops. */
  readonly refusalMark: string;
}
