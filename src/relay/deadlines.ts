// What a session waits for, and until when. Times are those of its inputs; nobody here has a clock.
import type { Conversation } from './conversation.js';
import type { Ending } from './ending.js';
import type { Links } from './links.js';
import type { Replies } from './replies.js';

export class Deadlines {
  /** When the server's control connection stood; null before. */
  connectedAt: number | null = null;
  /** When a control connection last brought something, or data last ended. */
  lastHeardAt: number;
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
    const times = [this.greeting, this.login, this.stalledAbortAt, this.silence, ...this.ofLinks].filter(
      (time) => time !== null,
    );
    return times.length === 0 ? null : Math.min(...times);
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

  /** The control connection may be silent while data moves. */
  get silence(): number | null {
    if (this.links.busy || this.conversation.awaitsServer) return null;
    return this.lastHeardAt + this.ending.patienceMs;
  }

  private get ofLinks(): (number | null)[] {
    const { dataTimeoutMs } = this.conversation.policy;
    return this.links.all.flatMap(({ giveUpAt, overdueAt, busy, lastMovedAt }) => [
      giveUpAt ?? (busy ? lastMovedAt + dataTimeoutMs : null),
      overdueAt,
    ]);
  }
}

export function isDue(deadline: number | null, at: number): boolean {
  return deadline !== null && at >= deadline;
}
