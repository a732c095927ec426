// The links that wait for their connection, found by a host and a port at once, however many wait: where a busy server is captured,
// thousands may wait for the same port.
import type { CapturedLink } from './captured-link.js';

/** Gone entries of a stack are cleared away when they outnumber those that wait by more than this. */
const MAX_GONE = 8;

interface Entry {
  readonly link: CapturedLink;
  readonly keys: readonly string[];
  waits: boolean;
}

/** Links that wait under one key, the newest on top. */
class Stack {
  private entries: Entry[] = [];
  private waiting = 0;

  push(entry: Entry): void {
    this.entries.push(entry);
    this.waiting += 1;
  }

  /** One of its entries waits no more. Says whether any does. */
  lose(): boolean {
    this.waiting -= 1;
    if (this.entries.length > 2 * this.waiting + MAX_GONE) this.entries = this.entries.filter(({ waits }) => waits);
    return this.waiting > 0;
  }

  get newest(): CapturedLink | null {
    for (let last = this.entries.at(-1); last !== undefined; last = this.entries.at(-1)) {
      if (last.waits) return last.link;
      this.entries.pop();
    }
    return null;
  }
}

export class WaitingLinks {
  private readonly stacks = new Map<string, Stack>();
  private readonly entries = new Map<CapturedLink, Entry>();

  /** The link waits under these keys, from now on as the newest. */
  add(link: CapturedLink, keys: readonly string[]): void {
    this.remove(link);
    const entry: Entry = { link, keys, waits: true };
    this.entries.set(link, entry);
    for (const key of entry.keys) {
      const stack = this.stacks.get(key) ?? new Stack();
      this.stacks.set(key, stack);
      stack.push(entry);
    }
  }

  remove(link: CapturedLink): void {
    const entry = this.entries.get(link);
    if (entry === undefined) return;
    entry.waits = false;
    this.entries.delete(link);
    for (const key of entry.keys) if (this.stacks.get(key)?.lose() === false) this.stacks.delete(key);
  }

  newest(key: string): CapturedLink | null {
    return this.stacks.get(key)?.newest ?? null;
  }
}
