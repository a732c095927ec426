// The sockets of one data link: its listener, both legs, and the flow between them. Does what the session asks, tells what
// happens, and decides nothing of FTP.
import type { Socket } from 'node:net';
import type { DataEnd } from '../dialogue/link-life.js';
import type { Side, TlsFacts } from '../dialogue/observation.js';
import type { KeptPayload, PayloadSink, PayloadStore, TransferName } from '../dialogue/payload-sink.js';
import { DataLeg } from '../ends/data-leg.js';
import type { AwaitedPort, DataPortPool } from '../ends/data-port-pool.js';
import type { DialFrom } from '../ends/dial.js';
import type { Secured } from '../ends/tls/handshake.js';
import { failureOfHandshake } from '../ends/tls/handshake-facts.js';
import { connectionFailureOf } from '../protocol/connection-failure.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import { systemReason } from '../protocol/system-errors.js';
import type { Direction } from '../protocol/verbs.js';
import type { Happening } from '../relay/input.js';
import { Flow } from './flow.js';
import type { LinkKeeper, ListenRequest } from './link-keeper.js';

/** How often a running flow reports how far it is. How often that is observed is not decided here. */
const REPORT_INTERVAL_MS = 500;

/** For how long nothing may come before a transfer whose end is in its data is taken for through. */
const QUIET_MS = 100;

export class LinkSockets {
  private readonly legs: Record<Side, DataLeg | null> = { client: null, server: null };
  private readonly ports: AwaitedPort[] = [];
  private flow: Flow | null = null;
  private sink: PayloadSink | null = null;
  private direction: Direction | null = null;
  private flowDone = false;
  /** It broke a leg over which nothing flowed. */
  private serverHasReset = false;
  private progressTimer: NodeJS.Timeout | null = null;
  private dropped = false;

  constructor(
    private link: number,
    private readonly keeper: LinkKeeper,
    private readonly pools: Readonly<Record<Side, DataPortPool>>,
  ) {}

  /** How far the flow is. */
  get progress(): Extract<Happening, { kind: 'data-progress' }> {
    const { bytes, link, sink, flow } = this;
    const receiverEnded = flow?.receiverEnded ?? false;
    const receiverIsFull = flow !== null && !flow.delivered;
    return { kind: 'data-progress', link, bytes, payload: sink?.soFar ?? null, receiverEnded, receiverIsFull };
  }

  get hasMoved(): boolean {
    return this.bytes > 0;
  }

  /** Bytes handed to their receiver so far. */
  private get bytes(): number {
    return this.flow?.bytes ?? 0;
  }

  /** Resolves with the open port; rejects with a reason for people. */
  async listen({ facing, host, range, admit }: ListenRequest): Promise<number> {
    const port = await this.pools[facing].open({
      host,
      range,
      admit,
      onConnection: (socket) => this.adopt(facing, DataLeg.adopt(socket)),
      onStranger: (stranger, before) =>
        this.happens({ kind: 'data-stranger', link: this.link, side: facing, ...stranger, before }),
      onVanished: () => this.happens({ kind: 'data-peer-vanished', link: this.link, side: facing }),
    });
    if (this.dropped) port.close();
    else this.ports.push(port);
    return port.port;
  }

  dial(side: Side, remote: Endpoint, from: DialFrom, timeoutMs: number): void {
    const failed = (error: unknown) => {
      if (this.dropped) return;
      const reason = `cannot connect to the ${side} at ${formatEndpoint(remote)}: ${systemReason(error)}`;
      const failure = connectionFailureOf(error);
      this.happens({ kind: 'data-leg-failed', link: this.link, side, reason, failure });
    };
    try {
      this.dialled(side, DataLeg.dial(remote, from, timeoutMs), failed);
    } catch (error) {
      failed(error);
    }
  }

