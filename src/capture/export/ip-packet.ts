// TCP segments in IP packets, as bytes: headers, lengths and checksums (RFC 791, 8200, 9293, 1071). Knows one direction of a
// connection and nothing of what is said over it.
import ipaddr from 'ipaddr.js';
import { addressFamily, canonicalAddress, type Endpoint } from '../../protocol/endpoint.js';
import { IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, SYN, TCP, TCP_HEADER_BYTES } from '../header-numbers.js';

const MSS_OPTION_BYTES = 4;
const HOPS = 64;
const DO_NOT_FRAGMENT = 0x4000;
/** What Ethernet carries in one frame; peers that see a capture expect no more. */
const LINK_MTU = 1500;
/** The most that can be said without window scaling. */
const WINDOW = 65_535;

const NO_BYTES = Buffer.alloc(0);

export interface ExportedSegment {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly payload?: Buffer;
}

/** One direction of a TCP connection. */
export class Path {
  /** The most payload that one segment carries. */
  readonly maxSegmentBytes: number;
  private readonly addresses: Buffer;
  private readonly isIpv4: boolean;
  private readonly headerBytes: number;
  /** What the TCP checksum covers besides the segment, but for the segment's length (RFC 9293 section 3.1). */
  private readonly pseudoHeaderSum: number;

  /** Both are IP literals of the same family: see `canShareAPath`. */
  constructor(
    private readonly source: Endpoint,
    private readonly destination: Endpoint,
  ) {
    this.addresses = Buffer.from([...addressBytes(source.address), ...addressBytes(destination.address)]);
    this.isIpv4 = addressFamily(source.address) === 1;
    this.headerBytes = this.isIpv4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
    this.maxSegmentBytes = LINK_MTU - this.headerBytes - TCP_HEADER_BYTES;
    this.pseudoHeaderSum = sumOfWords(this.addresses, 0) + TCP;
  }

  packet({ flags, sequence, acknowledgment, payload = NO_BYTES }: ExportedSegment): Buffer {
    const optionBytes = flags & SYN ? MSS_OPTION_BYTES : 0;
    const segmentBytes = TCP_HEADER_BYTES + optionBytes + payload.length;
    // From the pool: memory that Node gets from the system for each packet costs more than all the rest.
    const packet = Buffer.allocUnsafe(this.headerBytes + segmentBytes).fill(0);
    if (this.isIpv4) this.writeIpv4Header(packet);
    else this.writeIpv6Header(packet, segmentBytes);
    const tcp = this.headerBytes;
    packet.writeUInt16BE(this.source.port, tcp);
    packet.writeUInt16BE(this.destination.port, tcp + 2);
    packet.writeUInt32BE(sequence, tcp + 4);
    packet.writeUInt32BE(acknowledgment, tcp + 8);
    packet.writeUInt8(((TCP_HEADER_BYTES + optionBytes) / 4) << 4, tcp + 12);
    packet.writeUInt8(flags, tcp + 13);
    packet.writeUInt16BE(WINDOW, tcp + 14);
    if (optionBytes > 0) this.writeMssOption(packet, tcp + TCP_HEADER_BYTES);
    payload.copy(packet, tcp + TCP_HEADER_BYTES + optionBytes);
    packet.writeUInt16BE(checksum(this.pseudoHeaderSum + segmentBytes + sumOfWords(packet, tcp)), tcp + 16);
    return packet;
  }

  private writeIpv4Header(packet: Buffer): void {
    packet.writeUInt8(0x45, 0);
    packet.writeUInt16BE(packet.length, 2);
    packet.writeUInt16BE(DO_NOT_FRAGMENT, 6);
    packet.writeUInt8(HOPS, 8);
    packet.writeUInt8(TCP, 9);
    this.addresses.copy(packet, 12);
    packet.writeUInt16BE(checksum(sumOfWords(packet, 0, IPV4_HEADER_BYTES)), 10);
  }

  private writeIpv6Header(packet: Buffer, segmentBytes: number): void {
    packet.writeUInt8(0x60, 0);
    packet.writeUInt16BE(segmentBytes, 4);
    packet.writeUInt8(TCP, 6);
    packet.writeUInt8(HOPS, 7);
    this.addresses.copy(packet, 8);
  }

  private writeMssOption(packet: Buffer, at: number): void {
    packet.writeUInt8(2, at);
    packet.writeUInt8(MSS_OPTION_BYTES, at + 1);
    packet.writeUInt16BE(this.maxSegmentBytes, at + 2);
  }
}

/** Whether both are IP addresses, and of one family: host names and mixed families cannot be in one packet. */
export function canShareAPath(one: Endpoint, other: Endpoint): boolean {
  const family = addressFamily(one.address);
  return family !== null && family === addressFamily(other.address);
}

function addressBytes(address: string): readonly number[] {
  return ipaddr.parse(canonicalAddress(address) ?? address).toByteArray();
}

/** The 16-bit words from there on, added up; an odd last byte counts as a word's first (RFC 1071). */
function sumOfWords(bytes: Buffer, from: number, to = bytes.length): number {
  let sum = 0;
  const even = to - ((to - from) % 2);
  for (let at = from; at < even; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return even === to ? sum : sum + ((bytes[even] ?? 0) << 8);
}

/** The one's complement of the one's complement sum. */
function checksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = Math.floor(folded / 0x10000) + (folded & 0xffff);
  return ~folded & 0xffff;
}
