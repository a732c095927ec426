// From an IP datagram to what it carries: IPv4 with options and fragments, IPv6 with extension headers, and IP again in
// what it carries. Checksums are not looked at: where
// the network card computes them, a capture holds none that are right.

import { IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, TCP } from '../header-numbers.js';
import type { SeenTraffic } from '../seen-traffic.js';
import { IP_PROTOCOLS } from './carried.js';
import { findDatagram } from './decapsulation.js';
import { Fragments } from './fragments.js';
import { AUTHENTICATION, readExtensionHeaders } from './ipv6-extension-headers.js';
import type { DatagramSink } from './link-layer.js';
import type { TransportPayload, TransportSink } from './transport-payload.js';

/** IPv4: more fragments follow, and where this one begins in units of eight bytes. */
const IPV4_FRAGMENT = 0x3fff;
const MORE_FRAGMENTS = 0x2000;
const IPV4_FRAGMENT_OFFSET = 0x1fff;
/** Datagrams in datagrams in datagrams, whatever else is between them. */
const MAX_TUNNELS = 4;

export class IpLayer implements DatagramSink {
  private readonly fragments = new Fragments();
  private readonly current: TransportPayload = {
    bytes: Buffer.alloc(0),
    addresses: 0,
    addressBytes: 4,
    protocol: 0,
    offset: 0,
    end: 0,
    missing: 0,
    at: 0,
  };

  constructor(
    private readonly sink: TransportSink,
    private readonly seen: SeenTraffic,
  ) {}

  datagram(bytes: Buffer, offset: number, missing: number, at: number): void {
    const { current } = this;
    current.bytes = bytes;
    current.offset = offset;
    current.missing = missing;
    current.at = at;
    for (let tunnels = 0; tunnels <= MAX_TUNNELS; tunnels += 1) {
      if (!this.open() || !this.handOn()) return;
    }
  }

  /** From the datagram at `offset` to its payload. False when there is none, or not yet. */
  private open(): boolean {
    const { bytes, offset } = this.current;
    const version = offset < bytes.length ? bytes.readUInt8(offset) >> 4 : 0;
    if (version === 4) return this.openIpv4();
    return version === 6 && this.openIpv6();
  }

  /** Whether there is a datagram in the payload again. */
  private handOn(): boolean {
    const { current } = this;
    if (current.protocol === AUTHENTICATION && !this.passAuthentication()) return false;
    const { protocol, bytes, end } = current;
    if (protocol === TCP) {
      this.sink.payload(current);
      return false;
    }
    const layer = IP_PROTOCOLS.get(protocol);
    if (layer === undefined) {
      this.seen.countProtocol(protocol);
      return false;
    }
    current.bytes = bytes.subarray(0, end);
    const found = findDatagram(layer, current.bytes, current.offset);
    if (typeof found === 'string') this.seen.countUnread(found);
    else current.offset = found;
    return typeof found !== 'string';
  }

  /** IPv4 has an authentication header in its payload (RFC 4302), IPv6 among those that were passed already. */
  private passAuthentication(): boolean {
    const { current } = this;
    const headers = readExtensionHeaders(current.bytes, current.offset, current.end, AUTHENTICATION);
    if (headers === null || headers.fragment !== null) return false;
    current.protocol = headers.protocol;
    current.offset = headers.end;
    return true;
  }

  private openIpv4(): boolean {
    const { current } = this;
    const { bytes, offset } = current;
    if (offset + IPV4_HEADER_BYTES > bytes.length) return false;
    const payload = offset + (bytes.readUInt8(offset) & 0x0f) * 4;
    if (payload < offset + IPV4_HEADER_BYTES || payload > bytes.length) return false;
    // No total length: the network card was still to cut this into packets, and it is as long as its frame.
    const length = bytes.readUInt16BE(offset + 2);
    if (length !== 0 && !this.endAt(offset + length, payload)) return false;
    if (length === 0) this.endAt(bytes.length + current.missing, payload);
    current.protocol = bytes.readUInt8(offset + 9);
    this.locate(offset + 12, 4, payload);
    const fragment = bytes.readUInt16BE(offset + 6);
    if ((fragment & IPV4_FRAGMENT) === 0) return true;
    const identification = bytes.toString('latin1', offset + 4, offset + 6);
    return this.addFragment(identification, (fragment & IPV4_FRAGMENT_OFFSET) * 8, (fragment & MORE_FRAGMENTS) !== 0);
  }

  private openIpv6(): boolean {
    const { current } = this;
    const { bytes, offset } = current;
    const payload = offset + IPV6_HEADER_BYTES;
    if (payload > bytes.length) return false;
    // No payload length: a jumbogram (RFC 2675), or one that the network card was still to cut.
    const length = bytes.readUInt16BE(offset + 4);
    this.endAt(length === 0 ? bytes.length + current.missing : payload + length, payload);
    const headers = readExtensionHeaders(bytes, payload, current.end, bytes.readUInt8(offset + 6));
    if (!headers) return false;
    current.protocol = headers.protocol;
    this.locate(offset + 8, 16, headers.end);
    const { fragment } = headers;
    return !fragment || this.addFragment(fragment.identification, fragment.offset, fragment.more);
  }

  /** Where the datagram says that it ends: behind that is padding, and before it may be what was not captured. */
  private endAt(claimed: number, payload: number): boolean {
    const { current } = this;
    const captured = current.bytes.length;
    current.end = Math.min(claimed, captured);
    current.missing = Math.max(0, Math.min(claimed, captured + current.missing) - captured);
    return claimed >= payload;
  }

  private locate(addresses: number, addressBytes: 4 | 16, offset: number): void {
    this.current.addresses = addresses;
    this.current.addressBytes = addressBytes;
    this.current.offset = offset;
  }

  /** Whether the datagram is whole with this fragment, and is now the current one. */
  private addFragment(identification: string, position: number, more: boolean): boolean {
    const { current } = this;
    const { bytes, addresses, addressBytes, protocol, offset, end, missing, at } = current;
    if (missing > 0) return false;
    const between = bytes.subarray(addresses, addresses + 2 * addressBytes);
    const key = `${between.toString('latin1')}${identification}${protocol}`;
    const whole = this.fragments.add(key, { position, more, bytes: bytes.subarray(offset, end) }, at);
    if (!whole) return false;
    // The addresses go in front of it, where they are looked for.
    current.bytes = Buffer.concat([between, whole]);
    current.end = current.bytes.length;
    this.locate(0, addressBytes, between.length);
    return true;
  }
}
