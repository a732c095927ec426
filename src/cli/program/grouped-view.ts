// Shows the observations of each session together, session by session in the order in which they opened. What is held for that is bounded:
// beyond, sessions that are over are shown before older ones that are not.
import type { Observation } from '../../dialogue/observation.js';
import type { View } from './view.js';

const MAX_HELD_OBSERVATIONS = 100_000;

interface Group {
  readonly observations: Observation[];
  isOver: boolean;
}

export class GroupedView implements View {
  /** The oldest session first. */
  private readonly groups = new Map<number, Group>();
  private held = 0;

  constructor(private readonly view: View) {}

  show(observation: Observation): void {
    const { session, kind } = observation;
    const group = this.groups.get(session) ?? { observations: [], isOver: false };
    this.groups.set(session, group);
    group.observations.push(observation);
    group.isOver ||= kind === 'session-closed';
    this.held += 1;
    this.showThoseOver();
  }

  end(): void {
    for (const session of [...this.groups.keys()]) this.showGroup(session);
    this.view.end();
  }

  private showThoseOver(): void {
    for (const [session, { isOver }] of this.groups) {
      if (!isOver) break;
      this.showGroup(session);
    }
    if (this.held <= MAX_HELD_OBSERVATIONS) return;
    const [oldest] = this.groups.keys();
    for (const [session, { isOver }] of this.groups) if (isOver) this.showGroup(session);
    if (this.held > MAX_HELD_OBSERVATIONS && oldest !== undefined) this.showGroup(oldest);
  }

  private showGroup(session: number): void {
    const group = this.groups.get(session);
    if (group === undefined) return;
    this.groups.delete(session);
    this.held -= group.observations.length;
    for (const observation of group.observations) this.view.show(observation);
  }
}
