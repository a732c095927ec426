// When each observation of a recording is shown, while somebody pauses, steps, changes the speed and seeks. Asked by whoever reads
// the recording; knows no file, no timer and no screen, and gets its clock from outside.

export interface PlaybackControlOptions {
  /** How many times as fast as it was recorded; Infinity for everything at once. */
  readonly speed: number;
  /** No recorded pause counts as a longer one. Default: as recorded. */
  readonly maxPauseMs?: number | undefined;
  /** Milliseconds, from any start. */
  readonly now: () => number;
}

const LEAST_SPEED = 1 / 16;
/** Faster than that is everything at once. */
const MOST_SPEED = 1024;

/** Where in the recording it stood, and when. */
interface Anchor {
  readonly recordedAt: number;
  readonly clockAt: number;
}

export class PlaybackPace {
  private readonly now: () => number;
  private readonly maxPauseMs: number;
  private rate: number;
  private stands = false;
  private anchor: Anchor | null = null;
  private firstAt: number | null = null;
  /** Recorded time of what was shown last. */
  private shownAt: number | null = null;
  private steps = 0;
  /** Everything up to that recorded time is shown at once. */
  private seeksTo: number | null = null;
  /** A seek forward leads to the next observation at least, however long nothing happened. */
  private seeksOne = false;
  private goesBack = false;

  constructor({ speed, maxPauseMs = Number.POSITIVE_INFINITY, now }: PlaybackControlOptions) {
    this.rate = speed;
    this.maxPauseMs = maxPauseMs;
    this.now = now;
  }

  get speed(): number {
    return this.rate;
  }

  get isPaused(): boolean {
    return this.stands;
  }

  /** What is shown is on its way to what is sought. */
  get isSeeking(): boolean {
    return this.seeksTo !== null;
  }

  /** Recorded time of what was shown last, in milliseconds since the epoch; null at the beginning. */
  get recordedAt(): number | null {
    return this.shownAt;
  }

  /** What is sought lies behind what is shown: the recording is to be read from its beginning again, after `begin`. */
  get isToBeginAgain(): boolean {
    return this.goesBack;
  }

  /** The recording is read from its first observation on. */
  begin(): void {
    this.goesBack = false;
    this.anchor = null;
    this.shownAt = null;
  }

  /**
   * How many milliseconds the observation that was recorded at `at` has to wait; 0: it is to be shown now; Infinity: not before
   * something is changed.
   */
  waitMs(at: number): number {
    this.firstAt ??= at;
    this.anchor ??= { recordedAt: at, clockAt: this.now() };
    if (this.isSoughtAt(at) || this.steps > 0) return 0;
    if (this.stands) return Infinity;
    if (this.rate === Infinity) return 0;
    const ahead = at - this.position(this.anchor);
    if (ahead > this.maxPauseMs) this.anchor = { recordedAt: at - this.maxPauseMs, clockAt: this.now() };
    return Math.max(0, Math.min(ahead, this.maxPauseMs) / this.rate);
  }

  /** It was shown. */
  shown(at: number): void {
    this.shownAt = at;
    if (this.seeksTo === null && this.steps > 0) this.steps -= 1;
  }

  /** Stands still, or goes on. */
  pause(): void {
    this.anchorAtPresent();
    this.stands = !this.stands;
    this.steps = 0;
  }

  /** One observation on, and stands still there. */
  step(): void {
    this.stands = true;
    this.steps += 1;
  }

  /** Slower than everything at once is as fast as it was recorded. */
  speedBy(factor: number): void {
    this.anchorAtPresent();
    if (this.rate === Infinity) this.rate = factor < 1 ? 1 : Infinity;
    else this.rate = Math.max(LEAST_SPEED, this.rate * factor);
    if (this.rate > MOST_SPEED) this.rate = Infinity;
  }

  /** Forward or back, in recorded time. Stands still there when it was to show everything at once, or stood before. */
  seek(byMs: number): void {
    if (this.shownAt === null || this.firstAt === null) return;
    if (byMs >= 0) {
      this.anchorAtPresent();
      const { recordedAt } = this.anchor ?? { recordedAt: this.shownAt };
      this.seeksTo = Math.max(this.seeksTo ?? recordedAt, this.shownAt) + byMs;
      this.seeksOne = true;
      return;
    }
    this.seeksTo = Math.max(this.firstAt, (this.goesBack ? (this.seeksTo ?? this.shownAt) : this.shownAt) + byMs);
    this.seeksOne = false;
    this.goesBack = true;
    this.steps = 0;
    if (this.rate === Infinity) this.stands = true;
  }

  private isSoughtAt(at: number): boolean {
    if (this.seeksTo === null) return false;
    if (this.seeksOne) this.seeksTo = Math.max(this.seeksTo, at);
    this.seeksOne = false;
    if (at <= this.seeksTo) return true;
    this.anchor = { recordedAt: this.seeksTo, clockAt: this.now() };
    this.seeksTo = null;
    return false;
  }

  /** Time that went by counts at the speed that there was. */
  private anchorAtPresent(): void {
    if (this.anchor === null) return;
    this.anchor = { recordedAt: this.position(this.anchor), clockAt: this.now() };
  }

  private position({ recordedAt, clockAt }: Anchor): number {
    if (this.stands || this.rate === Infinity) return Math.max(recordedAt, this.shownAt ?? recordedAt);
    return recordedAt + (this.now() - clockAt) * this.rate;
  }
}
