// Data ports that stay open from one transfer to the next. A listener costs the kernel a socket, a bind and a listen, and where the
// kernel is to choose the port, a search that takes milliseconds once thousands of ports are in TIME_WAIT. So a port that has got its
// connection is used again.
//
// A connection must not reach a link that it was not made for. So
// - a port is waited at by several links only where their connections cannot be mistaken for each other (see `DataPort`);
// - it is chosen at random, from a source that cannot be predicted (RFC 2577 section 8: a port that can be guessed can be stolen),
//   among PORTS_TO_CHOOSE_FROM, or among the whole range that the user has given;
// - a port at which a link waited in vain is not used again: that link's connection may still be on its way;
// - a port is used MOST_USES times, so that having seen many of them does not help for long.
import { randomInt } from 'node:crypto';
import { systemErrorCode, systemReason } from '../protocol/system-errors.js';
import { type CallerOf, DataPort, type DataWaiter } from './data-port.js';
import type { BindForeign } from './dial.js';
import { anyPortOf, type PortRange, portsOf, systemPorts } from './port-ranges.js';

export interface DataPortRequest extends DataWaiter {
  /** Where to listen. */
  readonly host: string;
  /** Null for any of the ports that the system gives away. */
  readonly range: PortRange | null;
}

/** A link's place at a data port. */
export interface AwaitedPort {
  readonly port: number;
  /** Waits no longer, nor for somebody who comes second. */
  close(): void;
}

/** A port is used again only where there are so many to choose from. */
const PORTS_TO_CHOOSE_FROM = 64;
const MOST_USES = 256;
/** Such a port is closed after this time, or twice of it. */
const IDLE_MS = 30_000;
/** Attempts at a port of the system's range, each from another place on; then the system chooses. */
const MOST_ATTEMPTS = 8;

/** One of the ports at an address. */
interface PooledPort {
  readonly port: DataPort;
  readonly siblings: Set<PooledPort>;
  uses: number;
  /** It takes no more links. */
  retired: boolean;
}

export class DataPortPool {
  /** By address and range. */
  private readonly places = new Map<string, Set<PooledPort>>();
  /** Ports that no one waits at, those longest idle first. */
  private readonly idle = new Set<PooledPort>();
  /** Those that were idle at the last look already. */
  private idleBefore: readonly PooledPort[] = [];
  private readonly lookout = setInterval(() => this.dropIdle(), IDLE_MS).unref();
  private closed = false;

  constructor(
    private readonly bindForeign: BindForeign | null,
    private readonly callerOf: CallerOf | null,
    /** So many ports at which no one waits stay open, at all addresses together. */
    private readonly mostIdle = PORTS_TO_CHOOSE_FROM,
  ) {}

  /** Rejects with an Error whose message is a reason for people. */
  async open(request: DataPortRequest): Promise<AwaitedPort> {
    const { host, range, admit } = request;
    const siblings = this.siblingsAt(host, range);
    const pooled =
      this.choose(siblings, range) ?? (await this.openAnother(siblings, request)) ?? share(siblings, admit);
    if (pooled === null) throw new Error(`every port from ${range?.from} to ${range?.to} is in use`);
    return this.use(pooled, request);
  }

  /** Closes all ports. */
  close(): void {
    this.closed = true;
    clearInterval(this.lookout);
    for (const siblings of this.places.values()) for (const pooled of siblings) this.drop(pooled);
  }

  private siblingsAt(host: string, range: PortRange | null): Set<PooledPort> {
    const place = `${host} ${range?.from}-${range?.to}`;
    const siblings = this.places.get(place) ?? new Set();
    this.places.set(place, siblings);
    return siblings;
  }

  /** An open port at which no one waits; null where there are too few to choose from. */
  private choose(siblings: ReadonlySet<PooledPort>, range: PortRange | null): PooledPort | null {
    const idle = [...siblings].filter((pooled) => this.idle.has(pooled));
    const wholeRange = range !== null && siblings.size === range.to - range.from + 1;
    return idle.length >= PORTS_TO_CHOOSE_FROM || wholeRange ? anyOf(idle) : null;
  }

  /** Null where every port of the range is in use. */
  private async openAnother(siblings: Set<PooledPort>, { host, range }: DataPortRequest): Promise<PooledPort | null> {
    const place = { host, bindForeign: this.bindForeign, callerOf: this.callerOf };
    const open = new Set([...siblings].map(({ port }) => port.number));
    for (const number of portsToTry(range)) {
      if (open.has(number)) continue;
      try {
        const pooled = { port: await DataPort.open(place, number), siblings, uses: 0, retired: false };
        if (this.closed) pooled.port.close();
        else siblings.add(pooled);
        return pooled;
      } catch (error) {
        // What else is wrong with a port that we have chosen (EACCES, as some systems reserve ports), the system's choice has not.
        if (systemErrorCode(error) !== 'EADDRINUSE' && (range !== null || number === 0))
          throw new Error(systemReason(error));
      }
    }
    return null;
  }

  private use(pooled: PooledPort, request: DataPortRequest): AwaitedPort {
    this.idle.delete(pooled);
    pooled.uses += 1;
    let hasCome = false;
    let isOver = false;
    const waiter: DataWaiter = {
      admit: request.admit,
      onConnection: (socket) => {
        hasCome = true;
        request.onConnection(socket);
      },
      onStranger: request.onStranger,
      onVanished: request.onVanished,
    };
    pooled.port.await(waiter);
    const close = () => {
      if (isOver) return;
      isOver = true;
      pooled.port.forget(waiter);
      if (!hasCome || (request.range === null && pooled.uses >= MOST_USES)) pooled.retired = true;
      if (pooled.port.isIdle) this.rest(pooled);
    };
    return { port: pooled.port.number, close };
  }

  /** No one waits at it any more. */
  private rest(pooled: PooledPort): void {
    if (pooled.retired || this.closed) return this.drop(pooled);
    this.idle.add(pooled);
    const [longestIdle] = this.idle;
    if (this.idle.size > this.mostIdle && longestIdle !== undefined) this.drop(longestIdle);
  }

  private dropIdle(): void {
    for (const pooled of this.idleBefore) if (this.idle.has(pooled)) this.drop(pooled);
    this.idleBefore = [...this.idle];
  }

  private drop(pooled: PooledPort): void {
    pooled.port.close();
    pooled.siblings.delete(pooled);
    this.idle.delete(pooled);
  }
}

/** Opens a port for one link alone. Rejects with an Error whose message is a reason for people. */
export async function openDataPort(request: DataPortRequest): Promise<AwaitedPort> {
  const pool = new DataPortPool(null, null);
  const { port } = await pool.open(request);
  return { port, close: () => pool.close() };
}

/** One at which others wait whose connections are not mistaken for those of `admit`; a port that is still good, if there is one. */
function share(siblings: ReadonlySet<PooledPort>, admit: readonly string[] | null): PooledPort | null {
  const free = [...siblings].filter(({ port }) => port.isFreeFor(admit));
  return anyOf(free.filter(({ retired }) => !retired)) ?? anyOf(free);
}

function* portsToTry(range: PortRange | null): Generator<number> {
  if (range !== null) return yield* portsOf(range);
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) yield anyPortOf(systemPorts());
  yield 0;
}

function anyOf<Item>(items: readonly Item[]): Item | null {
  return items.length === 0 ? null : (items[randomInt(items.length)] ?? null);
}
