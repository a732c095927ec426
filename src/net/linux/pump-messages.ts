// What the proxy and a thread of the kernel pump say to each other.

/** One stream of bytes. The thread uses these descriptors until it says that it is done; they are the proxy's to close. */
export interface Stream {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly readEnd: number;
  readonly writeEnd: number;
  /** A BigInt64Array: bytes that were taken from the sender, and bytes that the receiver's socket has. */
  readonly counts: SharedArrayBuffer;
}

export const TAKEN = 0;
export const HANDED = 1;

export type ToThread =
  | { readonly kind: 'carry'; readonly stream: Stream }
  /** Leave the stream as it is, and say that it is done. */
  | { readonly kind: 'leave'; readonly number: number }
  | { readonly kind: 'exit' };

/** A socket that failed; `errno` as Node has it, negative. */
export interface Failed {
  readonly end: 'from' | 'to';
  readonly errno: number;
}

export type FromThread =
  | { readonly kind: 'ready' }
  /** It cannot do its work on this machine. */
  | { readonly kind: 'unable' }
  /** No descriptor of the stream is used any more. Without `failed`: the sender has ended, or the proxy asked for it. */
  | { readonly kind: 'done'; readonly number: number; readonly failed: Failed | null };

export interface ThreadStart {
  readonly poller: number;
  readonly bell: number;
}
