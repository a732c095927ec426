// What the sockets of a data link tell, put into the words of the session's inputs.
import type { Socket } from 'node:net';
import { failureOfHandshake } from '../ends/tls/handshake-facts.js';
import type { SessionInput } from '../relay/input.js';
import type { LinkEvents } from './link-sockets.js';

/** An input as the sockets know it: without the time, which is added where it is handed on. */
export type Happening = SessionInput extends infer Input
  ? Input extends { at: number }
    ? Omit<Input, 'at'>
    : never
  : never;

/** Whoever keeps the link. */
interface LinkOwner {
  happens(happening: Happening): void;
  opened(socket: Socket): void;
  /** Everything went through: the link needs nobody any more. */
  drained(): void;
  recordingFailed(error: unknown): void;
}

export function linkEvents(link: number, owner: LinkOwner): LinkEvents {
  return {
    opened: (socket) => owner.opened(socket),
    connected: (side, local, remote) => owner.happens({ kind: 'data-leg-connected', link, side, local, remote }),
    failed: (side, reason) => owner.happens({ kind: 'data-leg-failed', link, side, reason }),
    secured: (side, tls) => owner.happens({ kind: 'data-leg-secured', link, side, tls }),
    insecure: (side, error) => owner.happens({ kind: 'data-leg-insecure', link, side, ...failureOfHandshake(error) }),
    stranger: (side, remote) => owner.happens({ kind: 'data-stranger', link, side, remote }),
    progress: (bytes, payload) => owner.happens({ kind: 'data-progress', link, bytes, payload }),
    ended: (bytes, end, payload) => {
      if (end.kind === 'drained') owner.drained();
      owner.happens({ kind: 'data-ended', link, bytes, end, payload });
    },
    recordingFailed: (error) => owner.recordingFailed(error),
  };
}
