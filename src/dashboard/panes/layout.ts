// How the screen is shared out among the panes, from 60x16 upwards. Rows and columns alone.
import type { PaneName, ViewName } from '../viewer/viewer.js';

export const LEAST_COLUMNS = 60;
export const LEAST_ROWS = 16;

/** From here on there is room for panes side by side. */
const TWO_COLUMNS_FROM = 150;
/** Of the conversation, beside the data links. */
const LEFT_SHARE = 0.66;
/** From here on open data links have a pane of their own although nobody asked for it. */
const LINKS_FROM_ROWS = 22;
const LEAST_PANE_ROWS = 4;
const LINKS_ROWS = 6;
/** The pane's title and the names of the columns. */
const HEADING_ROWS = 2;
const LEAST_LIST_ROWS = 7;
const ADVICE_ROWS = 12;

export interface PanePlace {
  readonly pane: PaneName;
  /** Its title included. */
  readonly rows: number;
}

/** Panes one above the other. */
interface PaneColumn {
  readonly columns: number;
  readonly places: readonly PanePlace[];
}

/** One pane over the whole width, or none; below it columns of panes, from left to right. */
interface PaneLayout {
  readonly top: PanePlace | null;
  readonly below: readonly PaneColumn[];
}

export interface LayoutWishes {
  readonly columns: number;
  /** Without the lines at the bottom. */
  readonly rows: number;
  readonly view: ViewName;
  readonly focus: PaneName;
  readonly maximised: boolean;
  readonly showsEvents: boolean;
  /** How many sessions there are to list: a short list leaves its room to the conversation. */
  readonly sessions: number;
  readonly troubles: number;
}

export function layOutPanes(wishes: LayoutWishes): PaneLayout {
  const { columns, rows, focus, maximised, showsEvents, sessions, view } = wishes;
  if (maximised) return { top: null, below: [{ columns, places: [{ pane: focus, rows }] }] };
  if (view === 'troubles') return { top: null, below: [{ columns, places: troublePlaces(wishes) }] };
  if (columns < TWO_COLUMNS_FROM) return { top: null, below: [{ columns, places: stack(wishes) }] };
  const [top, conversation] = listAndConversation(rows, 0.35, sessions);
  // One column for the line between them.
  const left = Math.floor((columns - 1) * LEFT_SHARE);
  const right: readonly PaneName[] = showsEvents ? ['links', 'events'] : ['links'];
  return {
    top,
    below: [
      { columns: left, places: [conversation] },
      { columns: columns - 1 - left, places: split(conversation.rows, right, 0.5) },
    ],
  };
}

/** Causes, what to do, and the sessions, one above the other. */
function troublePlaces({ rows, troubles }: LayoutWishes): readonly PanePlace[] {
  const list = Math.max(LEAST_PANE_ROWS, Math.min(troubles + HEADING_ROWS + 1, Math.floor(rows * 0.4)));
  const advice = Math.max(LEAST_PANE_ROWS, Math.min(ADVICE_ROWS, Math.floor((rows - list) / 2)));
  return [
    { pane: 'troubles', rows: list },
    { pane: 'advice', rows: advice },
    { pane: 'sessions', rows: rows - list - advice },
  ];
}

/** One above the other: sessions, conversation, and at the bottom links or events where there is room or somebody looks. */
function stack({ rows, focus, showsEvents, sessions }: LayoutWishes): readonly PanePlace[] {
  const lowest: PaneName | null = showsEvents && focus !== 'links' ? 'events' : 'links';
  const hasRoom = rows >= LINKS_FROM_ROWS || focus === lowest;
  if (!hasRoom) return listAndConversation(rows, 0.4, sessions);
  const low = Math.max(LEAST_PANE_ROWS, Math.min(LINKS_ROWS, Math.floor(rows / 4)));
  return [...listAndConversation(rows - low, 0.4, sessions), { pane: lowest, rows: low }];
}

/** The list gets that share, and no more than it can fill with a row to spare; below it stands the conversation. */
function listAndConversation(rows: number, share: number, sessions: number): readonly [PanePlace, PanePlace] {
  const wanted = Math.max(LEAST_LIST_ROWS, sessions + HEADING_ROWS + 1);
  const list = upper(rows, Math.min(share, wanted / rows));
  return [
    { pane: 'sessions', rows: list },
    { pane: 'conversation', rows: rows - list },
  ];
}

/** The first gets that share, the second the rest. */
function split(rows: number, panes: readonly PaneName[], share: number): readonly PanePlace[] {
  const [first, second] = panes;
  if (first === undefined) return [];
  if (second === undefined) return [{ pane: first, rows }];
  return [
    { pane: first, rows: upper(rows, share) },
    { pane: second, rows: rows - upper(rows, share) },
  ];
}

const upper = (rows: number, share: number) => Math.max(LEAST_PANE_ROWS, Math.floor(rows * share));
