// What a session waits for, and until when. Times are those of its inputs; nobody here has a clock.
import type { Exchange } from '../dialogue/exchange.js';
import type { Conversation } from './conversation.js';
import type { Ending } from './ending.js';
import type { Links } from './links.js';
import type { Replies } from './replies.js';

export class Deadlines {
  /** When the server's control connection stood; null before. */
  connectedAt: number | null = null;
  /** When a control connection last brought something, or data last ended. */
  lastHeardAt: number;
  /** When the server's last did; null when it never has. */
  serverHeardAt: number | null = null;
  /** When a line that stalled in front of its LF is taken for whole. */
  stalledAbortAt: number | null = null;

  constructor(
    private readonly conversation: Conversation,
    private readonly links: Links,
    private readonly replies: Replies,
    private readonly ending: Ending,
  ) {
    this.lastHeardAt = conversation.identity.openedAt;
  }

  /** The first of all; null when nothing is waited for. */
  get next(): number | null {
    // Asked after every input: what a list of them all would cost is felt.
    const ofSession = earliest(earliest(this.greeting, this.login), earliest(this.stalledAbortAt, this.heldReply));
    return earliest(earliest(ofSession, this.ofLinks), earliest(this.silence, this.reply));
  }

  get greeting(): number | null {
    if (this.connectedAt === null || this.replies.greeted || this.ending.begun) return null;
    return this.connectedAt + this.conversation.policy.connectTimeoutMs;
  }

  /** However busily it talks: a client that does not log in keeps a place from those that do. */
  get login(): number | null {
    const { opaque, identity, policy } = this.conversation;
    if (opaque || this.replies.loggedIn || this.ending.begun) return null;
    return identity.openedAt + policy.loginTimeoutMs;
  }

  /** The control connection may be silent while data moves, and while the server is at work. */
  get silence(): number | null {
    if (this.links.busy || this.conversation.awaitsServer || this.owed !== null) return null;
    return this.lastHeardAt + this.ending.patienceMs;
  }

  /** A server may take its time: to hash or copy a large file, say. The client may well be silent meanwhile. */
  get reply(): number | null {
    const { owed } = this;
    if (this.links.busy || owed === null) return null;
    return Math.max(owed.askedAt, this.serverHeardAt ?? 0) + this.conversation.policy.replyTimeoutMs;
  }

  /** What the server is to answer next; null when there is nothing, or the session is at its end. */
  get owed(): Exchange | null {
    return this.ending.begun || !this.replies.greeted ? null : this.conversation.dialogue.owed;
  }

  private get heldReply(): number | null {
    return this.conversation.heldReplies.newsAt;
  }

  private get ofLinks(): number | null {
    const { dataTimeoutMs } = this.conversation.policy;
    let first = this.links.takeBackAt;
    for (const { giveUpAt, overdueAt, holdAt, busy, lastMovedAt } of this.links.all) {
      const stallsAt = giveUpAt ?? (busy ? lastMovedAt + dataTimeoutMs : null);
      first = earliest(earliest(first, stallsAt), earliest(overdueAt, holdAt));
    }
    return first;
  }
}

/** The one that comes first; null is never. */
function earliest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

export function isDue(deadline: number | null, at: number): boolean {
  return deadline !== null && at >= deadline;
}
