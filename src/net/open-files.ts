// Whether the process has file descriptors left. When it has none, accept() fails, and nobody hears of it: libuv takes the client and
// closes the connection (see ends/listen.ts). So the descriptors are counted, where the system shows them (Linux).
import { readdirSync, readFileSync } from 'node:fs';
import { systemErrorCode } from '../protocol/system-errors.js';

/** No client can be taken, as the process may open no more files. Reported once, and again after there was room. */
export class OutOfDescriptors extends Error {
  override readonly name = 'OutOfDescriptors';

  constructor(
    readonly limit: number,
    readonly sessions: number,
  ) {
    super(`all ${limit} file descriptors of the process are in use: clients are dropped before they are seen`);
  }
}

/** So many are left at least, or clients may be dropped. */
const SPARE = 2;
/** Below this share of the limit there is room again. */
const ROOMY_SHARE = 0.9;
/** Clients of one burst are counted together. */
const COUNT_AFTER_MS = 100;
const COUNT_AGAIN_MS = 1000;

/** Both control connections, both legs of a data connection: a port rests when its connection is there. */
const PER_SESSION = 4;
/** The program itself: listeners, recordings, what Node needs. */
const PER_PROGRAM = 40;

/** How many file descriptors so many sessions may need at one time. */
export function descriptorsFor(sessions: number): number {
  return PER_PROGRAM + sessions * PER_SESSION;
}

/** How many sessions fit into so many descriptors. */
export function sessionsWithin(descriptors: number): number {
  return Math.max(0, Math.floor((descriptors - PER_PROGRAM) / PER_SESSION));
}

/** Ports that stay open between transfers, for either side: a small share of the descriptors, and no more than is of use. */
export function mostIdlePorts(limit = descriptorLimit()): number {
  return Math.min(256, Math.floor((limit ?? Number.POSITIVE_INFINITY) / 64));
}

/** What so many sessions leave for other uses; in any case a small share of all. */
export function spareDescriptors(sessions: number, limit = descriptorLimit()): number {
  return limit === null ? Number.POSITIVE_INFINITY : Math.max(limit - descriptorsFor(sessions), Math.floor(limit / 16));
}

/** How many descriptors the process may have; null where the system does not say, or knows no limit. */
export function descriptorLimit(): number | null {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}

/** How many it has; `all` when there is not even one left to count them with. */
function descriptorsInUse(): number | 'all' | null {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch (error) {
    return systemErrorCode(error) === 'EMFILE' ? 'all' : null;
  }
}

export class OpenFiles {
  private timer: NodeJS.Timeout | null = null;
  private isOut = false;

  constructor(
    private readonly sessionCount: () => number,
    private readonly report: (error: OutOfDescriptors) => void,
    private readonly limit = descriptorLimit(),
    private readonly inUse = descriptorsInUse,
  ) {}

  /** A client has come: some descriptors more are in use soon. */
  clientCame(): void {
    if (this.limit !== null && this.timer === null) this.countIn(COUNT_AFTER_MS);
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private countIn(ms: number): void {
    this.timer = setTimeout(() => this.count(), ms);
    this.timer.unref();
  }

  private count(): void {
    this.timer = null;
    const { limit } = this;
    const used = this.inUse();
    if (limit === null || used === null) return;
    const isOut = used === 'all' || used > limit - SPARE;
    if (isOut && !this.isOut) this.report(new OutOfDescriptors(limit, this.sessionCount()));
    if (isOut) this.isOut = true;
    else if (used < limit * ROOMY_SHARE) this.isOut = false;
    // While it is tight, no client tells that there is one more.
    if (this.isOut || used === 'all' || used > limit / 2) this.countIn(COUNT_AGAIN_MS);
  }
}
