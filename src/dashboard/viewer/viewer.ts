// What the one who looks at the dashboard sees and has asked for: panes, cursors, filter, prompt, questions. State alone,
// without a terminal; commands.ts and what it lists change it, panes/ draws it.
import type { Observation } from '../../dialogue/observation.js';
import { parseFilter } from '../../filter/parse-filter.js';
import { SessionFilter } from '../../filter/session-filter.js';
import type { Board, BoardSession, OpenLink } from '../model/board.js';
import type { Trouble } from '../model/troubles.js';
import { type Symbols, UNICODE } from '../rows/symbols.js';
import type { Abilities, DashboardAction } from './action.js';
import { ConversationPane } from './conversation-pane.js';
import type { Prompt, PromptPurpose } from './prompt.js';
import { ScrolledList } from './scrolled-list.js';
import { SessionList } from './session-list.js';

/** In the sessions view. */
export const PANES = ['sessions', 'conversation', 'links', 'events'] as const;
/** In the troubles view, beside the sessions. */
export const TROUBLE_PANES = ['troubles', 'advice', 'sessions'] as const;
export type PaneName = (typeof PANES)[number] | (typeof TROUBLE_PANES)[number];

/** What the screen is about. */
const VIEWS = ['troubles', 'sessions'] as const;
export type ViewName = (typeof VIEWS)[number];

/** A question that one key answers. */
export interface Question {
  readonly text: string;
  readonly ifYes: DashboardAction;
}

/** A page of text: the help, or what came of something that was asked for. */
export type Page =
  | { readonly kind: 'help' }
  | { readonly kind: 'report'; readonly title: string; readonly lines: readonly string[] };

export interface ViewerOptions {
  /** What is looked at, until more is known of it: `proxy to ftp.example.com:21`. */
  readonly title: string;
  /** What can be done at this moment. */
  readonly abilities: () => Abilities;
  readonly symbols?: Symbols;
}

export class Viewer {
  readonly selection: SessionList;
  readonly conversation = new ConversationPane();
  readonly links = new ScrolledList(false);
  readonly events = new ScrolledList(true);
  readonly troubles = new ScrolledList(false);
  readonly advice = new ScrolledList(false);
  readonly symbols: Symbols;
  view: ViewName = 'sessions';
  focus: PaneName = 'sessions';
  /** A view was chosen, or a key pressed: the screen no longer turns to troubles by itself. */
  isTouched = false;
  maximised = false;
  showsEvents = false;
  quickHelp = true;
  /** What is looked at, in the status line. */
  title: string;
  /** What takes the place of the panes, until it is closed. */
  page: Page | null = null;
  readonly pageList = new ScrolledList(false);
  filterText = '';
  searchText = '';
  prompt: Prompt | null = null;
  /** What a completion could still become. */
  candidates: readonly string[] = [];
  question: Question | null = null;
  /** Said once, until the next key. */
  message: string | null = null;
  /** Of a recording: whether it stands still, and how it is played. */
  playback: string | null = null;
  readonly history: Record<PromptPurpose, readonly string[]> = { command: [], filter: [], search: [] };
  /** Height of the pane in focus, as it was drawn last: what a page is. */
  pageRows = 10;

  /** Sessions of earlier, read back from a file; null while what happens now is looked at. */
  private archive: Board | null = null;

  constructor(
    private live: Board,
    readonly options: ViewerOptions,
  ) {
    this.selection = new SessionList(() => this.board);
    this.symbols = options.symbols ?? UNICODE;
    this.title = options.title;
  }

  /** What is looked at. */
  get board(): Board {
    return this.archive ?? this.live;
  }

  /** What happens now, whatever is looked at. */
  get present(): Board {
    return this.live;
  }

  get looksBack(): boolean {
    return this.archive !== null;
  }

  /** Everything that was seen is forgotten: a recording is shown from its beginning again. */
  startAnew(board: Board): void {
    this.live = board;
    this.lookAt(null);
  }

