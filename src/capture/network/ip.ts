// From an IP datagram to the TCP segment in it: IPv4 with options and fragments, IPv6 with extension headers. Checksums are not looked at:
// where the network card computes them, a capture holds none that are right.
import type { SeenTraffic } from '../seen-traffic.js';
import { Fragments } from './fragments.js';
import type { DatagramSink } from './link-layer.js';

export interface SegmentSink {
  /**
   * A TCP segment from `offset` to `end`; `missing` bytes behind `end` were not captured. Source and destination address lie one behind
   * the other at `addresses`, 4 or 16 bytes each.
   */
  segment(
    bytes: Buffer,
    addresses: number,
    addressBytes: 4 | 16,
    offset: number,
    end: number,
    missing: number,
    at: number,
  ): void;
}

const TCP = 6;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
/** Datagrams in datagrams in datagrams: no more than so many extension headers and tunnels. */
const MAX_HEADERS = 16;

const HOP_BY_HOP = 0;
const IPV4_IN_IP = 4;
const IPV6_IN_IP = 41;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;

export class IpLayer implements DatagramSink {
  private readonly fragments = new Fragments();

  constructor(
    private readonly sink: SegmentSink,
    private readonly seen: SeenTraffic,
  ) {}

  datagram(bytes: Buffer, offset: number, missing: number, at: number, depth = 0): void {
    const version = bytes.readUInt8(offset) >> 4;
    if (version === 4) this.ipv4(bytes, offset, missing, at, depth);
    else if (version === 6) this.ipv6(bytes, offset, missing, at, depth);
  }

  private ipv4(bytes: Buffer, offset: number, missing: number, at: number, depth: number): void {
    if (offset + IPV4_HEADER_BYTES > bytes.length) return;
    const headerBytes = (bytes.readUInt8(offset) & 0x0f) * 4;
    const payload = offset + headerBytes;
    if (headerBytes < IPV4_HEADER_BYTES || payload > bytes.length) return;
    // A total length of 0: the segment was still to be cut into packets by the network card, and is as long as its frame.
    const claimed = offset + (bytes.readUInt16BE(offset + 2) || bytes.length + missing - offset);
    if (claimed < payload) return;
    const end = Math.min(claimed, bytes.length);
    const lost = Math.min(claimed, bytes.length + missing) - end;
    const fragment = bytes.readUInt16BE(offset + 6);
    const protocol = bytes.readUInt8(offset + 9);
    if ((fragment & 0x3fff) === 0) {
      this.payload(protocol, bytes, offset + 12, 4, payload, end, lost, at, depth);
      return;
    }
    if (lost > 0) return;
    const key = `${bytes.toString('latin1', offset + 12, offset + 20)}${bytes.toString('latin1', offset + 4, offset + 6)}${protocol}`;
    const whole = this.fragments.add(key, (fragment & 0x1fff) * 8, (fragment & 0x2000) !== 0, bytes, payload, end, at);
    if (whole) this.reassembled(protocol, whole, bytes.subarray(offset + 12, offset + 20), 4, at, depth);
  }

  private ipv6(bytes: Buffer, offset: number, missing: number, at: number, depth: number): void {
    let payload = offset + IPV6_HEADER_BYTES;
    if (payload > bytes.length) return;
    // A payload length of 0: a jumbogram (RFC 2675), or one still to be cut by the network card.
    const payloadBytes = bytes.readUInt16BE(offset + 4);
    const claimed = payloadBytes === 0 ? bytes.length + missing : payload + payloadBytes;
    const end = Math.min(claimed, bytes.length);
    const lost = Math.min(claimed, bytes.length + missing) - end;
    let next = bytes.readUInt8(offset + 6);
    for (let headers = 0; headers < MAX_HEADERS && isExtension(next); headers += 1) {
      if (payload + 8 > end) return;
      const following = bytes.readUInt8(payload);
      if (next === FRAGMENT) {
        const fragment = bytes.readUInt16BE(payload + 2);
        if ((fragment & 0xfff9) !== 0) {
          if (lost === 0) this.ipv6Fragment(bytes, offset, payload, end, at, depth);
          return;
        }
      }
      payload += extensionBytes(next, bytes.readUInt8(payload + 1));
      next = following;
    }
    if (payload <= end) this.payload(next, bytes, offset + 8, 16, payload, end, lost, at, depth);
  }

  private ipv6Fragment(bytes: Buffer, offset: number, header: number, end: number, at: number, depth: number): void {
    const protocol = bytes.readUInt8(header);
    const fragment = bytes.readUInt16BE(header + 2);
    const key = bytes.toString('latin1', offset + 8, offset + 40) + bytes.toString('latin1', header + 4, header + 8);
    const whole = this.fragments.add(key, fragment & 0xfff8, (fragment & 1) !== 0, bytes, header + 8, end, at);
    if (whole) this.reassembled(protocol, whole, bytes.subarray(offset + 8, offset + 40), 16, at, depth);
  }

  /** Puts the addresses in front of what was reassembled, where they are looked for. */
  private reassembled(
    protocol: number,
    payload: Buffer,
    addresses: Buffer,
    addressBytes: 4 | 16,
    at: number,
    depth: number,
  ): void {
    const bytes = Buffer.concat([addresses, payload]);
    this.payload(protocol, bytes, 0, addressBytes, addresses.length, bytes.length, 0, at, depth);
  }

  private payload(
    protocol: number,
    bytes: Buffer,
    addresses: number,
    addressBytes: 4 | 16,
    offset: number,
    end: number,
    missing: number,
    at: number,
    depth: number,
  ): void {
    this.seen.countProtocol(protocol);
    if (protocol === TCP) this.sink.segment(bytes, addresses, addressBytes, offset, end, missing, at);
    else if ((protocol === IPV4_IN_IP || protocol === IPV6_IN_IP) && offset < end && depth < MAX_HEADERS) {
      this.datagram(bytes.subarray(0, end), offset, missing, at, depth + 1);
    }
  }
}

function isExtension(header: number): boolean {
  return (
    header === HOP_BY_HOP ||
    header === ROUTING ||
    header === FRAGMENT ||
    header === AUTHENTICATION ||
    header === DESTINATION_OPTIONS ||
    header === MOBILITY
  );
}

/** RFC 8200 section 4; the authentication header counts in units of four, two less than it has (RFC 4302 section 2.2). */
function extensionBytes(header: number, length: number): number {
  if (header === FRAGMENT) return 8;
  return header === AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8;
}
