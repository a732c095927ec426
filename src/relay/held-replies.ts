// Replies that do not go to the client as they come: for what they wait, and what becomes of them. What is shown of a reply is true only
// with that: a 226 may wait for its data for half a minute, and be replaced by a 426 in the end.
import type { HeldFor, HeldReplyState } from '../dialogue/observation.js';
import type { Slot } from './outbox.js';

/** A reply that waits for so long is reported again, as waiting. */
const HELD_NEWS_MS = 200;

export interface WaitingReply {
  readonly code: number;
  /** Number of the command that it answers; null when it answers none. */
  readonly answers: number | null;
  readonly held: HeldFor;
  readonly since: number;
}

export class HeldReplies {
  private readonly replies = new Map<Slot, WaitingReply>();
  /** Those of which nothing was reported since they came, oldest first. */
  private readonly fresh = new Set<WaitingReply>();

  constructor(private readonly report: (state: HeldReplyState, reply: WaitingReply) => void) {}

  /** When the next has waited long enough to be reported; null when none is left. */
  get newsAt(): number | null {
    for (const { since } of this.fresh) return since + HELD_NEWS_MS;
    return null;
  }

  has(slot: Slot): boolean {
    return this.replies.has(slot);
  }

  hold(slot: Slot, reply: WaitingReply): void {
    this.replies.set(slot, reply);
    this.fresh.add(reply);
  }

  /** Time has passed. */
  wake(at: number): void {
    for (const reply of this.fresh) {
      if (at < reply.since + HELD_NEWS_MS) return;
      this.fresh.delete(reply);
      this.report('waiting', reply);
    }
  }

  /** What is in the slot is settled, or goes out now. Most replies were never held. */
  settle(slot: Slot, state: Exclude<HeldReplyState, 'waiting'>): void {
    const reply = this.replies.get(slot);
    if (reply === undefined) return;
    this.replies.delete(slot);
    this.fresh.delete(reply);
    this.report(state, reply);
  }
}
