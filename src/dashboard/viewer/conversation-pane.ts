// The conversation of the chosen session in its pane: which part of it is shown, what is unfolded, where the cursor is, what
// is searched for. Rows are made for what is shown only: a conversation may have thousands.
import type { BoardSession } from '../model/board.js';
import type { ConversationEntry } from '../model/conversation.js';
import { type ConversationRow, entryRows } from '../rows/conversation-rows.js';
import { textOf } from '../rows/row.js';
import type { Symbols } from '../rows/symbols.js';
import { ScrolledList } from './scrolled-list.js';

export class ConversationPane {
  list = new ScrolledList(true);
  readonly unfolded = new Set<number>();
  /** Shows passwords where they were recorded (--show-secrets). */
  reveals = false;
  private session: number | null = null;

  /** Turns to another session: from its end, with everything folded. */
  turnTo(session: number | null): void {
    if (session === this.session) return;
    this.session = session;
    this.list = new ScrolledList(true);
    this.unfolded.clear();
  }

  /** So many entries stand in front of those that were here: the cursor stays on its row. */
  shift(session: BoardSession, entries: number): void {
    if (!this.list.follows) this.list.moveTo(this.list.cursor + this.rowsBefore(session, entries), this.count(session));
  }

  /** How many rows the whole conversation has. */
  count({ conversation }: BoardSession): number {
    let rows = 0;
    for (const [index, entry] of conversation.entries.entries())
      rows += this.height(entry, conversation.dropped + index);
    return rows;
  }

  /** The rows that a pane of that height shows, and which of them is under the cursor. */
  visible(session: BoardSession, height: number, symbols: Symbols): { rows: ConversationRow[]; cursor: number } {
    const { from, to } = this.list.window(this.count(session), height);
    return { rows: this.rows(session, from, to, symbols), cursor: this.list.cursor - from };
  }

  rows({ conversation }: BoardSession, from: number, to: number, symbols: Symbols): ConversationRow[] {
    const made: ConversationRow[] = [];
    let at = 0;
    for (const [index, entry] of conversation.entries.entries()) {
      if (at >= to) break;
      const number = conversation.dropped + index;
      const height = this.height(entry, number);
      if (at + height > from) {
        const rows = entryRows(entry, number, { symbols, unfolded: this.unfolded, reveals: this.reveals });
        made.push(...rows.slice(Math.max(0, from - at), to - at));
      }
      at += height;
    }
    return made;
  }

  /** The row under the cursor. */
  current(session: BoardSession, symbols: Symbols): ConversationRow | null {
    return this.rows(session, this.list.cursor, this.list.cursor + 1, symbols)[0] ?? null;
  }

  toggleFold(session: BoardSession, symbols: Symbols): void {
    const row = this.current(session, symbols);
    if (row === null) return;
    if (!this.unfolded.delete(row.entry)) this.unfolded.add(row.entry);
  }

  /**
   * The next row with `text` in it, from the cursor on in that direction and around; null when there is none. A reply that is folded is
   * unfolded when the text is in the part of it that is not seen.
   */
  find(session: BoardSession, text: string, step: 1 | -1, symbols: Symbols): number | null {
    const wanted = text.toLowerCase();
    const has = ({ row }: ConversationRow) => textOf(row).toLowerCase().includes(wanted);
    const rows = this.rows(session, 0, this.count(session), symbols);
    const count = rows.length;
    for (let moved = 1; moved <= count; moved += 1) {
      const index = (this.list.cursor + step * moved + count * moved) % count;
      const row = rows[index];
      if (row === undefined) continue;
      if (has(row)) return index;
      const hidden = this.hiddenBehind(session, row, rows[index + 1], symbols);
      const within = hidden.findIndex(has);
      if (within === -1) continue;
      this.unfolded.add(row.entry);
      return this.rowsBefore(session, row.entry + 1) - hidden.length + within;
    }
    return null;
  }

  /** The rows of all replies of an entry that is folded, when `row` is its last; none when nothing is hidden. */
  private hiddenBehind(
    { conversation }: BoardSession,
    { entry: number }: ConversationRow,
    next: ConversationRow | undefined,
    symbols: Symbols,
  ): readonly ConversationRow[] {
    const entry = conversation.entries[number - conversation.dropped];
    if (entry?.kind !== 'exchange' || this.unfolded.has(number) || next?.entry === number) return [];
    if (entry.replies.every(({ lines }) => lines.length === 1)) return [];
    const rows = entryRows(entry, number, { symbols, unfolded: new Set([number]), reveals: this.reveals });
    return entry.command === null ? rows : rows.slice(1);
  }

  /** How many rows stand above an entry. */
  private rowsBefore({ conversation }: BoardSession, number: number): number {
    const before = conversation.entries.slice(0, number - conversation.dropped);
    return before.reduce((sum, entry, index) => sum + this.height(entry, conversation.dropped + index), 0);
  }

  private height(entry: ConversationEntry, number: number): number {
    if (entry.kind !== 'exchange') return 1;
    const command = entry.command === null ? 0 : 1;
    if (!this.unfolded.has(number)) return command + entry.replies.length;
    return entry.replies.reduce((sum, { lines, omittedLines }) => sum + lines.length + (omittedLines ? 1 : 0), command);
  }
}
