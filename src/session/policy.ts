// What the user lets a session do: bounds, timeouts, and how addresses of peers are judged. Plain data.

/**
 * What to do with a 227 that names another host than the server's: `ignore` the named host and use the server's,
 * `strict`ly refuse it, or `follow` it.
 */
export type PasvAddressPolicy = 'ignore' | 'strict' | 'follow';

export interface SessionPolicy {
  readonly pasvAddress: PasvAddressPolicy;
  readonly allowForeignPort: boolean;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly dataTimeoutMs: number;
  readonly maxLineBytes: number;
  readonly showSecrets: boolean;
}
