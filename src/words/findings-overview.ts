// The findings of many sessions, summed up by cause: for people, for programs (NDJSON) and for spreadsheets.
import type { Finding, Fix, Observation, Severity } from '../dialogue/observation.js';
import { escapeForTerminal, readableText } from '../protocol/wire-text.js';
import { adviceLines } from './findings.js';
import { formatCount } from './quantities.js';
import { utcTime } from './times.js';

/** One diagnosis on one leg, in however many sessions. */
export interface FindingsRow {
  readonly diagnosis: string;
  readonly severity: Severity;
  readonly leg: Finding['leg'];
  readonly fault: Finding['fault'];
  readonly mended: boolean;
  readonly findings: number;
  readonly sessions: number;
  /** Sessions in the whole recording. */
  readonly ofSessions: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** Addresses, up to some. */
  readonly clients: readonly string[];
  /** Numbers, up to some. */
  readonly sessionNumbers: readonly number[];
  /** Of the first one. */
  readonly title: string;
  readonly cause: string;
  readonly fix: Fix;
}

interface Gathered {
  readonly first: Finding;
  findings: number;
  sessions: number;
  lastAt: number;
  readonly clients: Set<string>;
  readonly sessionNumbers: number[];
}

interface OpenSession {
  readonly client: string;
  /** What it has been counted for. */
  readonly found: Set<string>;
}

const MAX_CLIENTS = 10;
const MAX_NUMBERS = 10;
const ORDER: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

export class FindingsOverview {
  private readonly gathered = new Map<string, Gathered>();
  private readonly open = new Map<number, OpenSession>();
  private sessions = 0;

  get sessionCount(): number {
    return this.sessions;
  }

  take(observation: Observation): void {
    switch (observation.kind) {
      case 'session-opened':
        this.sessions += 1;
        this.open.set(observation.session, { client: observation.client.address, found: new Set() });
        return;
      case 'finding':
        return this.finding(observation);
      case 'session-closed':
        this.open.delete(observation.session);
        return;
      default:
    }
  }

  /** The gravest first, and of these the most frequent. */
  rows(): FindingsRow[] {
    const rows = [...this.gathered.values()].map((one) => this.rowOf(one));
    return rows.sort((a, b) => ORDER[a.severity] - ORDER[b.severity] || b.sessions - a.sessions);
  }

  private finding(finding: Finding): void {
    const { diagnosis, leg, severity, session, at } = finding;
    const key = `${diagnosis} ${leg} ${severity}`;
    let known = this.gathered.get(key);
    if (known === undefined) {
      known = { first: finding, findings: 0, sessions: 0, lastAt: at, clients: new Set(), sessionNumbers: [] };
      this.gathered.set(key, known);
    }
    known.findings += 1;
    known.lastAt = at;
    const open = this.open.get(session);
    if (open === undefined || open.found.has(key)) return;
    open.found.add(key);
    known.sessions += 1;
    if (known.sessionNumbers.length < MAX_NUMBERS) known.sessionNumbers.push(session);
    if (known.clients.size < MAX_CLIENTS) known.clients.add(open.client);
  }

  private rowOf({ first, findings, sessions, lastAt, clients, sessionNumbers }: Gathered): FindingsRow {
    const { diagnosis, severity, leg, fault, mended, title, cause, fix } = first;
    return {
      ...{ diagnosis, severity, leg, fault, mended: mended === true, findings, sessions, ofSessions: this.sessions },
      ...{ firstAt: `${utcTime(first.at)}Z`, lastAt: `${utcTime(lastAt)}Z` },
      ...{ clients: [...clients], sessionNumbers, title: readableText(title), cause: readableText(cause), fix },
    };
  }
}

/** For people: each cause with what to do, or that there is nothing. */
export function findingsText(rows: readonly FindingsRow[], sessions: number): string[] {
  if (rows.length === 0) return [`nothing went wrong that ftpscope knows of, in ${formatCount(sessions, 'session')}`];
  return rows.flatMap((row, index) => [...(index === 0 ? [] : ['']), ...rowText(row)]);
}

function rowText(row: FindingsRow): string[] {
  const { severity, diagnosis, leg, mended, findings, sessions, ofSessions, title } = row;
  const where = leg === null ? '' : `, on the ${leg}'s leg`;
  const times = findings === sessions ? '' : `, ${formatCount(findings, 'time')}`;
  const fixed = mended ? ', fixed by the proxy' : '';
  return [
    `${severity}: ${escapeForTerminal(title)}`,
    `   ${diagnosis}: ${sessions} of ${formatCount(ofSessions, 'session')}${times}${where}${fixed}`,
    `   from ${list(row.clients)}; ${list(row.sessionNumbers.map((number) => `#${number}`))}${sessions > MAX_NUMBERS ? ', ...' : ''}`,
    ...adviceLines(row).map(({ text }) => `   ${text}`),
  ];
}

const list = (words: readonly string[]) => words.map(escapeForTerminal).join(', ');

const COLUMNS = [
  'severity',
  'diagnosis',
  'leg',
  'fault',
  'mended',
  'findings',
  'sessions',
  'ofSessions',
  'firstAt',
  'lastAt',
  'title',
] as const;

export function findingsTsv(rows: readonly FindingsRow[]): string[] {
  return [
    COLUMNS.join('\t'),
    ...rows.map((row) => COLUMNS.map((name) => escapeForTerminal(String(row[name] ?? ''))).join('\t')),
  ];
}
