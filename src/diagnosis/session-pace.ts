// Where a session's time goes: in waiting for replies, or in moving bytes. Sums alone.
import type { Observation } from '../dialogue/observation.js';

export class SessionPace {
  private commands = 0;
  /** Up to the first reply to each command, all together. */
  private repliesMs = 0;
  private shortestReplyMs = Number.POSITIVE_INFINITY;
  private connectMs: number | null = null;
  /** Of transfers that were complete. */
  private flowMs = 0;
  private flowBytes = 0;
  private transfers = 0;
  private firstAt: number | null = null;
  private lastAt = 0;
  private answered: number | null = null;

  take(observation: Observation): void {
    switch (observation.kind) {
      case 'server-connected':
        this.connectMs = observation.durationMs;
        return;
      case 'command':
        this.commands += 1;
        this.firstAt ??= observation.at;
        return;
      case 'reply': {
        const { answers, latencyMs, by, at } = observation;
        if (answers === null || latencyMs === null || by !== 'server' || answers === this.answered) return;
        this.answered = answers;
        this.lastAt = at;
        this.repliesMs += latencyMs;
        this.shortestReplyMs = Math.min(this.shortestReplyMs, latencyMs);
        return;
      }
      case 'link-closed':
        if (observation.outcome !== 'complete') return;
        this.transfers += 1;
        this.flowMs += observation.durationMs ?? 0;
        this.flowBytes += observation.bytes;
    }
  }

  /** To the server and back: what connecting took, or in captures the quickest reply, of which a server needs a part; null: unknown. */
  get roundTripMs(): number | null {
    if (this.connectMs !== null) return Math.min(this.connectMs, this.shortestReplyMs);
    return Number.isFinite(this.shortestReplyMs) ? this.shortestReplyMs : null;
  }

  get files(): number {
    return this.transfers;
  }

  get meanBytes(): number {
    return this.transfers === 0 ? 0 : this.flowBytes / this.transfers;
  }

  get commandsPerFile(): number {
    return this.transfers === 0 ? 0 : this.commands / this.transfers;
  }

  /** From the first command to the last reply, the part that was spent on waiting for replies, and on moving bytes; 0 to 1. */
  get shares(): { readonly waiting: number; readonly moving: number } {
    const span = this.lastAt - (this.firstAt ?? this.lastAt);
    return span <= 0 ? { waiting: 0, moving: 0 } : { waiting: this.repliesMs / span, moving: this.flowMs / span };
  }
}
