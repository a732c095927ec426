// pcapng files (draft-ietf-opsawg-pcapng): blocks in sections, each section with a byte order and interfaces of its own.
import { CaptureError } from '../capture-error.js';
import type { CaptureFormat, PacketSink } from './packet-sink.js';
import { beginsPcap } from './pcap-variant.js';
import {
  BLOCK_OVERHEAD_BYTES,
  BODY_AT,
  BYTE_ORDER_MAGIC,
  DECRYPTION_SECRETS,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  OBSOLETE_PACKET,
  OPTION_END,
  OPTION_RESOLUTION,
  OPTION_TIME_OFFSET,
  PACKET_FIELDS_BYTES,
  padded,
  SECTION_HEADER,
  SIMPLE_PACKET,
  TLS_KEY_LOG,
} from './pcapng-format.js';
import { type RecordFormat, WholeRecords } from './whole-records.js';

/** Type, length and, in a section header, the byte order. The shortest block has as much. */
const BLOCK_HEADER_BYTES = BLOCK_OVERHEAD_BYTES;
/** A block may hold comments and keys beside a packet, but no more than that. */
const MAX_BLOCK_BYTES = 16 * 1024 * 1024;
const MAX_INTERFACES = 65_536;

/** What an interface description block says of its packets' times and bytes. */
interface CaptureInterface {
  readonly linkType: number;
  /** Infinite when packets were not cut. */
  readonly snapshotLength: number;
  readonly ticksPerMs: number;
  readonly offsetMs: number;
}

/** The end of the year 9999: beyond that dates are written otherwise. */
const MAX_TIME_MS = Date.UTC(10_000, 0, 1) - 1;
const OPTIONS_OFFSET = 8;
/** Microseconds, where nothing else is said. */
const DEFAULT_RESOLUTION = 6;

export class PcapngFile implements CaptureFormat, RecordFormat {
  readonly headerBytes = BLOCK_HEADER_BYTES;
  private readonly records = new WholeRecords(this);
  /** Of the section that is being measured, which may be ahead of the one that is being read. */
  private measuresLittleEndian = true;
  private littleEndian = true;
  private interfaces: CaptureInterface[] = [];
  private blocks = 0;
  private blocksEnd = 0;
  private lastAt = 0;

  constructor(private readonly sink: PacketSink) {}

  push(chunk: Buffer): Buffer | null {
    return this.records.push(chunk);
  }

  get isOver(): boolean {
    return this.records.isOver;
  }

  /** A section of its own kind goes on with the same file. */
  isOtherFile(bytes: Buffer, offset: number): boolean {
    return beginsPcap(bytes, offset);
  }

  get isWhole(): boolean {
    return this.records.unfinishedBytes === 0;
  }

  get place(): string {
    return `in block ${this.blocks + 1}, which begins at byte ${this.blocksEnd}`;
  }

  measure(bytes: Buffer, offset: number): number | null {
    const order = sectionOrder(bytes, offset);
    if (order === 'damaged') return null;
    if (order) this.measuresLittleEndian = order === 'little';
    const length = blockLength(bytes, offset, this.measuresLittleEndian);
    return length < BLOCK_HEADER_BYTES || length > MAX_BLOCK_BYTES ? null : length;
  }

  take(blocks: Buffer): void {
    for (let offset = 0; offset < blocks.length; ) {
      const order = sectionOrder(blocks, offset);
      if (order) this.littleEndian = order === 'little';
      const length = blockLength(blocks, offset, this.littleEndian);
      const again = this.uint32(blocks, offset + length - 4);
      if (blockLength(blocks, offset + length - 8, this.littleEndian) !== length) {
        throw new CaptureError(`it claims two lengths, ${this.uint32(blocks, offset + 4)} and ${again} bytes`);
      }
      this.readBlock(blocks, this.uint32(blocks, offset), offset + BODY_AT, offset + length - 4);
      this.blocks += 1;
      this.blocksEnd += length;
      offset += length;
    }
  }

  damage(bytes: Buffer, offset: number): CaptureError {
    if (sectionOrder(bytes, offset) === 'damaged')
      return new CaptureError('it begins a section without its byte order');
    const read = this.measuresLittleEndian ? bytes.readUInt32LE(offset + 4) : bytes.readUInt32BE(offset + 4);
    return new CaptureError(`it claims a length of ${read} bytes`);
  }

  /** One block: what is between its two lengths is its body. */
  private readBlock(bytes: Buffer, type: number, body: number, end: number): void {
    if (type === ENHANCED_PACKET) this.readPacket(bytes, this.uint32(bytes, body), body, end);
    else if (type === SIMPLE_PACKET) this.readSimplePacket(bytes, body, end);
    else if (type === OBSOLETE_PACKET) this.readPacket(bytes, this.uint16(bytes, body), body, end);
    else if (type === DECRYPTION_SECRETS) this.readSecrets(bytes, body, end);
    else if (type === SECTION_HEADER) this.interfaces = [];
    else if (type === INTERFACE_DESCRIPTION && this.interfaces.length < MAX_INTERFACES) {
      this.interfaces.push(readInterface(bytes.subarray(body, end), this.littleEndian));
    }
  }

