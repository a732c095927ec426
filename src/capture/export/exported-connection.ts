// A TCP connection told in packets: handshake, sequence and acknowledgment numbers, segments of bounded size, the end. What
// is said comes from outside; so do the times.
import type { Side } from '../../dialogue/observation.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import { ACK, FIN, PSH, RST, SYN } from '../header-numbers.js';
import { Path } from './ip-packet.js';

export interface ConnectionEnds {
  readonly client: Endpoint;
  readonly server: Endpoint;
}

/** After so many bytes the receiver acknowledges: well within the window of 65,535. */
const ACKNOWLEDGED_AFTER_BYTES = 23_360;
/** Sequence numbers tell before from behind within half of their range (RFC 9293 section 3.4): wider holes are told in steps. */
const WIDEST_STEP = 2 ** 30;

interface End {
  /** From this end to the other. */
  readonly path: Path;
  /** Number of the next byte that it sends. */
  next: number;
  /** What it sent and the other end has not acknowledged. */
  unacknowledged: number;
}

export class ExportedConnection {
  private readonly ends: Readonly<Record<Side, End>>;

  /** Both ends are addresses of one family; `initialSequence` is the client's, from 0 to 2^32 - 1. */
  constructor({ client, server }: ConnectionEnds, initialSequence: number) {
    this.ends = {
      client: { path: new Path(client, server), next: initialSequence, unacknowledged: 0 },
      server: { path: new Path(server, client), next: (initialSequence ^ 0x5a5a5a5a) >>> 0, unacknowledged: 0 },
    };
  }

  /** The most that one segment carries. */
  get maxSegmentBytes(): number {
    return this.ends.client.path.maxSegmentBytes;
  }

  open(from: Side): Buffer[] {
    const [opener, other] = this.pair(from);
    const asked = opener.path.packet({ flags: SYN, sequence: opener.next, acknowledgment: 0 });
    advance(opener, 1);
    const granted = this.segment(other, opener, SYN | ACK);
    advance(other, 1);
    return [asked, granted, this.segment(opener, other, ACK)];
  }

  /** The segments that carry the bytes, and what acknowledges them on the way. */
  send(from: Side, bytes: Buffer): Buffer[] {
    const [sender, receiver] = this.pair(from);
    const packets: Buffer[] = [];
    const most = sender.path.maxSegmentBytes;
    for (let at = 0; at < bytes.length; at += most) {
      const payload = bytes.subarray(at, at + most);
      const isLast = at + most >= bytes.length;
      packets.push(this.segment(sender, receiver, isLast ? PSH | ACK : ACK, payload));
      advance(sender, payload.length);
      sender.unacknowledged += payload.length;
      if (sender.unacknowledged >= ACKNOWLEDGED_AFTER_BYTES) packets.push(this.segment(receiver, sender, ACK));
    }
    return packets;
  }

  /** Bytes that were sent and are not known: the sequence goes on behind them. */
  lose(from: Side, bytes: number): Buffer[] {
    const [sender, receiver] = this.pair(from);
    const packets: Buffer[] = [];
    for (let left = bytes; left > 0; left -= WIDEST_STEP) {
      advance(sender, Math.min(left, WIDEST_STEP));
      if (left > WIDEST_STEP) packets.push(this.segment(receiver, sender, ACK));
    }
    return packets;
  }

  /** An orderly end, begun by that side. */
  finish(first: Side): Buffer[] {
    const [closer, other] = this.pair(first);
    const ended = this.segment(closer, other, FIN | ACK);
    advance(closer, 1);
    const endedToo = this.segment(other, closer, FIN | ACK);
    advance(other, 1);
    return [ended, endedToo, this.segment(closer, other, ACK)];
  }

  reset(from: Side): Buffer[] {
    const [resetter, other] = this.pair(from);
    return [this.segment(resetter, other, RST | ACK)];
  }

  /** Whatever is sent acknowledges what came. */
  private segment(sender: End, receiver: End, flags: number, payload?: Buffer): Buffer {
    receiver.unacknowledged = 0;
    const numbers = { sequence: sender.next, acknowledgment: receiver.next };
    return sender.path.packet({ flags, ...numbers, ...(payload === undefined ? {} : { payload }) });
  }

  private pair(from: Side): [End, End] {
    const { client, server } = this.ends;
    return from === 'client' ? [client, server] : [server, client];
  }
}

/** Sequence numbers wrap. */
function advance(end: End, bytes: number): void {
  end.next = (end.next + bytes) % 2 ** 32;
}