  /** Looks at sessions of earlier; null goes back to what happens now. */
  lookAt(archive: Board | null): void {
    this.archive = archive;
    this.selection.startAnew();
  }

  /** There are sessions, and none of them is listed. */
  get hidesAll(): boolean {
    return this.selection.sessions.length === 0 && this.board.sessions.size > 0;
  }

  /** The session whose conversation is shown. */
  get session(): BoardSession | null {
    return this.selection.current;
  }

  /** The trouble whose advice is shown. */
  get trouble(): Trouble | null {
    return this.board.troubles.list[this.troubles.cursor] ?? null;
  }

  turnTo(view: ViewName): void {
    this.isTouched = true;
    this.show(view);
  }

  private show(view: ViewName): void {
    this.view = view;
    this.focus = view;
    this.maximised = false;
    if (view === 'troubles') this.selection.goToTop();
  }

  /** Open data links, in the order of their sessions. */
  get openLinks(): readonly OpenLink[] {
    return [...this.board.openLinks.values()];
  }

  take(observation: Observation): void {
    this.live.take(observation);
    if (this.archive === null) this.selection.take(observation);
  }

  /** Brings what is shown up to date; once a drawing. */
  refresh(now: number): void {
    this.selection.refresh(now, this.view === 'troubles');
    this.conversation.turnTo(this.session?.card.number ?? null);
    // Something went wrong, and nobody has looked at anything yet: that is what they want to see.
    if (!this.isTouched && this.view !== 'troubles' && this.board.troubles.hasError) this.show('troubles');
  }

  /** The cursor of a pane and how many rows that has. */
  cursorOf(pane: PaneName): { readonly list: ScrolledList; readonly count: number } {
    switch (pane) {
      case 'sessions':
        return { list: this.selection.list, count: this.selection.sessions.length };
      case 'conversation': {
        const { session } = this;
        return { list: this.conversation.list, count: session === null ? 0 : this.conversation.count(session) };
      }
      case 'links':
        return { list: this.links, count: this.board.openLinks.size };
      case 'troubles':
        return { list: this.troubles, count: this.board.troubles.size };
      case 'advice':
        return { list: this.advice, count: 1 };
      case 'events':
        return { list: this.events, count: this.board.events.items.length };
    }
  }

  /** Moves the cursor of the pane in focus. */
  moveTo(index: number): void {
    if (this.page !== null) return this.pageList.moveTo(index, Number.MAX_SAFE_INTEGER);
    if (this.focus === 'sessions') {
      this.selection.moveTo(index);
      this.conversation.turnTo(this.session?.card.number ?? null);
      return;
    }
    const { list, count } = this.cursorOf(this.focus);
    list.moveTo(index, count);
  }

  /** The whole conversation of a session was read; the cursor stays on its row. */
  restore(number: number, observations: readonly Observation[]): void {
    const before = this.board.sessions.get(number);
    if (before === undefined) return;
    const { dropped } = before.conversation;
    this.board.restore(number, observations);
    const whole = this.board.sessions.get(number);
    if (whole !== undefined && this.session?.card.number === number) this.conversation.shift(whole, dropped);
  }

  moveBy(rows: number): void {
    const { list } = this.page === null ? this.cursorOf(this.focus) : { list: this.pageList };
    this.moveTo(list.cursor + rows);
  }

  /** Opens a page at its beginning; null closes what is open. */
  turnToPage(page: Page | null): void {
    this.page = page;
    this.pageList.moveTo(0, 1);
  }

  /** Takes a filter when it can be read; says why not when it cannot. */
  filterBy(text: string): string | null {
    if (text.trim() === '') {
      this.selection.filterBy(null);
      this.filterText = '';
      return null;
    }
    const reading = parseFilter(text);
    if (reading.kind === 'error') return `${reading.message} (at character ${reading.at + 1})`;
    this.selection.filterBy(new SessionFilter(reading.expression));
    this.filterText = text;
    return null;
  }
}
