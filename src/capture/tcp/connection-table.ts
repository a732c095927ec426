// The TCP connections of a capture: which segment belongs to which, by addresses and ports, and which are let go when they become too many.
import type { TellNotice } from '../capture-error.js';
import type { ConnectionEnd, ConnectionEvent } from '../connection-event.js';
import { TCP } from '../header-numbers.js';
import type { TransportPayload, TransportSink } from '../network/transport-payload.js';
import type { SeenTraffic } from '../seen-traffic.js';
import { CaptureClock } from './capture-clock.js';
import { Recency, type RecencyLinks } from './recency.js';
import { RecentBudget } from './recent-bytes.js';
import { endpointsOf, flowKey, readSegment, reverseFlowKey, type Segment } from './segment.js';
import { type CloseReason, TcpConnection } from './tcp-connection.js';

const MAX_CONNECTIONS = 8192;
/** What may wait in all connections together. */
const MAX_WAITING_COST_BYTES = 32 * 1024 * 1024;
/** However long a transfer takes, nobody leaves a control connection silent for longer. */
const MAX_SILENCE_MS = 24 * 60 * 60 * 1000;
/** As long as they are few, the stalled connections are looked at whenever the clock goes on. */
const MAX_STALLED_BETWEEN_SWEEPS = 64;

const LIMIT_NOTICES = {
  connections: `more than ${MAX_CONNECTIONS} connections at once: those that were silent for longest were dropped`,
  waiting: 'too many bytes wait for missing ones before them: the missing ones were given up early',
} as const;

interface Entry {
  readonly connection: TcpConnection;
  readonly keys: readonly [string, string];
  readonly recency: RecencyLinks<Entry>;
  /** When its last segment came: the capture's clock may lag behind it. */
  lastClock: number;
  /** Whether it is among those that speak. */
  speaks: boolean;
}

interface Flow {
  readonly entry: Entry;
  readonly from: ConnectionEnd;
}

export class ConnectionTable implements TransportSink {
  /** One for each direction of a connection. */
  private readonly flows = new Map<string, Flow>();
  private readonly speaking = new Recency<Entry>();
  /** Those that never said anything, and those that are closed: the first to be let go. */
  private readonly mute = new Recency<Entry>();
  private readonly stalled = new Set<TcpConnection>();
  private waitingCost = 0;
  private readonly recentBudget = new RecentBudget();
  private readonly clock = new CaptureClock();
  private connections = 0;
  /** Segments that were not captured whole, and how long the longest packet with such a one is in the capture. */
  private cutSegments = 0;
  private cutTo = 0;
  private readonly limitsTold = new Set<keyof typeof LIMIT_NOTICES>();

  constructor(
    private readonly emit: (event: ConnectionEvent) => void,
    private readonly seen: SeenTraffic,
    private readonly notice: TellNotice,
  ) {}

  payload(payload: Readonly<TransportPayload>): void {
    if (payload.protocol !== TCP) return;
    const segment = readSegment(payload);
    if (!segment) return;
    if (segment.missing > 0) this.noteCut(payload.bytes.length);
    if (this.clock.tick(segment.at) && this.stalled.size < MAX_STALLED_BETWEEN_SWEEPS) this.sweep();
    const flow = this.flowOf(payload, segment);
    if (!flow) return;
    const { entry, from } = flow;
    const { connection } = entry;
    const costBefore = connection.waitingCost;
    connection.take(from, segment, this.clock);
    this.account(connection, costBefore);
    this.touch(entry, segment.at);
    if (this.waitingCost > MAX_WAITING_COST_BYTES) this.giveUpOldest();
  }

  /** Lets time go by where no segments come. */
  sweep(): void {
    for (const connection of this.stalled) {
      const costBefore = connection.waitingCost;
      connection.release(this.clock);
      this.account(connection, costBefore);
    }
    for (const order of [this.speaking, this.mute]) {
      for (let entry = order.oldest; entry && this.clock.now - entry.lastClock > MAX_SILENCE_MS; entry = order.oldest) {
        this.remove(entry, 'silent');
      }
    }
  }

