// Commands that move the cursor, and turn from pane to pane.
import { formatCount } from '../../words/quantities.js';
import { type CommandRun, cannot, type DashboardCommand, looking } from './command.js';
import { PANES, type PaneName, TROUBLE_PANES, type Viewer } from './viewer.js';

export const MOVING_COMMANDS: readonly DashboardCommand[] = [
  {
    name: 'down',
    keys: ['j', 'down'],
    purpose: 'one row down',
    worksOnPages: 'down',
    run: looking((viewer) => viewer.moveBy(1)),
  },
  {
    name: 'up',
    keys: ['k', 'up'],
    purpose: 'one row up',
    worksOnPages: '',
    run: upwards((viewer) => viewer.moveBy(-1)),
  },
  {
    name: 'page-down',
    keys: ['space', 'pagedown', 'C-f'],
    purpose: 'one page down',
    worksOnPages: 'page down',
    run: looking((viewer) => viewer.moveBy(viewer.pageRows)),
  },
  {
    name: 'page-up',
    keys: ['pageup', 'C-b'],
    purpose: 'one page up',
    worksOnPages: '',
    run: upwards((viewer) => viewer.moveBy(-viewer.pageRows)),
  },
  {
    name: 'first',
    keys: ['g', 'home'],
    purpose: 'to the first row',
    worksOnPages: '',
    run: upwards((viewer) => viewer.moveTo(0)),
  },
  {
    name: 'last',
    keys: ['G', 'end'],
    purpose: 'to the last row, and stay there as rows come',
    worksOnPages: '',
    run: looking((viewer) => viewer.moveTo(Number.MAX_SAFE_INTEGER)),
  },
  {
    name: 'next-pane',
    keys: ['tab'],
    purpose: 'to the next pane',
    offeredIn: [...PANES, ...TROUBLE_PANES],
    label: 'pane',
    run: looking((viewer) => turnFocus(viewer, 1)),
  },
  {
    name: 'previous-pane',
    keys: ['S-tab'],
    purpose: 'to the pane before',
    run: looking((viewer) => turnFocus(viewer, -1)),
  },
  {
    name: 'open',
    keys: ['enter'],
    purpose: 'sessions: look at its conversation; conversation: unfold a reply; links and events: go to the session',
    offeredIn: [...PANES, ...TROUBLE_PANES],
    label: 'open',
    run: looking(openUnderCursor),
  },
  {
    name: 'back',
    keys: ['escape'],
    purpose: 'close what is open; to the session list',
    worksOnPages: '',
    run: looking(back),
  },
  {
    name: 'session',
    keys: [],
    purpose: 'to the session of that number',
    argument: 'NUMBER',
    run: looking((viewer, argument) => {
      if (!viewer.selection.choose(Number(argument))) viewer.message = `no session ${argument} is shown`;
    }),
  },
];

/** Beyond the first row that is kept of a conversation, the rest is read from where it was recorded. */
function upwards(move: (viewer: Viewer) => void): CommandRun {
  return (viewer) => {
    const { session, focus, page, conversation } = viewer;
    const wasAtTop = conversation.list.cursor === 0 && !conversation.list.follows;
    move(viewer);
    if (page !== null || focus !== 'conversation' || session === null || !wasAtTop) return [];
    const { dropped } = session.conversation;
    if (dropped === 0) return [];
    const before = formatCount(dropped, 'older entry', 'older entries');
    if (!viewer.options.abilities().readBack) return cannot(viewer, `${before} are not kept, as nothing is recorded`);
    viewer.message = `reading ${before} back`;
    return [{ kind: 'read-whole', session: session.card.number }];
  };
}

function turnFocus(viewer: Viewer, step: 1 | -1): void {
  const panes: readonly PaneName[] =
    viewer.view === 'troubles' ? TROUBLE_PANES : PANES.filter((pane) => pane !== 'events' || viewer.showsEvents);
  const index = panes.indexOf(viewer.focus);
  viewer.focus = panes[(index + step + panes.length) % panes.length] ?? 'sessions';
}

function openUnderCursor(viewer: Viewer): void {
  const { session } = viewer;
  switch (viewer.focus) {
    case 'sessions':
      viewer.view = 'sessions';
      if (session !== null) viewer.focus = 'conversation';
      return;
    case 'conversation':
      if (session !== null) viewer.conversation.toggleFold(session, viewer.symbols);
      return;
    case 'links':
      return goTo(viewer, viewer.openLinks[viewer.links.cursor]?.session);
    case 'events':
      return goTo(viewer, viewer.board.events.items[viewer.events.cursor]?.session);
    case 'troubles':
    case 'advice':
      return openTrouble(viewer);
  }
}

/** The sessions with that trouble, and no others. */
function openTrouble(viewer: Viewer): void {
  const { trouble } = viewer;
  if (trouble === null) return;
  viewer.turnTo('sessions');
  viewer.message = viewer.filterBy(`~finding ${trouble.diagnosis}`);
}

function goTo(viewer: Viewer, session: number | undefined): void {
  if (session === undefined) return;
  if (viewer.selection.choose(session)) viewer.focus = 'conversation';
  else viewer.message = `session ${session} is not shown: it is filtered out or was dropped`;
}

/** One step back: help, then a whole-screen pane, then another pane than the list, then the filter. */
export function back(viewer: Viewer): void {
  if (viewer.page !== null) viewer.turnToPage(null);
  else if (viewer.maximised) viewer.maximised = false;
  else if (viewer.focus !== viewer.view) viewer.focus = viewer.view;
  else viewer.filterBy('');
}
