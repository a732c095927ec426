// Which of many sessions a filter selects, once all of their observations have gone by.
import type { Observation } from '../dialogue/observation.js';
import type { SessionFilter, SessionMatcher } from './session-filter.js';

/** More open at once than any proxy has; sessions that never end (a file may hold such) must not fill the memory. */
const MAX_OPEN_SESSIONS = 200_000;
/** Selected sessions are remembered by number. */
const MAX_SELECTED_SESSIONS = 5_000_000;

export class SessionSelection {
  private readonly open = new Map<number, SessionMatcher>();
  private readonly selected = new Set<number>();

  /** The kinds that it has to see; others need not be shown to it. */
  readonly kinds: ReadonlySet<Observation['kind']>;

  constructor(private readonly filter: SessionFilter) {
    this.kinds = new Set([...filter.kinds, 'session-closed']);
  }

  /** More match than are remembered: the selection lacks some. */
  get isFull(): boolean {
    return this.selected.size >= MAX_SELECTED_SESSIONS;
  }

  /** Asked when no more observations come, as below. */
  get isEmpty(): boolean {
    return this.selected.size === 0 && ![...this.open.values()].some(({ matches }) => matches);
  }

  take(observation: Observation): void {
    const { session } = observation;
    const matcher = this.open.get(session) ?? this.begin(session);
    matcher.take(observation);
    if (observation.kind === 'session-closed') this.end(session, matcher);
  }

  /** Asked when no more observations come: sessions that did not end count as they stand. */
  includes(session: number): boolean {
    return this.selected.has(session) || this.open.get(session)?.matches === true;
  }

  private begin(session: number): SessionMatcher {
    if (this.open.size >= MAX_OPEN_SESSIONS) {
      const [oldest] = this.open;
      if (oldest !== undefined) this.end(...oldest);
    }
    const matcher = this.filter.matcher();
    this.open.set(session, matcher);
    return matcher;
  }

  private end(session: number, matcher: SessionMatcher): void {
    this.open.delete(session);
    if (matcher.matches && !this.isFull) this.selected.add(session);
  }
}
