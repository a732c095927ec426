// The connections of which it is not known yet what they speak, in the order in which they opened. What is told of others waits
// for them, but not for ever, and what they hold together is bounded.
import type { Candidate } from './candidate.js';

/** A connection that says nothing holds up those that opened after it no longer than this. */
const MAX_HOLD_UP_MS = 10_000;
/** What undecided connections may hold together. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

export class Undecided {
  /** With the bytes that it holds. */
  private readonly candidates = new Map<Candidate, number>();
  /** Those among them that others still wait for. */
  private readonly awaited = new Set<Candidate>();
  private heldBytes = 0;

  add(candidate: Candidate): void {
    this.candidates.set(candidate, 0);
    this.awaited.add(candidate);
  }

  grow(candidate: Candidate, bytes: number): void {
    const held = this.candidates.get(candidate);
    if (held === undefined) return;
    this.candidates.set(candidate, held + bytes);
    this.heldBytes += bytes;
  }

  remove(candidate: Candidate): void {
    this.heldBytes -= this.candidates.get(candidate) ?? 0;
    this.candidates.delete(candidate);
    this.awaited.delete(candidate);
  }

  /** Has to be decided, come what may: together they hold too much. */
  get overdue(): Candidate | null {
    const [oldest] = this.candidates.keys();
    return oldest !== undefined && this.heldBytes > MAX_HELD_BYTES ? oldest : null;
  }

  /** The place in the capture from which on nothing can be told yet; null when everything can. */
  blockedFrom(now: number): number | null {
    for (const candidate of this.awaited) {
      if (Math.abs(now - candidate.connection.openedAt) < MAX_HOLD_UP_MS) return candidate.place;
      this.awaited.delete(candidate);
    }
    return null;
  }
}
