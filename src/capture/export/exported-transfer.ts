// A transfer as packets: a data connection from its handshake to its end, spread over the time that it took. The payload comes
// as a stream and is never held whole.
import type { LinkClosed, LinkFacts, Side } from '../../dialogue/observation.js';
import { type ConnectionEnds, ExportedConnection } from './exported-connection.js';
import { canShareAPath } from './ip-packet.js';
import type { Burst, Stretch } from './packet-order.js';
import { type ControlView, dataEndsSeenFrom, modeSeenFrom } from './vantage.js';

/** Bytes told at one time. */
const BURST_BYTES = 16 * 1024;

/** The bytes of a transfer by their name in the recording; null when they are not there. */
export type PayloadOf = (name: string) => AsyncIterable<Buffer> | null;

export interface TransferSource {
  readonly view: ControlView;
  readonly initialSequence: number;
  readonly payload: PayloadOf;
  /** The payload is not in the recording: the sequence numbers alone tell how much it was. */
  payloadMissing(): void;
}

export class ExportedTransfer implements Stretch {
  readonly kind = 'stretch';
  /** Bytes that a capture lacks. */
  private readonly lost = { client: 0, server: 0 };
  private end: { readonly link: LinkFacts; readonly at: number; readonly closed: LinkClosed | null } | null = null;

  constructor(
    readonly at: number,
    /** As it was announced: then the listening end is known. */
    private readonly announced: LinkFacts,
    private readonly source: TransferSource,
  ) {}

  get settled(): boolean {
    return this.end !== null;
  }

  lose(side: Side, bytes: number): void {
    this.lost[side] += bytes;
  }

  close(closed: LinkClosed): void {
    const endAt = closed.durationMs === null ? closed.at : this.at + closed.durationMs;
    this.end = { link: closed, at: Math.min(closed.at, endAt), closed };
  }

  /** The recording ends before the transfer does. */
  cutOff(link: LinkFacts, at: number): void {
    this.end ??= { link, at, closed: null };
  }

  async *bursts(): AsyncGenerator<Burst> {
    const ends = this.ends();
    if (this.end === null || ends === null) return;
    const { link, closed, at } = this.end;
    const connection = new ExportedConnection(ends, this.source.initialSequence);
    const sender: Side = link.direction === 'upload' ? 'client' : 'server';
    const opener: Side = modeSeenFrom(this.source.view, link) === 'passive' ? 'client' : 'server';
    yield { at: this.at, packets: connection.open(opener), comment: null };
    const told = yield* this.content(connection, sender, link, closed);
    const missing = Math.max(0, link.bytes - told);
    if (missing > 0) this.source.payloadMissing();
    const holes = [
      ...connection.lose(sender, missing + this.lost[sender]),
      ...this.loseFromReceiver(connection, sender),
    ];
    if (closed === null) return yield { at, packets: holes, comment: 'the recording ends here' };
    const isWhole = closed.outcome === 'complete' || closed.outcome === 'unseen';
    const last = isWhole ? connection.finish(sender) : connection.reset(sender);
    yield { at, packets: [...holes, ...last], comment: commentOf(closed) };
  }

  /** Gives back how many bytes there were. */
  private async *content(
    connection: ExportedConnection,
    sender: Side,
    { bytes }: LinkFacts,
    closed: LinkClosed | null,
  ): AsyncGenerator<Burst, number> {
    const payload = closed?.payload === undefined ? null : this.source.payload(closed.payload);
    let told = 0;
    for await (const chunk of payload ?? []) {
      for (let from = 0; from < chunk.length; from += BURST_BYTES) {
        const part = chunk.subarray(from, from + BURST_BYTES);
        yield { at: this.timeAfter(told, bytes), packets: connection.send(sender, part), comment: null };
        told += part.length;
      }
    }
    return told;
  }

  private loseFromReceiver(connection: ExportedConnection, sender: Side): Buffer[] {
    const receiver = sender === 'client' ? 'server' : 'client';
    return connection.lose(receiver, this.lost[receiver]);
  }

  /** As if the bytes had come evenly. */
  private timeAfter(told: number, total: number): number {
    const durationMs = Math.max(0, (this.end?.at ?? this.at) - this.at);
    return this.at + durationMs * Math.min(1, total === 0 ? 1 : told / total);
  }

  /** The listener is the one that was announced; who connected to it is known later. */
  private ends(): ConnectionEnds | null {
    if (this.end === null) return null;
    const { view } = this.source;
    const announced = dataEndsSeenFrom(view, this.announced);
    const used = dataEndsSeenFrom(view, this.end.link);
    const serverListens = modeSeenFrom(view, this.announced) === 'passive';
    const client = serverListens ? used.client : (announced.client ?? used.client);
    const server = serverListens ? (announced.server ?? used.server) : used.server;
    return client !== null && server !== null && canShareAPath(client, server) ? { client, server } : null;
  }
}

function commentOf({ outcome, reason }: LinkClosed): string | null {
  return outcome === 'complete' ? null : `transfer ${outcome}${reason === null ? '' : `: ${reason}`}`;
}
