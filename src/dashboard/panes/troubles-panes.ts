// The troubles view: causes, how often, when and whose; and below, what to do about the one under the cursor.
import { localClock, localDay } from '../../words/times.js';
import type { Trouble } from '../model/troubles.js';
import { oneColumnEach, type Row, type Style, selected, span, wireText, wrapped } from '../rows/row.js';
import { type Symbols, sparkline } from '../rows/symbols.js';
import { adviceText } from '../rows/trouble-words.js';
import type { Viewer } from '../viewer/viewer.js';
import type { Drawn, PaneSize } from './pane.js';

const COUNT_COLUMNS = 5;
const LEG_COLUMNS = 8;
const SPARK_COLUMNS = 20;
/** From here on there is room for when it was. */
const SPARKS_FROM = 100;
const CLIENT_COLUMNS = 24;

const STYLES: Readonly<Record<Trouble['severity'], Style>> = {
  error: 'permanent-negative',
  warning: 'transient-negative',
  note: 'default',
};

export function troublesPane(viewer: Viewer, { columns, rows }: PaneSize): Drawn {
  const { board, troubles, focus, symbols } = viewer;
  const { list } = board.troubles;
  const { from, to } = troubles.window(list.length, Math.max(1, rows - 1));
  const period = timesOf(list);
  const head = `${'times'.padStart(COUNT_COLUMNS)}  ${'leg'.padEnd(LEG_COLUMNS)}  what happened`;
  const body = list.slice(from, to).map((trouble, index) => {
    const row = troubleRow(trouble, columns, period, symbols);
    return from + index === troubles.cursor && focus === 'troubles' ? selected(row) : row;
  });
  const none: Row = [span(' nothing went wrong so far', 'dim')];
  const when =
    period === null ? '' : `from ${localDay(period.from)} ${localClock(period.from)} to ${localClock(period.to)}`;
  return {
    title: ['Troubles, by cause', `${list.length}`, when].filter(Boolean).join('  '),
    body: [[span(` ${head}`, 'dim')], ...(body.length === 0 ? [none] : body)],
  };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** From the first to the last of all that is kept of them. */
function timesOf(list: readonly Trouble[]): Span | null {
  const times = list.flatMap(({ times }) => [times[0] ?? 0, times.at(-1) ?? 0]);
  return times.length === 0 ? null : { from: Math.min(...times), to: Math.max(...times) };
}

function troubleRow(trouble: Trouble, columns: number, times: Span | null, symbols: Symbols): Row {
  const { leg, severity, newest, count, clients } = trouble;
  const sign = severity === 'error' ? symbols.trouble : symbols.warning;
  const head = ` ${String(count).padStart(COUNT_COLUMNS)}  ${`${leg ?? '-'} ${sign}`.padEnd(LEG_COLUMNS)}  `;
  const who = `${clients.size}: ${[...clients].map(oneColumnEach).join(', ')}`;
  const wide = columns >= SPARKS_FROM && times !== null;
  const room = columns - head.length - (wide ? SPARK_COLUMNS + CLIENT_COLUMNS + 4 : 0);
  const title = wireText(newest.title);
  const text =
    title.length > room ? title.slice(0, room - symbols.ellipsis.length) + symbols.ellipsis : title.padEnd(room);
  if (!wide) return [span(head + text, STYLES[severity])];
  return [
    span(`${head}${text}  `, STYLES[severity]),
    span(sparkline(perColumn(trouble.times, times), SPARK_COLUMNS, symbols), 'intermediate'),
    span(`  ${who}`, 'dim'),
  ];
}

/** How many there were in each part of the time. */
function perColumn(times: readonly number[], { from, to }: Span): number[] {
  const counts = Array.from({ length: SPARK_COLUMNS }, () => 0);
  const each = Math.max(1, to - from) / SPARK_COLUMNS;
  for (const at of times) {
    const index = Math.min(SPARK_COLUMNS - 1, Math.floor((at - from) / each));
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

export function advicePane(viewer: Viewer, { columns }: PaneSize): Drawn {
  const trouble = viewer.trouble;
  if (trouble === null) return { title: 'What to do', body: [] };
  return { title: `What to do  ${oneColumnEach(trouble.diagnosis)}`, body: adviceRows(trouble, columns) };
}

function adviceRows(trouble: Trouble, columns: number): Row[] {
  return adviceText(trouble).flatMap((text, index) =>
    wrapped(oneColumnEach(text), columns - 2).map(
      (part): Row => [span(` ${part}`, index === 0 ? STYLES[trouble.severity] : 'default')],
    ),
  );
}
