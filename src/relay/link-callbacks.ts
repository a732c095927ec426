// What is called once something is known of a data link. Each is called once.
import type { DataLink, PortResult } from '../dialogue/data-link.js';

interface Callbacks {
  /** Whether the proxy's ports are open, and the server's can be reached as far as is known. */
  readonly port: (result: PortResult) => void;
  /** The server agreed to a data connection, and none came about. */
  readonly missed: () => void;
  /** The data has ended. */
  readonly ended: () => void;
}

type Waiting = { -readonly [Name in keyof Callbacks]: Callbacks[Name] | null };

export class LinkCallbacks {
  private readonly waiting = new WeakMap<DataLink, Waiting>();

  when<K extends keyof Callbacks>(link: DataLink, name: K, callback: Callbacks[K]): void {
    const waiting = this.waiting.get(link) ?? { port: null, missed: null, ended: null };
    waiting[name] = callback;
    this.waiting.set(link, waiting);
  }

  /** Hands a callback out, which is then not handed out again. */
  take<K extends keyof Callbacks>(link: DataLink, name: K): Callbacks[K] | null {
    const waiting: Waiting | undefined = this.waiting.get(link);
    const callback = waiting?.[name] ?? null;
    if (waiting !== undefined) waiting[name] = null;
    return callback;
  }

  /** Nothing more is to be called. */
  forget(link: DataLink): void {
    this.waiting.delete(link);
  }
}