  /** The obsolete block differs in its first four bytes only: two for the interface, two for a count of drops. */
  private readPacket(bytes: Buffer, interfaceNumber: number, body: number, end: number): void {
    const on = this.interfaces[interfaceNumber];
    if (!on) throw new CaptureError(`it refers to interface ${interfaceNumber}, which is described nowhere`);
    const data = body + PACKET_FIELDS_BYTES;
    const captured = data <= end ? this.uint32(bytes, body + 12) : 0;
    if (data + captured > end) throw new CaptureError(`it claims a packet of ${captured} bytes, and is shorter`);
    this.lastAt = timeOf(on, this.uint32(bytes, body + 4), this.uint32(bytes, body + 8));
    const originalLength = Math.max(captured, this.uint32(bytes, body + 16));
    this.sink.packet(bytes.subarray(data, data + captured), this.lastAt, on.linkType, originalLength);
  }

  /** Of the first interface, cut at its snapshot length. It bears no time: the last one that was told has to do. */
  private readSimplePacket(bytes: Buffer, body: number, end: number): void {
    const on = this.interfaces[0];
    if (!on) throw new CaptureError('it refers to interface 0, which is described nowhere');
    const data = body + 4;
    if (data > end) throw new CaptureError('it is too short for a packet');
    const originalLength = this.uint32(bytes, body);
    const captured = Math.min(originalLength, end - data, on.snapshotLength);
    this.sink.packet(bytes.subarray(data, data + captured), this.lastAt, on.linkType, originalLength);
  }

  /** The kind of secrets, their length, and they. */
  private readSecrets(bytes: Buffer, body: number, end: number): void {
    if (body + 8 > end || this.uint32(bytes, body) !== TLS_KEY_LOG) return;
    const secrets = body + 8;
    this.sink.secrets?.(bytes.subarray(secrets, Math.min(end, secrets + this.uint32(bytes, body + 4))));
  }

  private uint32(bytes: Buffer, offset: number): number {
    return this.littleEndian ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset);
  }

  private uint16(bytes: Buffer, offset: number): number {
    return this.littleEndian ? bytes.readUInt16LE(offset) : bytes.readUInt16BE(offset);
  }
}

/** The byte order that a section header tells of; null for all other blocks. */
function sectionOrder(bytes: Buffer, offset: number): 'little' | 'big' | 'damaged' | null {
  if (bytes.readUInt32BE(offset) !== SECTION_HEADER) return null;
  if (bytes.readUInt32LE(offset + 8) === BYTE_ORDER_MAGIC) return 'little';
  return bytes.readUInt32BE(offset + 8) === BYTE_ORDER_MAGIC ? 'big' : 'damaged';
}

/** Blocks are to be padded to four bytes; where a length forgets that, the padding is there all the same. */
function blockLength(bytes: Buffer, offset: number, littleEndian: boolean): number {
  const claimed = littleEndian ? bytes.readUInt32LE(offset + 4) : bytes.readUInt32BE(offset + 4);
  return padded(claimed);
}

/** Reads the body of an interface description block. What is missing or odd in its options is taken as not said. */
function readInterface(body: Buffer, littleEndian: boolean): CaptureInterface {
  const uint16 = (offset: number) => (littleEndian ? body.readUInt16LE(offset) : body.readUInt16BE(offset));
  const uint32 = (offset: number) => (littleEndian ? body.readUInt32LE(offset) : body.readUInt32BE(offset));
  let resolution = DEFAULT_RESOLUTION;
  let offsetSeconds = 0;
  for (let offset = OPTIONS_OFFSET; offset + 4 <= body.length; ) {
    const code = uint16(offset);
    const length = uint16(offset + 2);
    const value = offset + 4;
    if (code === OPTION_END || value + length > body.length) break;
    if (code === OPTION_RESOLUTION && length === 1) resolution = body.readUInt8(value);
    if (code === OPTION_TIME_OFFSET && length === 8) {
      const bytes = body.subarray(value, value + 8);
      offsetSeconds = Number(littleEndian ? bytes.readBigInt64LE() : bytes.readBigInt64BE());
    }
    offset = value + padded(length);
  }
  const snapshotLength = body.length >= OPTIONS_OFFSET ? uint32(4) : 0;
  return {
    linkType: body.length >= 2 ? uint16(0) : 0,
    snapshotLength: snapshotLength === 0 ? Number.POSITIVE_INFINITY : snapshotLength,
    ticksPerMs: ticksPerSecond(resolution) / 1000,
    offsetMs: offsetSeconds * 1000,
  };
}

/** The highest bit tells whether the rest is a power of two or of ten. */
function ticksPerSecond(resolution: number): number {
  return resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution;
}

/** When a packet of the interface was captured, by its two words of ticks: milliseconds since the epoch, within what a date can be. */
function timeOf({ offsetMs, ticksPerMs }: CaptureInterface, high: number, low: number): number {
  return Math.min(Math.max(0, offsetMs + (high * 2 ** 32 + low) / ticksPerMs), MAX_TIME_MS);
}
