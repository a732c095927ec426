// What went wrong, in all sessions, by cause: the findings of one diagnosis on one leg, how often, when, and whose. Bounded, and kept for
// sessions that were let go as well.
import type { Finding, Severity } from '../../dialogue/observation.js';
import type { SessionCard } from './session-card.js';

export interface Trouble {
  readonly diagnosis: string;
  readonly leg: Finding['leg'];
  readonly severity: Severity;
  /** The newest one: its words name addresses and files. */
  newest: Finding;
  count: number;
  /** Numbers of sessions, the newest last. */
  readonly sessions: number[];
  /** Users, or addresses of clients that named none. */
  readonly clients: Set<string>;
  /** Times of the newest ones, the newest last. */
  readonly times: number[];
}

const MAX_TROUBLES = 200;
const MAX_SESSIONS = 1000;
const MAX_CLIENTS = 20;
const MAX_TIMES = 500;
const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

export class Troubles {
  private readonly byCause = new Map<string, Trouble>();

  /** The gravest first, and of these the newest. Notes are none. */
  get list(): readonly Trouble[] {
    return [...this.byCause.values()].sort(
      (a, b) =>
        RANK[a.severity] - RANK[b.severity] || b.newest.at - a.newest.at || (a.diagnosis < b.diagnosis ? -1 : 1),
    );
  }

  /** How many causes there are. */
  get size(): number {
    return this.byCause.size;
  }

  /** Whether one of them is an error. */
  get hasError(): boolean {
    for (const { severity } of this.byCause.values()) if (severity === 'error') return true;
    return false;
  }

  take(finding: Finding, card: SessionCard): void {
    const { diagnosis, leg, severity, session, at } = finding;
    if (severity === 'note') return;
    const key = `${diagnosis} ${leg} ${severity}`;
    const known = this.byCause.get(key) ?? this.begin(key, finding);
    if (known === null) return;
    known.newest = finding;
    known.count += 1;
    if (known.sessions.at(-1) !== session && !known.sessions.includes(session))
      keep(known.sessions, session, MAX_SESSIONS);
    keep(known.times, at, MAX_TIMES);
    const who = card.user ?? card.client?.address;
    if (who !== undefined && known.clients.size < MAX_CLIENTS) known.clients.add(who);
  }

  clear(): void {
    this.byCause.clear();
  }

  private begin(key: string, newest: Finding): Trouble | null {
    if (this.byCause.size >= MAX_TROUBLES) return null;
    const { diagnosis, leg, severity } = newest;
    const trouble = { diagnosis, leg, severity, newest, count: 0, sessions: [], clients: new Set<string>(), times: [] };
    this.byCause.set(key, trouble);
    return trouble;
  }
}

function keep<T>(list: T[], one: T, most: number): void {
  list.push(one);
  if (list.length > most) list.shift();
}
