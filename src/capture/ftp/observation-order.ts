// Brings the observations of all sessions into the order of their times, and numbers the sessions in the order in which they opened. Within
// a session the dialogue's order stands, also where its two directions were captured by two clocks. What comes late (a session that is
// recognised late, bytes that waited for others) is put in its place as long as what belongs behind it is held. Sessions have their
// numbers from here alone: what comes in bears keys.
import type { Observation } from '../../dialogue/observation.js';
import type { PayloadStore } from '../../dialogue/payload-sink.js';

/** So many observations wait for what may have to stand before them, and no more. */
const MAX_HELD_OBSERVATIONS = 20_000;
const MAX_HELD_CHARACTERS = 16 * 1024 * 1024;

interface Held {
  /** Where it belongs: not before what came before it in its session. */
  readonly at: number;
  readonly place: number;
  readonly observation: Observation;
}

export interface OrderOptions {
  /** Nobody waits for what is captured now: observations are held as long as there is room. */
  readonly mayHold: boolean;
  /** Adds what became known of an observation while it waited. */
  readonly completed: (observation: Observation) => Observation;
  /** Called when something came too late for its place. */
  readonly whenLate: () => void;
}

export class ObservationOrder {
  /** The place in the capture of what is being told. */
  place = 0;
  private held: Held[] = [];
  /** How far each session has got, by its key. */
  private readonly reached = new Map<number, number>();
  /** By the key under which a session's observations come in. */
  private readonly numbers = new Map<number, number>();
  private count = 0;
  private heldCharacters = 0;
  private toldUpTo = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: OrderOptions) {}

  /** Takes an observation whose `session` is the session's key. */
  add(observation: Observation): void {
    const { held, place } = this;
    const { session } = observation;
    const at = Math.max(observation.at, this.reached.get(session) ?? observation.at);
    if (observation.kind === 'session-closed') this.reached.delete(session);
    else this.reached.set(session, at);
    this.heldCharacters += textOf(observation);
    const last = held.at(-1);
    const one = { at, place, observation };
    if (last === undefined || !isBehind(last, at, place)) held.push(one);
    else held.splice(this.indexBehind(at, place), 0, one);
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

  /** What can be reported: all before a time, or, where one may hold more, what there is no more room for. */
  take(before: number | null): Observation[] {
    const { held } = this;
    const tooMuch = held.length > MAX_HELD_OBSERVATIONS || this.heldCharacters > MAX_HELD_CHARACTERS;
    if (this.options.mayHold) return this.tell(tooMuch ? Math.ceil(held.length / 2) : 0);
    return this.tell(before === null || tooMuch ? held.length : this.indexBehind(before, 0));
  }

  takeAll(): Observation[] {
    return this.tell(this.held.length);
  }

  private tell(count: number): Observation[] {
    if (count === 0) return [];
    const told = this.held.slice(0, count);
    this.held = this.held.slice(count);
    const first = told[0]?.at ?? this.toldUpTo;
    if (first < this.toldUpTo) this.options.whenLate();
    this.toldUpTo = Math.max(this.toldUpTo, told.at(-1)?.at ?? this.toldUpTo);
    return told.map(({ observation }) => this.numbered(this.options.completed(observation)));
  }

  /** The index of the first that belongs behind a time and place. */
  private indexBehind(at: number, place: number): number {
    let low = 0;
    let high = this.held.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const one = this.held[middle];
      if (one !== undefined && !isBehind(one, at, place)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private assign(key: number): number {
    const number = this.numbers.get(key) ?? this.count + 1;
    this.count = Math.max(this.count, number);
    this.numbers.set(key, number);
    return number;
  }

  private numbered(observation: Observation): Observation {
    const { session } = observation;
    this.heldCharacters -= textOf(observation);
    numbering(observation, this.assign(session));
    if (observation.kind === 'session-closed') this.numbers.delete(session);
    return observation;
  }
}

/** In its place: nobody else has seen it, and copies of all of them would be most of the garbage. */
function numbering(observation: { session: number }, number: number): void {
  observation.session = number;
}

function isBehind(one: Held, at: number, place: number): boolean {
  return one.at > at || (one.at === at && one.place > place);
}

/** How much text from the wire an observation holds. */
function textOf(observation: Observation): number {
  if (observation.kind === 'reply') return observation.lines.reduce((sum, line) => sum + line.length, 0);
  return observation.kind === 'command' || observation.kind === 'noise' ? observation.line.length : 0;
}