  /** The capture is over. */
  end(): void {
    const open = new Set([...this.flows.values()].map((flow) => flow.entry.connection));
    for (const connection of open) connection.close('capture-end');
    if (this.cutSegments === 0) return;
    const segments = `${this.cutSegments} TCP ${this.cutSegments === 1 ? 'segment lacks its' : 'segments lack their'} end`;
    const text = `packets are cut to ${this.cutTo} bytes (the snap length of the capture): ${segments}, which is shown as missing`;
    this.notice({ kind: 'limit', text });
  }

  private noteCut(packetBytes: number): void {
    this.cutSegments += 1;
    this.cutTo = Math.max(this.cutTo, packetBytes);
  }

  private flowOf(payload: Readonly<TransportPayload>, segment: Segment): Flow | undefined {
    const key = flowKey(payload);
    const flow = this.flows.get(key);
    const opening = segment.syn && !segment.rst;
    if (flow && !(opening && flow.entry.connection.isSucceededBy(flow.from, segment))) return flow;
    if (!opening && (segment.rst || segment.payload.length + segment.missing === 0)) return undefined;
    if (flow) this.remove(flow.entry, 'ended');
    return this.open(payload, segment, key);
  }

  private open(payload: Readonly<TransportPayload>, segment: Segment, key: string): Flow {
    const [source, destination] = endpointsOf(payload);
    const answers = segment.syn && segment.ack;
    const [initiator, responder] = answers ? [destination, source] : [source, destination];
    const { recentBudget, emit, clock } = this;
    this.connections += 1;
    this.seen.countConnection(segment.syn ? responder.port : Math.min(source.port, destination.port));
    const connection = new TcpConnection(this.connections, initiator, responder, segment, clock, recentBudget, emit);
    const keys = [key, reverseFlowKey(payload)] as const;
    const recency = { older: null, newer: null };
    const entry: Entry = { connection, keys, recency, lastClock: Math.max(segment.at, clock.now), speaks: false };
    const flow: Flow = { entry, from: answers ? 'responder' : 'initiator' };
    this.flows.set(keys[1], { entry, from: answers ? 'initiator' : 'responder' });
    this.flows.set(key, flow);
    this.mute.add(entry);
    if (this.mute.size + this.speaking.size > MAX_CONNECTIONS) this.letGoOldest();
    return flow;
  }

  private letGoOldest(): void {
    // The newest of the mute is the one that is just being opened.
    const oldest = this.mute.size > 1 ? this.mute.oldest : this.speaking.oldest;
    if (!oldest) return;
    // What is closed is remembered for its late segments alone.
    if (!oldest.connection.closed) this.tellLimit('connections');
    this.remove(oldest, 'limit');
  }

  /** Keeps the account of what waits, after something was done to a connection. */
  private account(connection: TcpConnection, costBefore: number): void {
    this.waitingCost += connection.waitingCost - costBefore;
    if (connection.stalled) this.stalled.add(connection);
    else this.stalled.delete(connection);
  }

  private giveUpOldest(): void {
    this.tellLimit('waiting');
    for (const connection of this.stalled) {
      const costBefore = connection.waitingCost;
      connection.releaseAll();
      this.account(connection, costBefore);
      if (this.waitingCost <= MAX_WAITING_COST_BYTES) return;
    }
  }

  private touch(entry: Entry, at: number): void {
    entry.lastClock = Math.max(at, this.clock.now);
    const speaks = entry.connection.spoke && !entry.connection.closed;
    const order = entry.speaks ? this.speaking : this.mute;
    if (speaks === entry.speaks) {
      order.touch(entry);
      return;
    }
    order.remove(entry);
    entry.speaks = speaks;
    (speaks ? this.speaking : this.mute).add(entry);
  }

  private remove(entry: Entry, why: CloseReason): void {
    const costBefore = entry.connection.waitingCost;
    entry.connection.close(why);
    this.account(entry.connection, costBefore);
    for (const key of entry.keys) this.flows.delete(key);
    (entry.speaks ? this.speaking : this.mute).remove(entry);
  }

  private tellLimit(limit: keyof typeof LIMIT_NOTICES): void {
    if (this.limitsTold.has(limit)) return;
    this.limitsTold.add(limit);
    this.notice({ kind: 'limit', text: LIMIT_NOTICES[limit] });
  }
}
