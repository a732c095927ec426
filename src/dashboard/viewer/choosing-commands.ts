// Commands that choose what is shown: filters, order, marks, search.
import { COLUMNS } from '../rows/columns.js';
import type { DashboardAction } from './action.js';
import { cannot, type DashboardCommand, looking, prompting } from './command.js';
import type { Viewer } from './viewer.js';

export const CHOOSING_COMMANDS: readonly DashboardCommand[] = [
  {
    name: 'filter',
    keys: ['f'],
    purpose: 'show only sessions that a filter matches; empty shows all',
    offeredIn: ['sessions'],
    label: 'filter',
    run: prompting('filter', (viewer) => viewer.filterText),
  },
  {
    name: 'follow',
    keys: ['F'],
    purpose: 'keep to the newest row, or stop it',
    offeredIn: ['sessions', 'conversation'],
    label: 'follow',
    run: looking((viewer) => {
      const { list } = viewer.cursorOf(viewer.focus);
      list.follows = !list.follows;
    }),
  },
  {
    name: 'order',
    keys: ['o'],
    purpose: 'sort by the next column, or by the one named',
    argument: '[COLUMN]',
    candidates: COLUMNS.map(({ name }) => name),
    offeredIn: ['sessions'],
    label: 'order',
    run: looking(order),
  },
  {
    name: 'reverse',
    keys: ['v'],
    purpose: 'turn the order around',
    run: looking(({ selection }) => {
      selection.reversed = !selection.reversed;
    }),
  },
  { name: 'mark', keys: ['m'], purpose: 'mark the session', run: looking(({ selection }) => selection.toggleMark()) },
  {
    name: 'marked-only',
    keys: ['M'],
    purpose: 'show only marked sessions, or all',
    run: looking(({ selection }) => {
      selection.markedOnly = !selection.markedOnly;
    }),
  },
  {
    name: 'older',
    keys: ['['],
    purpose: 'read sessions back that are no longer kept, from the transcript or recording',
    run: readBack,
  },
  {
    name: 'newest',
    keys: [']'],
    purpose: 'from sessions that were read back to the newest again',
    run: looking((viewer) => viewer.lookAt(null)),
  },
  {
    name: 'clear',
    keys: ['z'],
    purpose: 'drop sessions that have ended, and events',
    run: looking(({ board }) => board.clearEnded()),
  },
  {
    name: 'search',
    keys: ['/'],
    purpose: 'search the conversation for text',
    offeredIn: ['conversation'],
    label: 'search',
    run: prompting('search', () => ''),
  },
  {
    name: 'search-next',
    keys: ['n'],
    purpose: 'the next place with that text; while nothing is searched for, the next session in trouble',
    run: looking((viewer) => (viewer.searchText === '' ? nextTrouble(viewer, 1) : searchAgain(viewer, 1))),
  },
  {
    name: 'search-previous',
    keys: ['N'],
    purpose: 'the place before, or the session before',
    run: looking((viewer) => (viewer.searchText === '' ? nextTrouble(viewer, -1) : searchAgain(viewer, -1))),
  },
];

function readBack(viewer: Viewer): readonly DashboardAction[] {
  const oldest = viewer.board.oldest;
  if (oldest === null || oldest <= 1) return cannot(viewer, 'there is no older session');
  if (!viewer.options.abilities().readBack)
    return cannot(viewer, 'older sessions are not kept, and no transcript is written');
  viewer.message = `reading back what was before session ${oldest}`;
  return [{ kind: 'read-back', before: oldest }];
}

function order(viewer: Viewer, argument: string): void {
  const names = COLUMNS.map(({ name }) => name);
  const { selection } = viewer;
  const next = argument === '' ? names[(names.indexOf(selection.sortColumn) + 1) % names.length] : argument;
  if (next === undefined || !names.includes(next)) {
    viewer.message = `no column ${argument}: there are ${names.join(', ')}`;
    return;
  }
  selection.sortBy(next);
  if (next !== '#' && (selection.list.follows || !selection.isChosen)) selection.goToTop();
  viewer.message = `sorted by ${next}`;
}

/** From anywhere to the next session that is in trouble, in the order of the list. */
function nextTrouble(viewer: Viewer, step: 1 | -1): void {
  const { sessions, list } = viewer.selection;
  const count = sessions.length;
  for (let moved = 1; moved <= count; moved += 1) {
    const session = sessions[(list.cursor + step * moved + count * moved) % count];
    if (session === undefined || session.card.trouble === null) continue;
    viewer.turnTo('sessions');
    viewer.selection.choose(session.card.number);
    return;
  }
  viewer.message = 'no session that is shown is in trouble';
}

export function searchAgain(viewer: Viewer, step: 1 | -1): void {
  const { session, searchText } = viewer;
  if (session === null) return;
  if (searchText === '') {
    viewer.message = 'nothing to search for: begin with /';
    return;
  }
  const found = viewer.conversation.find(session, searchText, step, viewer.symbols);
  if (found === null) {
    viewer.message = `"${searchText}" is not in this conversation`;
    return;
  }
  viewer.focus = 'conversation';
  viewer.moveTo(found);
}
