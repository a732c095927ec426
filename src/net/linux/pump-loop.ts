// The loop of one thread of the kernel pump. Every stream that can go on gets its turn; when none can, the thread waits in the kernel.
// The pipe of a stream is always emptied before more is taken, so an end is seen when nothing is on its way.
import { constants } from 'node:os';
import { INTERRUPTED, type PumpCalls, WOULD_BLOCK } from './pump-calls.js';
import {
  type Failed,
  type FromThread,
  HANDED,
  type Stream,
  TAKEN,
  type ThreadStart,
  type ToThread,
} from './pump-messages.js';

/** What one splice asks for; a pipe holds less. */
const SPLICE_BYTES = 1024 * 1024;
/** So often a stream takes and hands on before the next has its turn. */
const ROUNDS_A_TURN = 8;
/** A thread in the kernel cannot be stopped from outside: this bounds what a process that exits waits for it. */
const LONGEST_WAIT_MS = 250;
const BELL = 0;

/** Errors of the call itself, none of a connection: this kernel, or what confines the process, does not let it splice. */
const CANNOT_SPLICE: ReadonlySet<number> = new Set(
  [
    constants.errno.EINVAL,
    constants.errno.ENOSYS,
    constants.errno.EPERM,
    constants.errno.EACCES,
    constants.errno.EOPNOTSUPP,
  ].map((errno) => -errno),
);

interface Carried {
  readonly stream: Stream;
  readonly counts: BigInt64Array;
  /** Bytes that are in its pipe. */
  inPipe: number;
}

type Turn = 'waits' | 'goes-on' | 'ended' | Failed;

export class PumpLoop {
  private readonly streams = new Map<number, Carried>();
  /** Those that need not wait. */
  private readonly running = new Set<Carried>();
  private exits = false;

  constructor(
    private readonly calls: PumpCalls,
    private readonly start: ThreadStart,
    /** The next message, without waiting. */
    private readonly nextMessage: () => ToThread | null,
    private readonly tell: (message: FromThread) => void,
  ) {
    calls.watch(start.poller, start.bell, 'readable', BELL);
  }

  /** Returns when there is nothing left to carry: true when it is for good. */
  run(first: ToThread): boolean {
    this.heard(first);
    while (this.streams.size > 0 && !this.exits) {
      for (const number of this.calls.wait(this.start.poller, this.running.size > 0 ? 0 : LONGEST_WAIT_MS))
        this.wake(number);
      for (const carried of [...this.running]) this.turn(carried);
    }
    return this.exits;
  }

  private wake(number: number): void {
    const carried = this.streams.get(number);
    if (carried !== undefined) this.running.add(carried);
    if (number !== BELL) return;
    this.calls.silence(this.start.bell);
    for (let message = this.nextMessage(); message !== null; message = this.nextMessage()) this.heard(message);
  }

  private heard(message: ToThread): void {
    switch (message.kind) {
      case 'carry':
        return this.carry(message.stream);
      case 'leave': {
        const carried = this.streams.get(message.number);
        if (carried !== undefined) this.done(carried, null);
        return;
      }
      case 'exit':
        this.exits = true;
    }
  }

  private carry(stream: Stream): void {
    const carried = { stream, counts: new BigInt64Array(stream.counts), inPipe: 0 };
    this.streams.set(stream.number, carried);
    this.calls.watch(this.start.poller, stream.from, 'readable', stream.number);
    this.calls.watch(this.start.poller, stream.to, 'writable', stream.number);
    this.running.add(carried);
  }

  private turn(carried: Carried): void {
    let turn: Turn = 'goes-on';
    for (let round = 0; round < ROUNDS_A_TURN && turn === 'goes-on'; round += 1) {
      turn = carried.inPipe === 0 ? this.take(carried) : this.hand(carried);
    }
    if (turn === 'goes-on') return;
    if (turn === 'waits') this.running.delete(carried);
    else this.done(carried, turn === 'ended' ? null : turn);
  }

  private take(carried: Carried): Turn {
    const { from, writeEnd } = carried.stream;
    const taken = this.calls.splice(from, writeEnd, SPLICE_BYTES);
    if (taken === 0) return 'ended';
    if (taken < 0) return withoutSuccess('from', taken);
    carried.inPipe = taken;
    Atomics.add(carried.counts, TAKEN, BigInt(taken));
    return 'goes-on';
  }

  private hand(carried: Carried): Turn {
    const { readEnd, to } = carried.stream;
    const handed = this.calls.splice(readEnd, to, carried.inPipe);
    if (handed < 0) return withoutSuccess('to', handed);
    carried.inPipe -= handed;
    Atomics.add(carried.counts, HANDED, BigInt(handed));
    return 'goes-on';
  }

  private done(carried: Carried, failed: Failed | null): void {
    const { number, from, to } = carried.stream;
    this.streams.delete(number);
    this.running.delete(carried);
    // The connections live on under other descriptors, and would be reported for ever.
    this.calls.forget(this.start.poller, from);
    this.calls.forget(this.start.poller, to);
    const isUnable = failed !== null && CANNOT_SPLICE.has(failed.errno);
    if (isUnable) this.tell({ kind: 'unable' });
    this.tell({ kind: 'done', number, failed: isUnable ? null : failed });
  }
}

function withoutSuccess(end: Failed['end'], errno: number): Turn {
  if (errno === WOULD_BLOCK) return 'waits';
  return errno === INTERRUPTED ? 'goes-on' : { end, errno };
}
