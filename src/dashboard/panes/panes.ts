// The four panes as rows, each with its title: what the viewer looks at, cut to the pane's size.
import { formatBytes } from '../../words/quantities.js';
import { localClock, localDay } from '../../words/times.js';
import type { OpenLink } from '../model/board.js';
import { eventLine, eventText, linkEnds, linkUse } from '../rows/board-words.js';
import { type CellContext, cellText, type FittedColumn, fittingColumns, signOf, styleOf } from '../rows/columns.js';
import { fitRow, fitText, oneColumnEach, ownText, type Row, selected, span } from '../rows/row.js';
import { sparkline } from '../rows/symbols.js';
import type { PaneName, Viewer } from '../viewer/viewer.js';
import type { Drawn, PaneSize } from './pane.js';
import { advicePane, troublesPane } from './troubles-panes.js';

/** Exactly as many rows as asked for, each exactly as wide. */
export function paneRows(pane: PaneName, viewer: Viewer, size: PaneSize, context: CellContext): Row[] {
  const height = Math.max(1, size.rows - 1);
  if (viewer.focus === pane) viewer.pageRows = height;
  const { title, body } = drawn(pane, viewer, { columns: size.columns, rows: height }, context);
  const style = viewer.focus === pane ? 'title-focused' : 'title';
  const heading: Row = [span(fitText(` ${title}`, size.columns, viewer.symbols.ellipsis), style)];
  const rows = body.slice(0, height).map((row) => fitRow(row, size.columns, viewer.symbols.ellipsis));
  while (rows.length < height) rows.push([span(' '.repeat(size.columns))]);
  return [heading, ...rows];
}

function drawn(pane: PaneName, viewer: Viewer, size: PaneSize, context: CellContext): Drawn {
  switch (pane) {
    case 'sessions':
      return sessionsPane(viewer, size, context);
    case 'conversation':
      return conversationPane(viewer, size);
    case 'links':
      return linksPane(viewer, size);
    case 'events':
      return eventsPane(viewer, size);
    case 'troubles':
      return troublesPane(viewer, size);
    case 'advice':
      return advicePane(viewer, size);
  }
}

function sessionsPane(viewer: Viewer, { columns, rows }: PaneSize, context: CellContext): Drawn {
  const { selection, board, symbols, filterText } = viewer;
  const { from, to } = selection.list.window(selection.sessions.length, Math.max(1, rows - 1));
  const visible = selection.sessions.slice(from, to).map(({ card }) => card);
  const fitted = fittingColumns(columns - 2, selection.sortColumn, visible, context);
  const body = visible.map((card, index) => {
    const mark = selection.marked.has(card.number) ? symbols.marked : ' ';
    const cells = fitted.map((column) => cellText(column, card, context, symbols.ellipsis)).join(' ');
    const row = [span(mark + signOf(card, context) + cells, styleOf(card))];
    return from + index === selection.list.cursor ? selected(row) : row;
  });
  const head = fitted.map((column) => headCell(column, viewer)).join(' ');
  const position = `${selection.sessions.length === 0 ? 0 : selection.list.cursor + 1}/${selection.sessions.length}`;
  const notes = [
    filterText === '' ? '' : `filter: ${ownText(filterText)}`,
    selection.markedOnly ? 'marked only' : '',
    selection.list.follows ? 'following' : '',
    viewer.looksBack ? 'read back, ] for the newest' : '',
    board.forgotten === 0 ? '' : `${board.forgotten} older ones are not kept, [ reads back`,
  ];
  return {
    title: ['Sessions', position, ...notes].filter(Boolean).join('  '),
    body: [[span(`  ${head}`, 'dim')], ...body],
  };
}

function headCell({ column, width }: FittedColumn, { selection, symbols }: Viewer): string {
  const arrow = selection.reversed ? symbols.descending : symbols.ascending;
  const text = selection.sortColumn === column.name ? `${column.name}${arrow}` : column.name;
  return fitText(text, width, '', column.align);
}

