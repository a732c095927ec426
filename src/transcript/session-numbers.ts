// Numbers for the sessions of several runs that are read as one. Each run of the proxy counts its sessions from 1: those
// of the first keep their numbers, those of later ones go on behind the highest so far. A run that is continued, in the next
// of its rotated files, keeps the numbers that it had.

/** From that session of a run on, what is added to its number. */
interface Segment {
  readonly from: number;
  readonly offset: number;
}

interface Run {
  /** In the run's own numbers. */
  highest: number;
  /** More than one where other runs came between. */
  readonly segments: Segment[];
}

export class SessionNumbers {
  private readonly runs = new Map<string, Run>();
  private current: Run = { highest: 0, segments: [] };
  /** In the numbers given out. */
  private highest = 0;

  /** What comes next is of this run; null for one that bears no name, and is continued nowhere. */
  enter(name: string | null): void {
    const known = name === null ? undefined : this.runs.get(name);
    const run = known ?? { highest: 0, segments: [] };
    if (name !== null) this.runs.set(name, run);
    if (run === this.current) return;
    run.segments.push({ from: run.highest + 1, offset: this.highest - run.highest });
    this.current = run;
  }

  /** The number of the current run's session among all. */
  of(session: number): number {
    const run = this.current;
    const number = session + offsetOf(run, session);
    if (session > run.highest) run.highest = session;
    if (number > this.highest) this.highest = number;
    return number;
  }
}

function offsetOf({ segments }: Run, session: number): number {
  for (let index = segments.length - 1; index >= 0; index -= 1) {
    const segment = segments[index];
    if (segment !== undefined && segment.from <= session) return segment.offset;
  }
  return 0;
}
