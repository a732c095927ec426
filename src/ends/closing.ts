// How a connection of ours is closed: gracefully, and within a time.
import type { Socket } from 'node:net';

/** How long a peer may take to close after us. */
const CLOSE_GRACE_MS = 5_000;

/** How long the connections of a listener may take to close when it does. */
export const SHUTDOWN_GRACE_MS = 1_000;

/**
 * Closes a connection in order: `finish` sends the end and reads on, since closing over unread bytes would be a reset, and
 * the peer would lose what it was sent last. A peer that does not close after us is not waited for any longer than
 * `CLOSE_GRACE_MS`.
 */
export function closeGently(socket: Socket, finish: () => void = () => void socket.end().resume()): void {
  if (socket.destroyed) return;
  if (socket.connecting) {
    socket.destroy();
    return;
  }
  const timer = setTimeout(() => socket.destroy(), CLOSE_GRACE_MS);
  socket.once('close', () => clearTimeout(timer));
  finish();
}
