// What somebody who attaches late is told first: the newest lines of all sessions, and how each live session began. Bounded.
import type { Observation } from '../../dialogue/observation.js';

/** A few hundred bytes each. */
const MAX_LINES = 50_000;

export class RecentLines {
  private lines: { readonly session: number; readonly text: string }[] = [];
  private readonly beginnings = new Map<number, string>();

  constructor(private readonly maxLines = MAX_LINES) {}

  add({ session, kind }: Observation, text: string): void {
    if (kind === 'session-opened') this.beginnings.set(session, text);
    if (kind === 'session-closed') this.beginnings.delete(session);
    this.lines.push({ session, text });
    // In batches: a shift of a long array for each line would not be cheap.
    if (this.lines.length > this.maxLines * 1.25) this.lines = this.lines.slice(-this.maxLines);
  }

  /** In order; a session whose beginning is no longer among the lines is begun first. */
  *all(): Generator<string> {
    const kept = new Set(this.lines.map(({ text }) => text));
    for (const text of this.beginnings.values()) if (!kept.has(text)) yield text;
    for (const { text } of this.lines) yield text;
  }
}
