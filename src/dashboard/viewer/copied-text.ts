// What `y` copies: the row under the cursor of whichever pane has the focus, uncut; of a report all of it.
import { formatBytes } from '../../words/quantities.js';
import { eventText, linkEnds, linkUse } from '../rows/board-words.js';
import { COLUMNS } from '../rows/columns.js';
import { oneColumnEach, textOf } from '../rows/row.js';
import type { Viewer } from './viewer.js';

/** Empty when there is nothing under the cursor. */
export function copiedText(viewer: Viewer): string {
  if (viewer.page !== null) return viewer.page.kind === 'report' ? viewer.page.lines.map(oneColumnEach).join('\n') : '';
  switch (viewer.focus) {
    case 'sessions':
      return sessionText(viewer);
    case 'conversation': {
      const row = viewer.session === null ? null : viewer.conversation.current(viewer.session, viewer.symbols);
      return row === null ? '' : textOf(row.row);
    }
    case 'links':
      return linkText(viewer);
    case 'events': {
      const event = viewer.board.events.items[viewer.events.cursor];
      return event === undefined ? '' : oneColumnEach(eventText(event));
    }
  }
}

/** As in the list, columns that have nothing to say left out. */
function sessionText({ session, board }: Viewer): string {
  if (session === null) return '';
  return COLUMNS.map((column) => column.text(session.card, { now: board.lastAt }))
    .filter(Boolean)
    .join('  ');
}

function linkText({ openLinks, links, symbols }: Viewer): string {
  const link = openLinks[links.cursor];
  if (link === undefined) return '';
  const { session, facts } = link;
  return `#${session}  ${linkUse(facts)}  ${formatBytes(facts.bytes)}  ${linkEnds(facts, symbols)}`;
}