  private dialled(side: Side, leg: DataLeg, failed: (error: unknown) => void): void {
    const { socket } = leg;
    this.keeper.opened(socket);
    this.legs[side] = leg;
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      this.stands(side, leg);
    });
  }

  /** Encrypts a leg that stands. */
  secure(side: Side, encrypt: (plain: Socket) => Promise<Secured>): void {
    const leg = this.legs[side];
    if (leg === null) return;
    leg.socket.pause();
    encrypt(leg.socket).then(
      (secured) => {
        if (side === 'client') this.keeper.shaken(leg.socket);
        this.encrypted(side, leg.over(secured), secured.facts);
      },
      (error: unknown) => {
        if (this.dropped) return;
        this.happens({ kind: 'data-leg-insecure', link: this.link, side, ...failureOfHandshake(error) });
      },
    );
  }

  /** Both legs stand: the bytes flow. */
  async start(direction: Direction, store: PayloadStore | null, name: TransferName): Promise<void> {
    this.direction = direction;
    let sink: PayloadSink | null = null;
    try {
      sink = (await store?.open(name)) ?? null;
    } catch (error) {
      return this.payloadFailed(error);
    }
    const { client, server } = this.legs;
    if (this.dropped || client === null || server === null) {
      await sink?.finish().catch(() => {});
      return;
    }
    this.closePorts();
    this.sink = sink;
    const ends = {
      dataEnded: (end: DataEnd) => this.dataEnded(end, sink),
      payloadFailed: (error: unknown) => this.payloadFailed(error),
    };
    this.flow = new Flow({ client, server }, direction, sink, ends, this.keeper.pump);
    this.progressTimer = setInterval(() => this.happens(this.progress), REPORT_INTERVAL_MS);
    this.flow.start(name.verb);
  }

  /** The transfer is over: once nothing more has come for a moment and all has gone on, both legs are released as they are. */
  endFlow(): void {
    let before = 0;
    const timer = setInterval(() => {
      const { flow } = this;
      const isOver = this.dropped || flow?.over === true;
      // Even of an empty file the end is bytes, in these modes.
      const isQuiet = flow !== null && flow.bytes > 0 && flow.bytes === before && flow.delivered;
      before = this.bytes;
      if (!isOver && !isQuiet) return;
      clearInterval(timer);
      if (!isOver) flow?.leave();
    }, QUIET_MS);
  }

  /** Both legs serve another link now, whose bytes have not begun to flow. The sender's end is still handed on by the flow before. */
  serveNext(link: number): void {
    const receiver = this.direction === 'download' ? 'client' : 'server';
    this.link = link;
    this.flow = null;
    this.sink = null;
    this.direction = null;
    this.watch(receiver);
  }

  /** Reports when a leg over which nothing flows is ended by its peer. */
  watch(side: Side): void {
    const { link } = this;
    this.legs[side]?.watch((how) => {
      if (this.flow !== null || this.link !== link || this.dropped) return;
      this.serverHasReset = side === 'server' && how === 'reset';
      const reason = `data connection to the ${side}: ${how} by the peer`;
      this.happens({ kind: 'data-leg-gone', link, side, reason, failure: how === 'reset' ? how : 'closed' });
    });
  }

  /**
   * Lets go of everything. A transfer that was under way must not look whole to its receiver; a connection that no transfer has used is
   * closed as clients close it.
   */
  drop(unused: boolean): void {
    if (this.dropped) return;
    this.dropped = true;
    this.closePorts();
    this.stopReporting();
    this.stopFlow();
    // To the server an end is an upload's last byte, be it an empty one's: only a reset says that there was to be more.
    const couldLookWhole = !unused && this.direction !== 'download' && !this.flowDone;
    if (couldLookWhole) this.legs.server?.reset();
    this.legs.server?.socket.destroy();
    // The sender has to see at once that nobody takes it; and how the server let go of a connection, the client may see, too.
    const isToBeReset = !this.flowDone && (this.direction === 'upload' || this.serverHasReset);
    if (isToBeReset) this.legs.client?.reset();
    // What the client was sent already stays good for it: it may resume from there. Its reply says that it is not all.
    const { client } = this.legs;
    client?.close(this.flowDone ? undefined : () => client.cutOff());
  }

  /** Nobody is waited for any more, nor expected by mistake. */
  private closePorts(): void {
    for (const port of this.ports.splice(0)) port.close();
  }

  /** What was reported of its bytes and their SHA-256 by now is what the file is to hold. */
  private stopFlow(): void {
    if (this.flow === null || this.flow.over) return;
    this.flow.stop();
    this.sink?.finish().catch((error: unknown) => this.keeper.recordingFailed(error));
  }

  private encrypted(side: Side, leg: DataLeg, facts: TlsFacts): void {
    const { socket } = leg;
    socket.on('error', () => {});
    if (this.dropped) {
      socket.destroy();
      return;
    }
    this.keeper.opened(socket);
    this.legs[side] = leg;
    this.happens({ kind: 'data-leg-secured', link: this.link, side, tls: facts });
  }

  private adopt(side: Side, leg: DataLeg): void {
    this.keeper.opened(leg.socket);
    this.stands(side, leg);
  }

  private stands(side: Side, leg: DataLeg): void {
    const { socket } = leg;
    socket.on('error', () => {});
    if (this.dropped) {
      socket.destroy();
      return;
    }
    this.legs[side] = leg;
    const { local, remote } = leg;
    this.happens({ kind: 'data-leg-connected', link: this.link, side, local, remote });
  }

  private dataEnded(end: DataEnd, sink: PayloadSink | null): void {
    this.stopReporting();
    if (end.kind === 'drained') this.closeLegs();
    if (sink === null) return this.reportEnd(end, null);
    sink.finish().then(
      (payload) => this.reportEnd(end, payload),
      (error: unknown) => this.payloadFailed(error),
    );
  }

  private reportEnd(end: DataEnd, payload: KeptPayload | null): void {
    if (this.dropped) return;
    if (end.kind === 'drained') this.keeper.drained(this.link);
    const { link, bytes, flow } = this;
    this.happens({ kind: 'data-ended', link, bytes, end, payload, content: flow?.content ?? null });
  }

  private stopReporting(): void {
    if (this.progressTimer !== null) clearInterval(this.progressTimer);
  }

  private payloadFailed(error: unknown): void {
    this.stopReporting();
    if (this.dropped) return;
    this.reportEnd({ kind: 'broken', side: null, cause: 'recording-failed', reason: systemReason(error) }, null);
    this.keeper.recordingFailed(error);
  }

  private happens(happening: Happening): void {
    this.keeper.happens(happening);
  }

  /** Every byte and both ends have gone through: only the peers' own closing is waited for. */
  private closeLegs(): void {
    this.flowDone = true;
    for (const leg of [this.legs.client, this.legs.server]) leg?.close();
  }
}
