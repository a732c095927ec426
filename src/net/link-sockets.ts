// The sockets of one data link: its listener, both legs, and the flow between them. Does what the session asks, tells what
// happens, and decides nothing of FTP.
import type { Socket } from 'node:net';
import type { DataEnd } from '../dialogue/link-life.js';
import type { Side, TlsFacts } from '../dialogue/observation.js';
import type { KeptPayload, PayloadSink, PayloadStore, TransferName } from '../dialogue/payload-sink.js';
import { DataLeg } from '../ends/data-leg.js';
import { type CallerOf, type DataPort, openDataPort, type PortRange } from '../ends/data-port.js';
import type { BindForeign, DialFrom } from '../ends/dial.js';
import type { Secured } from '../ends/tls/handshake.js';
import { failureOfHandshake } from '../ends/tls/handshake-facts.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import { systemReason } from '../protocol/system-errors.js';
import type { Direction } from '../protocol/verbs.js';
import type { Happening } from '../relay/input.js';
import { Flow } from './flow.js';

/** What a link reports to its session. */
export interface LinkKeeper {
  happens(happening: Happening): void;
  /** A socket that is to be closed before the session is over. */
  opened(socket: Socket): void;
  /** A client's handshake is over: the connection beneath. */
  shaken(plain: Socket): void;
  /** Everything went through: the link needs nobody any more. */
  drained(link: number): void;
  /** The payload can no longer be saved, and must be: the session ends. */
  recordingFailed(error: unknown): void;
}

export interface ListenRequest {
  readonly facing: Side;
  readonly host: string;
  readonly range: PortRange | null;
  readonly admit: readonly string[] | null;
  /** For a host that is not this machine's. */
  readonly bindForeign: BindForeign | null;
  /** Says whose connection it is; null where it is always the peer's own. */
  readonly callerOf: CallerOf | null;
}

/** How often a running flow reports how far it is. How often that is observed is not decided here. */
const REPORT_INTERVAL_MS = 500;

export class LinkSockets {
  private readonly legs: Record<Side, DataLeg | null> = { client: null, server: null };
  private readonly ports: DataPort[] = [];
  private flow: Flow | null = null;
  private sink: PayloadSink | null = null;
  private direction: Direction | null = null;
  private flowDone = false;
  private progressTimer: NodeJS.Timeout | null = null;
  private dropped = false;

  constructor(
    private readonly link: number,
    private readonly keeper: LinkKeeper,
  ) {}

  /** Bytes handed to their receiver so far. */
  get bytes(): number {
    return this.flow?.bytes ?? 0;
  }

  /** What of the payload has been kept by now; null when it is not kept. */
  get kept(): KeptPayload | null {
    return this.sink?.soFar ?? null;
  }

  /** Resolves with the open port; rejects with a reason for people. */
  async listen({ facing, host, range, admit, bindForeign, callerOf }: ListenRequest): Promise<number> {
    const port = await openDataPort({
      host,
      range,
      admit,
      bindForeign,
      callerOf,
      onConnection: (socket) => this.adopt(facing, DataLeg.adopt(socket)),
      onStranger: (stranger) => this.happens({ kind: 'data-stranger', link: this.link, side: facing, ...stranger }),
    });
    if (this.dropped) port.close();
    else this.ports.push(port);
    return port.port;
  }

  dial(side: Side, remote: Endpoint, from: DialFrom, timeoutMs: number): void {
    const failed = (error: unknown) => {
      if (this.dropped) return;
      const reason = `cannot connect to the ${side} at ${formatEndpoint(remote)}: ${systemReason(error)}`;
      this.happens({ kind: 'data-leg-failed', link: this.link, side, reason });
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
    this.sink = sink;
    this.flow = new Flow({ client, server }, direction, sink, {
      dataEnded: (end) => this.dataEnded(end, sink),
      payloadFailed: (error) => {
        this.stopReporting();
        this.payloadFailed(error);
      },
    });
    this.progressTimer = setInterval(() => this.reportProgress(), REPORT_INTERVAL_MS);
    this.flow.start();
  }

  /** Lets go of everything. A transfer that was under way must not look whole to its receiver. */
  drop(): void {
    if (this.dropped) return;
    this.dropped = true;
    for (const port of this.ports) port.close();
    this.stopReporting();
    // To the server an end is an upload's last byte, be it an empty one's: only a reset says that there was to be more.
    const couldLookWhole = this.direction !== 'download' && !this.flowDone;
    if (couldLookWhole) this.legs.server?.reset();
    this.legs.server?.socket.destroy();
    // What the client was sent already stays good for it: it may resume from there. Its reply says that it is not all.
    const { client } = this.legs;
    client?.close(this.flowDone ? undefined : () => client.cutOff());
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
    this.happens({ kind: 'data-ended', link: this.link, bytes: this.bytes, end, payload });
  }

  private reportProgress(): void {
    this.happens({ kind: 'data-progress', link: this.link, bytes: this.bytes, payload: this.kept });
  }

  private stopReporting(): void {
    if (this.progressTimer !== null) clearInterval(this.progressTimer);
  }

  private payloadFailed(error: unknown): void {
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
