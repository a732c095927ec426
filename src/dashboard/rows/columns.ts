// The columns of the session list: what each shows, what it is sorted by, and which give way when the screen is narrow.
import type { LegMode } from '../../dialogue/observation.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import { formatBytes, formatDuration } from '../../words/quantities.js';
import type { SessionCard } from '../model/session-card.js';
import { fitText, oneColumnEach, ownText, type Style, wireText } from './row.js';
import { type Symbols, UNICODE } from './symbols.js';

/** What a cell may need beyond the session itself. */
export interface CellContext {
  readonly now: number;
  readonly symbols: Symbols;
}

export interface Column {
  /** As commands and headings name it. */
  readonly name: string;
  /** Stands in front of all others, and has no heading. */
  readonly isSign?: true;
  readonly width: number;
  /** Takes what the other columns leave. */
  readonly stretches?: true;
  readonly align: 'left' | 'right';
  /** Has a peer's address: both its ends matter, and it is made wider where there is room. */
  readonly isAddress?: true;
  /** The higher, the sooner the column gives way to others. */
  readonly yields: number;
  readonly text: (card: SessionCard, context: CellContext) => string;
  readonly sortKey: (card: SessionCard, context: Pick<CellContext, 'now'>) => number | string;
}

const MODE_LETTERS: Readonly<Record<LegMode, string>> = { active: 'act', passive: 'pas' };

const address = (value: SessionCard['client']) => (value === null ? '' : ownText(formatEndpoint(value)));
const tlsWords = ({ tls }: SessionCard) => {
  if (tls.client && tls.server) return 'both';
  if (tls.client) return 'client';
  return tls.server ? 'server' : '';
};
const modeWords = ({ modes }: SessionCard) => {
  if (modes === null) return '';
  const letters = [MODE_LETTERS[modes.client], MODE_LETTERS[modes.server]];
  return letters[0] === letters[1] ? letters.slice(0, 1).join('') : letters.join('/');
};
const bytes = (value: number) => (value === 0 ? '' : formatBytes(value));
const lastReplyText = ({ lastReply, closed, endedByQuit, trouble }: SessionCard) => {
  if (trouble !== null) return oneColumnEach(trouble);
  if (closed !== null && !endedByQuit) return wireText(closed.reason);
  return lastReply === null ? '' : wireText(lastReply.lines.at(-1) ?? '');
};

/** The gravest sorts highest. */
const rankOf = ({ trouble, warnings }: SessionCard) => (trouble === null ? Math.min(warnings, 1) : 2);

/** One column wide: what is wrong with it, or that something goes on. */
export function signOf(card: SessionCard, { symbols }: CellContext): string {
  if (card.trouble !== null) return symbols.trouble;
  if (card.state === 'transferring') return symbols.transfer;
  return card.warnings > 0 ? symbols.warning : ' ';
}

/** In their order on the screen. */
export const COLUMNS: readonly Column[] = [
  // A sign in front of the row, beside the mark.
  { ...column('trouble', 0, 'right', 0, signOf, rankOf), isSign: true },
  column(
    '#',
    5,
    'right',
    0,
    ({ number }) => String(number),
    ({ number }) => number,
  ),
  { ...column('client', 21, 'left', 2, ({ client }) => address(client)), isAddress: true },
  { ...column('server', 21, 'left', 6, ({ server }) => address(server)), isAddress: true },
  column('user', 10, 'left', 1, ({ user }) => (user === null ? '' : oneColumnEach(user))),
  column('state', 12, 'left', 0, ({ state }) => state),
  column('tls', 6, 'left', 8, tlsWords),
  column('mode', 7, 'left', 7, modeWords),
  column(
    'cmds',
    5,
    'right',
    9,
    ({ commands }) => String(commands),
    ({ commands }) => commands,
  ),
  column(
    'down',
    9,
    'right',
    4,
    ({ bytesDown }) => bytes(bytesDown),
    ({ bytesDown }) => bytesDown,
  ),
  column(
    'up',
    9,
    'right',
    5,
    ({ bytesUp }) => bytes(bytesUp),
    ({ bytesUp }) => bytesUp,
  ),
  column('rate', 11, 'right', 10, rateText, ({ bytesPerSecond }) => bytesPerSecond),
  column(
    'age',
    10,
    'right',
    11,
    (card, { now }) => formatDuration(card.ageMs(now)),
    (card, { now }) => card.ageMs(now),
  ),
  { ...column('last reply', 16, 'left', 3, lastReplyText), stretches: true },
];

/** A column with the width that it has on the screen. */
export interface FittedColumn {
  readonly column: Column;
  readonly width: number;
}

/** The last reply keeps at least that much when addresses are made wider. */
const LEAST_STRETCH = 30;

/**
 * The columns for a screen: those that matter least are left out, never the one that is sorted by. What is left over goes to the
 * addresses of `cards`, as far as they need it, and then to the column that stretches.
 */
export function fittingColumns(
  columns: number,
  sortColumn: string,
  cards: readonly SessionCard[],
  context: CellContext,
): readonly FittedColumn[] {
  let shown = COLUMNS.filter(({ isSign }) => !isSign);
  const needed = () => shown.reduce((sum, { width }) => sum + width + 1, -1);
  const yields = (one: Column) => (one.name === sortColumn ? -1 : one.yields);
  while (needed() > columns && shown.length > 1) {
    const first = shown.reduce((most, one) => (yields(one) > yields(most) ? one : most));
    shown = shown.filter((one) => one !== first);
  }
  const stretching = shown.find(({ stretches }) => stretches);
  let spare = columns - needed() - (stretching === undefined ? 0 : LEAST_STRETCH - stretching.width);
  const fitted = shown.map((one): FittedColumn => {
    if (!one.isAddress || spare <= 0) return { column: one, width: one.width };
    const longest = cards.reduce((most, card) => Math.max(most, one.text(card, context).length), one.width);
    const more = Math.min(spare, longest - one.width);
    spare -= more;
    return { column: one, width: one.width + more };
  });
  const left = columns - fitted.reduce((sum, { width }) => sum + width + 1, -1);
  return fitted.map(({ column: one, width }) => ({ column: one, width: one.stretches ? width + left : width }));
}

/** A session's text for the column, exactly as wide as that. */
export function cellText(
  { column: one, width }: FittedColumn,
  card: SessionCard,
  context: CellContext,
  ellipsis: string,
) {
  const text = one.text(card, context);
  if (!one.isAddress || text.length <= width) return fitText(text, width, ellipsis, one.align);
  const tail = Math.ceil((width - ellipsis.length) / 2);
  return text.slice(0, width - ellipsis.length - tail) + ellipsis + text.slice(-tail);
}

/** How a session's row is coloured. */
export function styleOf(card: SessionCard): Style {
  if (card.trouble !== null) return 'permanent-negative';
  switch (card.state) {
    case 'failed':
    case 'closed':
      return 'dim';
    case 'transferring':
      return 'completion';
    default:
      return 'default';
  }
}

function rateText({ bytesPerSecond }: SessionCard): string {
  return bytesPerSecond === 0 ? '' : `${formatBytes(Math.round(bytesPerSecond))}/s`;
}

function column(
  name: string,
  width: number,
  align: Column['align'],
  yields: number,
  text: Column['text'],
  sortKey: Column['sortKey'] = (card, { now }) => text(card, { now, symbols: UNICODE }),
): Column {
  return { name, width, align, yields, text, sortKey };
}