function conversationPane(viewer: Viewer, { rows }: PaneSize): Drawn {
  const { session, conversation, symbols, focus, playback } = viewer;
  if (session === null)
    return {
      title: 'Conversation',
      body: [[span(` ${viewer.hidesAll ? 'no session is shown' : 'no session yet'}`, 'dim')]],
    };
  const { card } = session;
  const { rows: visible, cursor } = conversation.visible(session, rows, symbols);
  const body = visible.map(({ row, at }, index) => {
    const whole = [span(` ${localClock(at)} `, 'dim'), ...row];
    return index === cursor && focus === 'conversation' ? selected(whole) : whole;
  });
  const { dropped } = session.conversation;
  const who = card.user === null ? '' : oneColumnEach(card.user);
  const older = dropped === 0 ? '' : `${dropped} older entries are not kept`;
  const following = conversation.list.follows ? 'following' : '';
  // What happens now happens today.
  const day = playback === null ? '' : localDay(card.openedAt);
  return { title: [`Session ${card.number}`, who, card.state, day, older, following].filter(Boolean).join('  '), body };
}

function linksPane(viewer: Viewer, { columns, rows }: PaneSize): Drawn {
  const { openLinks, links, focus } = viewer;
  const { from, to } = links.window(openLinks.length, rows);
  // Endpoints get a row of their own where they would not fit, as long as there is room for all.
  const inTwo = columns < ONE_ROW_COLUMNS && openLinks.length * 2 <= rows;
  const body = openLinks.slice(from, to).flatMap((link, index) => {
    const row = linkRow(link, viewer, columns);
    const ends = endsRow(link, viewer);
    const drawn = inTwo ? [row, [span(' '.repeat(LINK_NUMBER_COLUMNS)), ...ends]] : [[...row, span('  '), ...ends]];
    return focus === 'links' && from + index === links.cursor ? drawn.map(selected) : drawn;
  });
  const none: Row = [span(' no data connection is announced or open', 'dim')];
  return { title: `Data links  ${openLinks.length} open`, body: body.length === 0 ? [none] : body };
}

const SPARK_COLUMNS = 10;
const LINK_NUMBER_COLUMNS = 6;
/** From here on the endpoints of both legs fit behind the rest. */
const ONE_ROW_COLUMNS = 140;

function linkRow({ session, facts, meter }: OpenLink, { symbols }: Viewer, columns: number): Row {
  const rate = meter.bytesPerSecond === 0 ? '' : `${formatBytes(Math.round(meter.bytesPerSecond))}/s`;
  return [
    span(` #${session} `.padEnd(LINK_NUMBER_COLUMNS), 'dim'),
    span(fitText(linkUse(facts), Math.max(12, Math.floor(columns * 0.3)), symbols.ellipsis), 'completion'),
    span(` ${fitText(formatBytes(facts.bytes), 9, '', 'right')} ${fitText(rate, 11, '', 'right')} `),
    span(sparkline(meter.rates, SPARK_COLUMNS, symbols), 'intermediate'),
  ];
}

function endsRow({ facts }: OpenLink, { symbols }: Viewer): Row {
  return [span(linkEnds(facts, symbols), 'dim')];
}

function eventsPane(viewer: Viewer, { rows }: PaneSize): Drawn {
  const { board, events, focus } = viewer;
  const { items } = board.events;
  const { from, to } = events.window(items.length, rows);
  const body = items.slice(from, to).map((event, index) => {
    const { mark, text, ink, note } = eventLine(event);
    const row = [
      span(` ${localClock(event.at)} #${event.session} `, 'dim'),
      span(`${mark} ${oneColumnEach(text)}`, ink),
      span(note ? `  ${oneColumnEach(note)}` : '', 'dim'),
    ];
    return focus === 'events' && from + index === events.cursor ? selected(row) : row;
  });
  const none: Row = [span(' no violation, failure or gap so far', 'dim')];
  return { title: `Events  ${items.length}`, body: body.length === 0 ? [none] : body };
}

/** Why there is nothing to explain. */
export function noSessionWords({ hidesAll, selection, playback }: Viewer): string {
  if (hidesAll) return selection.markedOnly ? 'no session that is marked is shown' : 'no session matches the filter';
  return playback === null ? 'waiting for a client to connect' : '';
}

/** What the event under the cursor says, however wide the pane is. */
export function eventWords({ board, events }: Viewer): string {
  const event = board.events.items[events.cursor];
  return event === undefined ? '' : eventText(event);
}
