// Which sessions the list shows, in which order, and which of them is chosen. The list is made anew at most once a
// drawing: thousands of sessions change many times between two of them.
import type { Observation } from '../../dialogue/observation.js';
import type { SessionFilter, SessionMatcher } from '../../filter/session-filter.js';
import type { Board, BoardSession } from '../model/board.js';
import { COLUMNS } from '../rows/columns.js';
import { ScrolledList } from './scrolled-list.js';

export class SessionList {
  readonly list = new ScrolledList(true);
  readonly marked = new Set<number>();
  markedOnly = false;
  sortColumn = '#';
  reversed = false;
  private filter: SessionFilter | null = null;
  /** What the filter knows of each session. */
  private readonly matchers = new Map<number, SessionMatcher>();
  private shown: readonly BoardSession[] = [];
  private chosen: number | null = null;
  /** By the one who looks: the cursor stays with it. */
  isChosen = false;

  constructor(private readonly boardNow: () => Board) {}

  private get board(): Board {
    return this.boardNow();
  }

  get sessions(): readonly BoardSession[] {
    return this.shown;
  }

  get current(): BoardSession | null {
    return this.shown[this.list.cursor] ?? null;
  }

  /** Makes the list anew. The cursor stays with its session, unless it follows the newest. */
  refresh(now: number, byTrouble = false): void {
    const sortColumn = byTrouble ? 'trouble' : this.sortColumn;
    const reversed = byTrouble || this.reversed;
    const column = COLUMNS.find(({ name }) => name === sortColumn);
    const passing = [...this.board.sessions.values()].filter((session) => this.passes(session));
    if (column !== undefined && (sortColumn !== '#' || reversed)) {
      const keyed = passing.map((session) => ({ session, key: column.sortKey(session.card, { now }) }));
      const turn = reversed ? -1 : 1;
      keyed.sort(
        (left, right) => turn * compare(left.key, right.key) || left.session.card.number - right.session.card.number,
      );
      this.shown = keyed.map(({ session }) => session);
    } else this.shown = passing;
    this.keepCursor();
    if (this.matchers.size > this.board.sessions.size) this.forgetMatchers();
  }

  /** Shows only sessions that the filter matches; null shows all. */
  filterBy(filter: SessionFilter | null): void {
    this.filter = filter;
    this.matchers.clear();
  }

  /** There are other sessions to list. */
  startAnew(): void {
    this.matchers.clear();
    this.list.follows = true;
  }

  /** Lets the filter see what happens; sessions that it does not know yet it will look at as a whole. */
  take(observation: Observation): void {
    this.matchers.get(observation.session)?.take(observation);
    if (observation.kind === 'session-opened') this.matchers.delete(observation.session);
  }

  /** To the first row, where what is sought stands; `follow` goes back to the newest. */
  goToTop(): void {
    this.list.follows = false;
    this.list.cursor = 0;
    this.chosen = null;
    this.isChosen = false;
  }

  moveTo(index: number): void {
    this.list.moveTo(index, this.shown.length);
    this.isChosen = true;
    this.chosen = this.current?.card.number ?? null;
  }

  /** Chooses a session by its number; false when it is not shown. */
  choose(number: number): boolean {
    const index = this.shown.findIndex(({ card }) => card.number === number);
    if (index === -1) return false;
    this.moveTo(index);
    this.list.follows = false;
    return true;
  }

  /** The largest first, where it is a number. */
  sortBy(name: string): void {
    this.sortColumn = name;
    const column = COLUMNS.find((one) => one.name === name);
    this.reversed = name !== '#' && column?.align === 'right';
  }

  toggleMark(): void {
    const number = this.current?.card.number;
    if (number === undefined) return;
    if (!this.marked.delete(number)) this.marked.add(number);
  }

  private passes(session: BoardSession): boolean {
    if (this.markedOnly && !this.marked.has(session.card.number)) return false;
    return this.filter === null || this.matcherOf(session, this.filter).matches;
  }

  private matcherOf({ card, conversation }: BoardSession, filter: SessionFilter): SessionMatcher {
    const known = this.matchers.get(card.number);
    if (known !== undefined) return known;
    const matcher = filter.matcher();
    for (const observation of conversation.observations) matcher.take(observation);
    this.matchers.set(card.number, matcher);
    return matcher;
  }

  /** The board has let go of sessions. */
  private forgetMatchers(): void {
    for (const number of this.matchers.keys()) if (!this.board.sessions.has(number)) this.matchers.delete(number);
  }

  private keepCursor(): void {
    if (!this.list.follows && this.chosen !== null) {
      const index = this.shown.findIndex(({ card }) => card.number === this.chosen);
      if (index !== -1) this.list.cursor = index;
    }
    this.list.window(this.shown.length, Math.max(1, this.shown.length));
    this.chosen = this.current?.card.number ?? null;
  }
}

/** Numbers within, such as those of addresses, count as numbers. */
const TEXTS = new Intl.Collator('en', { numeric: true });

function compare(left: number | string, right: number | string): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return TEXTS.compare(String(left), String(right));
}
