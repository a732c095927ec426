// Reads the PROXY header that a connection begins with, and nothing behind it: what follows stays in the socket, unread.
import type { Socket } from 'node:net';
import { watchArrivals } from '../ends/arriving-bytes.js';
import { type ProxyHeader, parseProxyHeader, startsProxyHeader } from '../protocol/proxy-protocol.js';
import { systemReason } from '../protocol/system-errors.js';

type CompleteHeader = Extract<ProxyHeader, { readonly kind: 'complete' }>;

/** What a connection begins with. */
export type Beginning =
  | CompleteHeader
  /** Bytes of its own, or none within `graceMs`. */
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly reason: string };

export interface HeaderWait {
  /** For a header to be complete. */
  readonly timeoutMs: number;
  /** For the first bytes, where the connection may also go without a header; null where it may not. */
  readonly graceMs: number | null;
}

/** So many bytes of a connection's own tell themselves from a header's beginning. */
const TELLING_BYTES = 14;

/** Takes a paused connection, and calls back once with it paused; not at all for a connection that we close ourselves. */
export function readHeader(
  socket: Socket,
  { timeoutMs, graceMs }: HeaderWait,
  done: (beginning: Beginning) => void,
): void {
  let bytes = Buffer.alloc(0);
  const settle = (beginning: Beginning) => {
    stop();
    if (beginning.kind === 'complete') socket.read(beginning.length);
    done(beginning);
  };
  const refuse = (reason: string) => settle({ kind: 'refused', reason: `no valid PROXY header: ${reason}` });
  // What has begun as nothing but a header does is never taken for the connection's own bytes.
  const without = (reason: string) =>
    graceMs !== null && !startsProxyHeader(bytes) ? settle({ kind: 'none' }) : refuse(reason);
  const take = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    const header = parseProxyHeader(bytes);
    if (header.kind === 'complete') settle(header);
    else if (header.kind === 'malformed') without(header.reason);
    else if (graceMs !== null && bytes.length >= TELLING_BYTES && !startsProxyHeader(bytes)) settle({ kind: 'none' });
  };
  const ended = () => without(`the connection ended after ${bytes.length} bytes`);
  const failed = (error: Error) => without(`${systemReason(error)} after ${bytes.length} bytes`);
  const tooLate = () => refuse(`only ${bytes.length} bytes of it within ${timeoutMs / 1000} s`);
  const timer = setTimeout(tooLate, timeoutMs);
  const graceOver = () => startsProxyHeader(bytes) || settle({ kind: 'none' });
  const grace = graceMs === null ? undefined : setTimeout(graceOver, graceMs);
  let unwatch = () => {};
  const stop = () => {
    clearTimeout(timer);
    clearTimeout(grace);
    unwatch();
    socket.off('error', failed).off('close', stop);
  };
  socket.on('error', failed).on('close', stop);
  unwatch = watchArrivals(socket, (chunk) => (chunk === null ? ended() : take(chunk)));
}
