// The proxy's side of one thread of the kernel pump: what it carries, and what becomes of that when it ends, on purpose or not.
import type { Worker } from 'node:worker_threads';
import type { PumpCalls } from './pump-calls.js';
import type { Failed, FromThread, Stream, ThreadStart, ToThread } from './pump-messages.js';
import { startPumpThread } from './pump-thread.js';

export interface ThreadEvents {
  /** It has ended; all of its streams are done. `expected`: it was closed. */
  gone(expected: boolean): void;
  /** No thread can do this work here. */
  unable(): void;
}

/** Called once, when the thread uses the stream no more. */
type Done = (failed: Failed | null) => void;

export class PumpThread {
  isReady = false;
  /** Whether it came to be ready. */
  readonly started: Promise<boolean>;
  readonly ended: Promise<void>;
  private readonly streams = new Map<number, Done>();
  private isClosed = false;

  private constructor(
    private readonly worker: Worker,
    private readonly calls: PumpCalls,
    private readonly own: ThreadStart,
    private readonly events: ThreadEvents,
  ) {
    // What it carries holds the process: the connections do.
    worker.unref();
    worker.on('error', () => {});
    this.started = new Promise((resolve) => {
      worker.on('message', (message: FromThread) => {
        this.heard(message);
        resolve(this.isReady);
      });
      worker.once('exit', () => resolve(false));
    });
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.over();
        resolve();
      });
    });
  }

  /** Null without descriptors. */
  static start(calls: PumpCalls, events: ThreadEvents): PumpThread | null {
    const own = { poller: calls.poller(), bell: calls.bell() };
    if (own.poller >= 0 && own.bell >= 0) return new PumpThread(startPumpThread(own), calls, own, events);
    for (const fd of Object.values(own)) if (fd >= 0) calls.close(fd);
    return null;
  }

  /** How many streams it carries. */
  get load(): number {
    return this.streams.size;
  }

  carry(stream: Stream, done: Done): void {
    this.streams.set(stream.number, done);
    this.say({ kind: 'carry', stream });
  }

  leave(number: number): void {
    if (this.streams.has(number)) this.say({ kind: 'leave', number });
  }

  close(): void {
    this.isClosed = true;
    if (this.isReady) this.say({ kind: 'exit' });
    else void this.worker.terminate();
  }

  private say(message: ToThread): void {
    this.worker.postMessage(message);
    this.calls.ring(this.own.bell);
  }

  private heard(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        this.isReady = true;
        return;
      case 'unable':
        return this.events.unable();
      case 'done':
        return this.done(message.number, message.failed);
    }
  }

  private done(number: number, failed: Failed | null): void {
    const done = this.streams.get(number);
    this.streams.delete(number);
    done?.(failed);
  }

  private over(): void {
    this.isReady = false;
    for (const fd of [this.own.poller, this.own.bell]) this.calls.close(fd);
    for (const number of [...this.streams.keys()]) this.done(number, null);
    this.events.gone(this.isClosed);
  }
}
