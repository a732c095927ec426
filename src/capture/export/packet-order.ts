// Brings packets into the order of time. What cannot be told yet keeps its place in a queue: a line whose final form is not
// known, a transfer that still runs, as its payload is known only at its end. The queue is bounded: what waits too long is told
// as it stands, and a transfer then comes later than it happened.

/** IP packets of one moment. */
export interface Burst {
  /** Milliseconds since the epoch, with a fraction. */
  readonly at: number;
  readonly packets: readonly Buffer[];
  /** On the first of them. */
  readonly comment: string | null;
}

/** A place in the order: of a moment, or of what begins then and goes on for a while. */
export type Place = Moment | Stretch;

interface Common {
  readonly at: number;
  /** Whether all is known of it. */
  readonly settled: boolean;
}

export interface Moment extends Common {
  readonly kind: 'moment';
  /** Called once, in the order of time. Null: there is nothing to tell after all. */
  readonly burst: () => Burst | null;
}

export interface Stretch extends Common {
  readonly kind: 'stretch';
  /** Called once, and not before it is settled. */
  readonly bursts: () => AsyncIterable<Burst>;
}

/** Places that may wait behind one that is not settled. */
const MAX_WAITING_PLACES = 10_000;
/** Transfers told at once, each with an open file. */
const MAX_RUNNING = 64;

interface Running {
  next: Burst;
  readonly rest: AsyncIterator<Burst>;
}

export class PacketOrder {
  private places: Place[] = [];
  private running: Running[] = [];
  /** Transfers that were passed over, as they went on for too long. */
  private late: Stretch[] = [];
  private lastAt = 0;

  constructor(private readonly maxWaiting = MAX_WAITING_PLACES) {}

  /** Places come in the order of what happened. */
  add(place: Place): void {
    this.places.push(place);
  }

  /** What can be told now: everything up to `now` that is settled. At the end of all, `now` is infinite. */
  async *take(now: number): AsyncGenerator<Burst> {
    const settledLate = this.late.filter(({ settled }) => settled);
    if (settledLate.length > 0) this.late = this.late.filter(({ settled }) => !settled);
    for (const stretch of settledLate) yield* this.start(stretch);
    let taken = 0;
    for (; ; taken += 1) {
      const place = this.places[taken];
      yield* this.takeRunning(Math.min(place?.at ?? now, now));
      const mustGo = this.places.length - taken > this.maxWaiting || now === Number.POSITIVE_INFINITY;
      if (place === undefined || !(place.settled || mustGo)) break;
      if (place.kind === 'moment') yield* this.tell(place.burst());
      else if (place.settled) yield* this.start(place);
      else this.late.push(place);
    }
    this.places.splice(0, taken);
  }

  private async *start(stretch: Stretch): AsyncGenerator<Burst> {
    if (this.running.length >= MAX_RUNNING) yield* this.takeRunning(Number.POSITIVE_INFINITY);
    const rest = stretch.bursts()[Symbol.asyncIterator]();
    const first = await rest.next();
    if (!first.done) this.running.push({ next: first.value, rest });
  }

  /** What running transfers have to tell up to that time, the earliest first. */
  private async *takeRunning(until: number): AsyncGenerator<Burst> {
    for (;;) {
      const earliest = this.earliestRunning();
      if (earliest === null || earliest.next.at > until) return;
      yield* this.tell(earliest.next);
      const following = await earliest.rest.next();
      if (following.done) this.running = this.running.filter((one) => one !== earliest);
      else earliest.next = following.value;
    }
  }

  private earliestRunning(): Running | null {
    let earliest: Running | null = null;
    for (const one of this.running) if (earliest === null || one.next.at < earliest.next.at) earliest = one;
    return earliest;
  }

  /** Time does not go backwards. */
  private *tell(burst: Burst | null): Generator<Burst> {
    if (burst === null) return;
    this.lastAt = Math.max(this.lastAt, burst.at);
    yield burst.at === this.lastAt ? burst : { ...burst, at: this.lastAt };
  }
}
