// What the sockets of a data link want of their session, and what it asks of them.
import type { Socket } from 'node:net';
import type { Side } from '../dialogue/observation.js';
import type { PortRange } from '../ends/port-ranges.js';
import type { Happening } from '../relay/input.js';
import type { Pump } from './pump.js';

/** What a link reports to its session. */
export interface LinkKeeper {
  /** What may carry large transfers. */
  readonly pump: Pump | null;
  happens(happening: Happening): void;
  /** A socket that is to be closed before the session is over. */
  opened(socket: Socket): void;
  /** A client's handshake is over: the connection beneath. */
  shaken(plain: Socket): void;
  /** Everything went through: the link needs nobody any more. */
  drained(link: number): void;
  /** The payload can no longer be saved, and must be: the session ends. */
  recordingFailed(error: unknown): void;
}

export interface ListenRequest {
  readonly facing: Side;
  readonly host: string;
  readonly range: PortRange | null;
  readonly admit: readonly string[] | null;
}
