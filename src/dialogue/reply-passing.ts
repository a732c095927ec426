// What is reported of how a reply goes to the client: at once, held for a while, or never.

export interface ReplyPassing {
  /** Present when it did not go to the client at once: why. A `held-reply` says later what became of it. */
  readonly held?: HeldFor;
  /** The code of the server's reply in whose place the proxy says this. */
  readonly replaces?: number;
  /** Present when the proxy answers a command that it has relayed: the server may still have its say. */
  readonly relayed?: true;
  /** Present when the client gets nothing of it: the proxy asked, or has answered in the server's place. */
  readonly unheard?: true;
}

/**
 * What the proxy waits for before the client gets a reply:
 * - data: the end of the transfer's data;
 * - data-port: the data port that the reply announces;
 * - tls: the server's encryption, before the client gets the greeting;
 * - order: an earlier reply, which is held.
 */
export type HeldFor = 'data' | 'data-port' | 'tls' | 'order';

/**
 * Of a reply that was held: still `waiting` after a while, `delivered` to the client, `replaced` by a reply of the proxy, or
 * `dropped`, as the session ended.
 */
export type HeldReplyState = 'waiting' | 'delivered' | 'replaced' | 'dropped';
