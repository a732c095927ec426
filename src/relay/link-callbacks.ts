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

export class LinkCallbacks {
  private readonly waiting = new WeakMap<DataLink, Partial<Callbacks>>();

  when<K extends keyof Callbacks>(link: DataLink, name: K, callback: Callbacks[K]): void {
    this.waiting.set(link, { ...this.waiting.get(link), [name]: callback });
  }

  /** Hands a callback out, which is then not handed out again. */
  take<K extends keyof Callbacks>(link: DataLink, name: K): Callbacks[K] | undefined {
    const { [name]: callback, ...rest } = this.waiting.get(link) ?? {};
    this.waiting.set(link, rest);
    return callback;
  }

  /** Nothing more is to be called. */
  forget(link: DataLink): void {
    this.waiting.delete(link);
  }
}
