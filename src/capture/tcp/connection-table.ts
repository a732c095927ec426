// Which segment belongs to which TCP connection: by addresses and ports, in both directions.
import ipaddr from 'ipaddr.js';
import { canonicalAddress, type Endpoint } from '../../protocol/endpoint.js';
import type { ConnectionEnd, ConnectionEvent } from '../connection-event.js';
import type { SegmentSink } from '../network/ip.js';
import type { SeenTraffic } from '../seen-traffic.js';
import { CaptureClock } from './capture-clock.js';
import { RecentBudget } from './recent-bytes.js';
import type { Segment } from './segment.js';
import { TcpConnection } from './tcp-connection.js';

const TCP_HEADER_BYTES = 20;
const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;

interface Flow {
  readonly connection: TcpConnection;
  readonly from: ConnectionEnd;
  readonly keys: readonly [string, string];
}

export class ConnectionTable implements SegmentSink {
  /** Two for each connection, one for each direction. */
  private readonly flows = new Map<string, Flow>();
  private readonly stalled = new Set<TcpConnection>();
  private readonly recentBudget = new RecentBudget();
  private readonly clock = new CaptureClock();
  private connections = 0;
  private readonly current: Segment = {
    sequence: 0,
    acknowledgement: 0,
    syn: false,
    fin: false,
    rst: false,
    ack: false,
    payload: Buffer.alloc(0),
    missing: 0,
    at: 0,
  };

  constructor(
    private readonly emit: (event: ConnectionEvent) => void,
    private readonly seen: SeenTraffic,
  ) {}

  segment(
    bytes: Buffer,
    addresses: number,
    addressBytes: 4 | 16,
    offset: number,
    end: number,
    missing: number,
    at: number,
  ): void {
    if (offset + TCP_HEADER_BYTES > end) return;
    const payload = offset + (bytes.readUInt8(offset + 12) >> 4) * 4;
    if (payload < offset + TCP_HEADER_BYTES || payload > end) return;
    const { current } = this;
    const flags = bytes.readUInt8(offset + 13);
    current.sequence = bytes.readUInt32BE(offset + 4);
    current.acknowledgement = bytes.readUInt32BE(offset + 8);
    current.syn = (flags & SYN) !== 0;
    current.fin = (flags & FIN) !== 0;
    current.rst = (flags & RST) !== 0;
    current.ack = (flags & ACK) !== 0;
    current.payload = bytes.subarray(payload, end);
    current.missing = missing;
    current.at = at;
    this.clock.tick(at);
    const flow = this.flowOf(bytes, addresses, addressBytes, offset);
    if (!flow) return;
    const { connection, from } = flow;
    connection.take(from, current, this.clock.now);
    if (connection.stalled) this.stalled.add(connection);
  }

  /** Releases what has waited long enough. */
  sweep(): void {
    for (const connection of this.stalled) {
      connection.release(this.clock.now);
      if (!connection.stalled) this.stalled.delete(connection);
    }
  }

  /** The capture is over. */
  end(): void {
    const open = new Set([...this.flows.values()].map((flow) => flow.connection));
    for (const connection of open) connection.close('capture-end', connection.lastSeenAt);
  }

  private flowOf(bytes: Buffer, addresses: number, addressBytes: 4 | 16, offset: number): Flow | undefined {
    const ports = bytes.readUInt32BE(offset);
    const key =
      bytes.toString('latin1', addresses, addresses + 2 * addressBytes) +
      String.fromCharCode(ports >>> 16, ports & 0xffff);
    const flow = this.flows.get(key);
    const { current } = this;
    const opening = current.syn && !current.rst;
    if (flow && !(opening && flow.connection.isOther(flow.from, current.sequence))) return flow;
    if (!opening && (current.rst || current.payload.length + current.missing === 0)) return undefined;
    if (flow) this.remove(flow);
    return this.open(bytes, addresses, addressBytes, offset, key);
  }

  private open(bytes: Buffer, addresses: number, addressBytes: 4 | 16, offset: number, key: string): Flow {
    const source = endpoint(bytes, addresses, addressBytes, offset);
    const destination = endpoint(bytes, addresses + addressBytes, addressBytes, offset + 2);
    const answering = this.current.syn && this.current.ack;
    const [initiator, responder] = answering ? [destination, source] : [source, destination];
    this.connections += 1;
    const connection = new TcpConnection(
      this.connections,
      initiator,
      responder,
      this.current,
      this.recentBudget,
      this.emit,
    );
    this.seen.countConnection(responder.port);
    const back =
      bytes.toString('latin1', addresses + addressBytes, addresses + 2 * addressBytes) +
      bytes.toString('latin1', addresses, addresses + addressBytes) +
      String.fromCharCode(destination.port, source.port);
    const flow: Flow = { connection, from: answering ? 'responder' : 'initiator', keys: [key, back] };
    this.flows.set(key, flow);
    this.flows.set(back, { ...flow, from: answering ? 'initiator' : 'responder' });
    return flow;
  }

  private remove(flow: Flow): void {
    flow.connection.close('ended', flow.connection.lastSeenAt);
    for (const key of flow.keys) this.flows.delete(key);
  }
}

function endpoint(bytes: Buffer, address: number, addressBytes: number, port: number): Endpoint {
  const text = ipaddr.fromByteArray([...bytes.subarray(address, address + addressBytes)]).toString();
  return { address: canonicalAddress(text) ?? text, port: bytes.readUInt16BE(port) };
}
