// Carries large plain transfers in the kernel (splice), in threads of their own: no other session waits for them, and more than one
// core is used. Threads begin when they are needed. Descriptors are opened and closed here alone, and a thread that dies takes
// nothing with it: what is left in a stream's pipe goes first, and the portable flow goes on behind it.
import { availableParallelism } from 'node:os';
import { spareDescriptors } from '../open-files.js';
import type { Pump, Pumped, Pumping } from '../pump.js';
import { fileDescriptor } from './file-descriptor.js';
import { systemCallError } from './kernel.js';
import { openPumpCalls, type PumpCalls } from './pump-calls.js';
import { type Failed, HANDED, type Stream, TAKEN } from './pump-messages.js';
import { PumpThread } from './pumping-thread.js';

/** What may be on its way beside the buffers of both sockets. A GiB costs half the processor time that it costs with 64 KiB. */
const PIPE_BYTES = 1024 * 1024;
/** Two 64-bit integers. */
const COUNTS_BYTES = 16;
const REST_BYTES = 64 * 1024;
/** Two of a pipe, two of the connections. */
const DESCRIPTORS_PER_STREAM = 4;
/** Each takes some 10 MB, and carries more than most networks do. */
const MOST_THREADS = 8;

/** Threads are not started for ever that end by themselves. */
const MOST_DEATHS = 3;

export type PumpState =
  | { readonly kind: 'kernel'; readonly threads: number }
  | { readonly kind: 'portable'; readonly reason: string };

export const PORTABLE_ON_DEMAND: PumpState = { kind: 'portable', reason: 'so asked for' };

/** How many there may be at most. */
export interface PumpBounds {
  readonly threads: number;
  readonly streams: number;
}

/** Of the cores one is left to the control connections, and of the descriptors those that sessions may need. */
export function pumpBounds(maxSessions: number): PumpBounds {
  const threads = Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1));
  return { threads, streams: Math.floor(spareDescriptors(maxSessions) / DESCRIPTORS_PER_STREAM) };
}

const REASONS = {
  'not-linux': 'splice(2) is Linux only',
  'no-koffi': 'the optional package koffi is not installed',
  unable: 'this system does not let the proxy use splice(2)',
  dying: 'its threads end by themselves',
  closed: 'the proxy is closed',
} as const;

export class KernelPump implements Pump {
  private calls: PumpCalls | null = null;
  private opening: Promise<void> | null = null;
  private without: keyof typeof REASONS | null = null;
  private readonly threads = new Set<PumpThread>();
  private streams = 0;
  private lastNumber = 0;
  private deaths = 0;

  constructor(private readonly bounds: PumpBounds) {}

  /** Makes ready what it needs, and says what there is. */
  async state(): Promise<PumpState> {
    await this.open();
    if (this.without !== null) return { kind: 'portable', reason: REASONS[this.without] };
    return { kind: 'kernel', threads: this.bounds.threads };
  }

  /** A thread runs, and waits for streams. False when there can be none. */
  async warmUp(): Promise<boolean> {
    await this.open();
    const thread = [...this.threads][0] ?? this.startThread();
    return (await thread?.started) ?? false;
  }

  carry(pumped: Pumped): Pumping | null {
    if (this.without !== null || this.streams >= this.bounds.streams) return null;
    if (this.calls === null) {
      void this.open();
      return null;
    }
    const thread = this.freeThread();
    const [from, to] = [fileDescriptor(pumped.from), fileDescriptor(pumped.to)];
    if (thread === null || from === null || to === null) return null;
    this.lastNumber += 1;
    const stream = openStream(this.calls, this.lastNumber, from, to);
    if (stream === null) return null;
    this.streams += 1;
    const counts = new BigInt64Array(stream.counts);
    thread.carry(stream, (failed) => this.done(stream, failed, pumped));
    return {
      get bytes() {
        return count(counts, HANDED);
      },
      get delivered() {
        return count(counts, HANDED) === count(counts, TAKEN);
      },
      stop: () => thread.leave(stream.number),
    };
  }

  /** Ends all threads. What they carry is left to the portable flow. */
  async close(): Promise<void> {
    this.without ??= 'closed';
    await Promise.all(
      [...this.threads].map((thread) => {
        thread.close();
        return thread.ended;
      }),
    );
  }

  private open(): Promise<void> {
    this.opening ??= openPumpCalls().then((calls) => {
      if (typeof calls === 'string') this.without ??= calls;
      else this.calls = calls;
    });
    return this.opening;
  }

  /** The one with the fewest streams. Another is started when each has one. */
  private freeThread(): PumpThread | null {
    const [idlest] = [...this.threads].filter(({ isReady }) => isReady).sort((one, other) => one.load - other.load);
    const isStarting = [...this.threads].some(({ isReady }) => !isReady);
    if ((idlest === undefined || idlest.load > 0) && !isStarting && this.threads.size < this.bounds.threads)
      this.startThread();
    return idlest ?? null;
  }

  private startThread(): PumpThread | null {
    if (this.calls === null || this.without !== null) return null;
    const thread = PumpThread.start(this.calls, {
      gone: (expected) => {
        if (thread !== null) this.threads.delete(thread);
        if (!expected) this.deaths += 1;
        if (this.deaths === MOST_DEATHS) this.without ??= 'dying';
      },
      unable: () => {
        this.without ??= 'unable';
      },
    });
    if (thread !== null) this.threads.add(thread);
    return thread;
  }

  private done(stream: Stream, failed: Failed | null, { over }: Pumped): void {
    this.streams -= 1;
    const { calls } = this;
    if (calls === null) return;
    const rest = failed === null ? restOf(stream, calls) : Buffer.alloc(0);
    for (const fd of [stream.from, stream.to, stream.readEnd, stream.writeEnd]) calls.close(fd);
    over(rest, failed && { end: failed.end, error: systemCallError('splice', failed.errno) });
  }
}

/** Null when the process may open no more descriptors. */
function openStream(calls: PumpCalls, number: number, from: number, to: number): Stream | null {
  const pipe = calls.pipe(PIPE_BYTES);
  if (pipe === null) return null;
  const own = { from: calls.duplicate(from), to: calls.duplicate(to), ...pipe };
  if (own.from >= 0 && own.to >= 0) return { number, ...own, counts: new SharedArrayBuffer(COUNTS_BYTES) };
  for (const fd of Object.values(own)) if (fd >= 0) calls.close(fd);
  return null;
}

/** What was taken, and not handed on. */
function restOf({ readEnd }: Stream, calls: PumpCalls): Buffer {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.allocUnsafe(REST_BYTES);
    const bytes = calls.read(readEnd, piece);
    if (bytes <= 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, bytes));
  }
}

const count = (counts: BigInt64Array, which: number) => Number(Atomics.load(counts, which));
