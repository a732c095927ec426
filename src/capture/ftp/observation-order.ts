// Brings the observations of all sessions into the order of the capture, and numbers the sessions in the order in which they
// opened: a session that is recognised late has its place before those that opened after it. Goes by the place in the capture,
// not by time, as captures may be put together of several. Sessions have their numbers from here alone: what comes in bears keys.
import type { Observation } from '../../dialogue/observation.js';
import type { PayloadStore } from '../../dialogue/payload-sink.js';

/** So many observations wait for a session that may have to stand before them, and no more. */
const MAX_HELD_OBSERVATIONS = 20_000;
const MAX_HELD_CHARACTERS = 16 * 1024 * 1024;

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
  private heldCharacters = 0;

  /** `completed` adds what became known of an observation while it waited. */
  constructor(private readonly completed: (observation: Observation) => Observation) {}

  /** Takes an observation whose `session` is the session's key. */
  add(observation: Observation): void {
    const { held, place } = this;
    this.heldCharacters += textOf(observation);
    let index = held.length;
    while (index > 0 && (held[index - 1]?.place ?? 0) > place) index -= 1;
    if (index === held.length) held.push({ place, observation });
    else held.splice(index, 0, { place, observation });
  }

  /** A store whose payloads bear the numbers of their sessions, where it is given the keys. */
  numbering(store: PayloadStore): PayloadStore {
    return { open: (transfer) => store.open({ ...transfer, session: this.numberOf(transfer.session) }) };
  }

  /** The number of a session, from now on its own. Those that are held and opened before it have theirs first. */
  private numberOf(key: number): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    for (const { observation } of this.held) {
      if (observation.kind !== 'session-opened') continue;
      if (observation.session === key) break;
      this.assign(observation.session);
    }
    return this.assign(key);
  }

  /** What stands before a place, and more where too much would wait; everything for null. */
  take(before: number | null): Observation[] {
    const { held } = this;
    const tooMuch = held.length > MAX_HELD_OBSERVATIONS || this.heldCharacters > MAX_HELD_CHARACTERS;
    const everything = before === null || tooMuch;
    const end = everything ? -1 : held.findIndex(({ place }) => place >= before);
    const ready = held.splice(0, end === -1 ? held.length : end);
    return ready.map(({ observation }) => this.numbered(this.completed(observation)));
  }

  private assign(key: number): number {
    const number = this.numbers.get(key) ?? this.count + 1;
    this.count = Math.max(this.count, number);
    this.numbers.set(key, number);
    return number;
  }

  private numbered(observation: Observation): Observation {
    const session = this.assign(observation.session);
    this.heldCharacters -= textOf(observation);
    if (observation.kind === 'session-closed') this.numbers.delete(observation.session);
    return { ...observation, session };
  }
}

/** How much text from the wire an observation holds. */
function textOf(observation: Observation): number {
  if (observation.kind === 'reply') return observation.lines.reduce((sum, line) => sum + line.length, 0);
  return observation.kind === 'command' || observation.kind === 'noise' ? observation.line.length : 0;
}
