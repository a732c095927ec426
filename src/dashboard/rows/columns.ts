// The columns of the session list: what each shows, what it is sorted by, and which give way when the screen is narrow.
import { formatEndpoint } from '../../protocol/endpoint.js';
import type { LegMode } from '../../session/observation.js';
import { formatBytes, formatDuration } from '../../words/quantities.js';
import type { SessionCard } from '../model/session-card.js';
import { oneColumnEach, ownText, type Style, wireText } from './row.js';

/** What a cell may need beyond the session itself. */
export interface CellContext {
  readonly now: number;
}

export interface Column {
  /** As commands and headings name it. */
  readonly name: string;
  readonly width: number;
  /** Takes what the other columns leave. */
  readonly stretches?: true;
  readonly align: 'left' | 'right';
  /** The higher, the sooner the column gives way to others. */
  readonly yields: number;
  readonly text: (card: SessionCard, context: CellContext) => string;
  readonly sortKey: (card: SessionCard, context: CellContext) => number | string;
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
const lastReplyText = ({ lastReply, closed }: SessionCard) => {
  if (closed !== null && closed.reason !== 'QUIT') return wireText(closed.reason);
  return lastReply === null ? '' : wireText(lastReply.lines.at(-1) ?? '');
};

/** In their order on the screen. */
export const COLUMNS: readonly Column[] = [
  column(
    '#',
    5,
    'right',
    0,
    ({ number }) => String(number),
    ({ number }) => number,
  ),
  column('client', 21, 'left', 2, ({ client }) => address(client)),
  column('server', 21, 'left', 6, ({ server }) => address(server)),
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

/** The columns for a screen, those that matter least left out, and the width of the one that stretches. */
export function fittingColumns(columns: number): { readonly shown: readonly Column[]; readonly stretch: number } {
  let shown = COLUMNS;
  const needed = () => shown.reduce((sum, { width }) => sum + width + 1, 0);
  while (needed() > columns && shown.length > 1) {
    const first = shown.reduce((most, one) => (one.yields > most.yields ? one : most));
    shown = shown.filter((one) => one !== first);
  }
  const fixed = shown.reduce((sum, { width, stretches }) => sum + (stretches ? 1 : width + 1), 0);
  return { shown, stretch: Math.max(0, columns - fixed) };
}

/** How a session's row is coloured. */
export function styleOf(card: SessionCard): Style {
  switch (card.state) {
    case 'failed':
      return 'permanent-negative';
    case 'closed':
      return 'dim';
    case 'transferring':
      return 'completion';
    default:
      return card.troubles > 0 ? 'transient-negative' : 'default';
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
  sortKey: Column['sortKey'] = text,
): Column {
  return { name, width, align, yields, text, sortKey };
}
