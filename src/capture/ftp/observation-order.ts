// Brings the observations of all sessions into the order of the capture, and numbers the sessions in the order in which they
// opened: a session that is recognised late has its place before those that opened after it. Goes by the place in the capture,
// not by time, as captures may be put together of several.
import type { Observation } from '../../session/observation.js';

/** So many observations wait for a session that may have to stand before them, and no more. */
const MAX_HELD_OBSERVATIONS = 20_000;

interface Held {
  readonly place: number;
  readonly observation: Observation;
}

export class ObservationOrder {
  /** The place in the capture of what is being told. */
  place = 0;
  private readonly held: Held[] = [];
  /** By the key under which a session's observations come in. */
  private readonly numbers = new Map<number, number>();
  private count = 0;

  /** Takes an observation whose `session` is the session's key. */
  add(observation: Observation): void {
    const { held, place } = this;
    let index = held.length;
    while (index > 0 && (held[index - 1]?.place ?? 0) > place) index -= 1;
    if (index === held.length) held.push({ place, observation });
    else held.splice(index, 0, { place, observation });
  }

  /** The number of a session, from now on its own. */
  numberOf(key: number): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.count += 1;
    this.numbers.set(key, this.count);
    return this.count;
  }

  /** What stands before a place, and more where too much would wait; everything for null. */
  take(before: number | null): Observation[] {
    const { held } = this;
    const everything = before === null || held.length > MAX_HELD_OBSERVATIONS;
    const end = everything ? -1 : held.findIndex(({ place }) => place >= before);
    const ready = held.splice(0, end === -1 ? held.length : end);
    return ready.map(({ observation }) => this.numbered(observation));
  }

  private numbered(observation: Observation): Observation {
    const session = this.numberOf(observation.session);
    if (observation.kind === 'session-closed') this.numbers.delete(observation.session);
    return { ...observation, session };
  }
}
