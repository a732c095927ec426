// Sessions or transfers, one row each, instead of all that was said: for people, for programs (NDJSON) and for spreadsheets (tab-separated).
import type { LinkClosed, Observation, SessionClosed } from '../dialogue/observation.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import { escapeForTerminal, utf8Reading } from '../protocol/wire-text.js';
import { formatBytes, formatDuration } from './quantities.js';
import { localTime, utcTime } from './times.js';

export type OverviewKind = 'sessions' | 'transfers';

/** Of one column: its name for programs, and how wide it is for people. Units are in the names. */
interface Column {
  readonly name: string;
  readonly width: number;
}

const column = (name: string, width: number): Column => ({ name, width });
const WHO = [
  column('time', 23),
  column('session', 7),
  column('client', 21),
  column('user', 12),
  column('server', 21),
] as const;
const COLUMNS: Readonly<Record<OverviewKind, readonly Column[]>> = {
  sessions: [
    ...WHO,
    column('durationMs', 10),
    column('commands', 8),
    column('transfers', 9),
    column('bytesDown', 9),
    column('bytesUp', 9),
    column('endedBy', 7),
    column('end', 0),
  ],
  transfers: [
    ...WHO,
    column('verb', 4),
    column('path', 24),
    column('bytes', 9),
    column('durationMs', 10),
    column('outcome', 8),
    column('sha256', 64),
    column('reason', 0),
  ],
};

type Value = string | number | null;
type Row = Readonly<Record<string, Value>>;

interface OpenSession {
  readonly openedAt: number;
  readonly client: Endpoint;
  server: Endpoint | null;
  /** As it was last named. */
  user: string | null;
  commands: number;
  transfers: number;
  bytesDown: number;
  bytesUp: number;
  lastAt: number;
}

/** Makes rows of what is shown to it. Holds a little of each session that is open. */
export class Overview {
  private readonly open = new Map<number, OpenSession>();

  constructor(private readonly kind: OverviewKind) {}

  /** The row that this completes, if any. */
  take(observation: Observation): Row | null {
    if (observation.kind === 'session-opened') {
      const { session, at, client, server } = observation;
      this.open.set(session, { ...NOTHING_YET, openedAt: at, lastAt: at, client, server });
      return null;
    }
    const known = this.open.get(observation.session);
    if (known === undefined) return null;
    known.lastAt = observation.at;
    switch (observation.kind) {
      case 'server-chosen':
        known.server = observation.server;
        return null;
      case 'command':
        known.commands += 1;
        if (observation.verb === 'USER') known.user = textOf(observation.argument);
        return null;
      case 'link-closed':
        return this.transferOf(known, observation);
      case 'session-closed':
        this.open.delete(observation.session);
        return this.kind === 'sessions' ? sessionRow(observation.session, known, observation) : null;
      default:
        return null;
    }
  }

  /** Rows of sessions whose end was not recorded. */
  rest(): Row[] {
    const rows = [...this.open].map(([session, known]) => sessionRow(session, known, null));
    this.open.clear();
    return this.kind === 'sessions' ? rows : [];
  }

  private transferOf(known: OpenSession, closed: LinkClosed): Row | null {
    const { verb, direction, bytes } = closed;
    // A port that was announced and never used carried nothing.
    if (verb === null && bytes === 0) return null;
    known.transfers += 1;
    if (direction === 'upload') known.bytesUp += bytes;
    else known.bytesDown += bytes;
    return this.kind === 'transfers' ? transferRow(known, closed) : null;
  }
}

const NOTHING_YET = { user: null, commands: 0, transfers: 0, bytesDown: 0, bytesUp: 0 };

function whoOf(session: number, at: number, { client, user, server }: OpenSession): Row {
  const ends = { client: formatEndpoint(client), user, server: server === null ? null : formatEndpoint(server) };
  return { time: `${utcTime(at)}Z`, session, ...ends };
}

function sessionRow(session: number, known: OpenSession, closed: SessionClosed | null): Row {
  const { openedAt, lastAt, commands, transfers, bytesDown, bytesUp } = known;
  return {
    ...whoOf(session, openedAt, known),
    durationMs: closed?.durationMs ?? lastAt - openedAt,
    commands,
    transfers,
    bytesDown,
    bytesUp,
    endedBy: closed?.by ?? null,
    end: closed === null ? 'its end is not in the recording' : closed.reason,
  };
}

function transferRow(known: OpenSession, closed: LinkClosed): Row {
  const { session, at, verb, path, bytes, durationMs, outcome, sha256, reason } = closed;
  const began = at - (durationMs ?? 0);
  return {
    ...whoOf(session, began, known),
    verb,
    path: path === null ? null : textOf(path),
    bytes,
    durationMs,
    outcome,
    sha256: sha256 ?? null,
    reason,
  };
}

/** What programs are given: UTF-8 where it is that. */
function textOf(latin1: string): string {
  return utf8Reading(latin1) ?? latin1;
}

/** How rows are written. */
export type OverviewForm = 'text' | 'json' | 'tsv';

/** The line in front of all rows; null where there is none. */
export function overviewHead(kind: OverviewKind, form: OverviewForm): string | null {
  if (form === 'json') return null;
  const columns = COLUMNS[kind];
  if (form === 'tsv') return columns.map(({ name }) => name).join('\t');
  return aligned(columns, (name) => headOf(name).toUpperCase());
}

export function overviewLine(kind: OverviewKind, form: OverviewForm, row: Row): string {
  switch (form) {
    case 'json':
      return JSON.stringify(row);
    case 'tsv':
      // A tab or a line end in a value would be a column or a row.
      return COLUMNS[kind].map(({ name }) => escapeForTerminal(String(row[name] ?? ''))).join('\t');
    case 'text':
      return aligned(COLUMNS[kind], (name) => forPeople(name, row[name] ?? null));
  }
}

/** `durationMs` is shown with its unit, `bytesDown` is DOWN. */
function headOf(name: string): string {
  return name
    .replace(/Ms$/, '')
    .replace(/^bytes(?=[A-Z])/, '')
    .replace('endedBy', 'by');
}

function aligned(columns: readonly Column[], text: (name: string) => string): string {
  return columns
    .map(({ name, width }) => text(name).padEnd(width))
    .join('  ')
    .trimEnd();
}

function forPeople(name: string, value: Value): string {
  if (value === null) return '-';
  if (name === 'time') return localTime(Date.parse(String(value)));
  if (typeof value === 'string') return escapeForTerminal(value);
  if (name === 'durationMs') return formatDuration(value);
  return /^bytes/.test(name) ? formatBytes(value) : String(value);
}
