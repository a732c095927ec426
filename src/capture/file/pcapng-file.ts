// pcapng files (draft-ietf-opsawg-pcapng): blocks in sections, each section with a byte order and interfaces of its own.
import { CaptureError } from '../capture-error.js';
import type { CaptureFormat, PacketSink } from './packet-sink.js';
import { type CaptureInterface, readInterface } from './pcapng-interface.js';
import { WholeRecords } from './whole-records.js';

/** Type, length and, in a section header, the byte order. */
const BLOCK_HEADER_BYTES = 12;
/** Type, length, and the length again. */
const MIN_BLOCK_BYTES = 12;
/** A block may hold comments and keys beside a packet, but not a whole file. */
const MAX_BLOCK_BYTES = 16 * 1024 * 1024;
const MAX_INTERFACES = 65_536;

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Whether a file that begins so is pcapng: the type of a section header is the same in both byte orders. */
export function isPcapng(head: Buffer): boolean {
  return head.length >= 4 && head.readUInt32BE(0) === SECTION_HEADER;
}

export class PcapngFile implements CaptureFormat {
  private readonly records = new WholeRecords(
    BLOCK_HEADER_BYTES,
    (bytes, offset) => this.measure(bytes, offset),
    (blocks) => this.parse(blocks),
  );
  private measuringLittleEndian = true;
  private littleEndian = true;
  private interfaces: CaptureInterface[] = [];
  private blocks = 0;

  constructor(private readonly sink: PacketSink) {}

  push(chunk: Buffer): void {
    this.records.push(chunk);
  }

  end(): void {
    if (this.records.unfinishedBytes > 0) throw new CaptureError(`the capture is cut ${this.where()}`);
  }

  private where(): string {
    return `in block ${this.blocks + 1}, which begins at byte ${this.records.takenBytes}`;
  }

  /** Blocks are measured ahead of being read, so the byte order is kept for each. */
  private measure(bytes: Buffer, offset: number): number {
    if (bytes.readUInt32BE(offset) === SECTION_HEADER) this.measuringLittleEndian = isLittleEndian(bytes, offset + 8);
    const length = this.measuringLittleEndian ? bytes.readUInt32LE(offset + 4) : bytes.readUInt32BE(offset + 4);
    if (length < MIN_BLOCK_BYTES || length % 4 !== 0 || length > MAX_BLOCK_BYTES) {
      throw new CaptureError(`the capture is damaged: a block claims a length of ${length} bytes`);
    }
    return length;
  }

  private parse(blocks: Buffer): void {
    for (let offset = 0; offset < blocks.length; ) {
      if (blocks.readUInt32BE(offset) === SECTION_HEADER) this.littleEndian = isLittleEndian(blocks, offset + 8);
      const length = this.uint32(blocks, offset + 4);
      this.blocks += 1;
      this.block(blocks, this.uint32(blocks, offset), offset + 8, offset + length - 4);
      offset += length;
    }
  }

  /** One block: what is between its two lengths is its body. */
  private block(bytes: Buffer, type: number, body: number, end: number): void {
    if (type === ENHANCED_PACKET) this.enhancedPacket(bytes, body, end);
    else if (type === SIMPLE_PACKET) this.simplePacket(bytes, body, end);
    else if (type === OBSOLETE_PACKET) this.obsoletePacket(bytes, body, end);
    else if (type === INTERFACE_DESCRIPTION) this.addInterface(bytes.subarray(body, end));
    else if (type === SECTION_HEADER) this.interfaces = [];
  }

  private addInterface(body: Buffer): void {
    if (this.interfaces.length < MAX_INTERFACES) this.interfaces.push(readInterface(body, this.littleEndian));
  }

  private enhancedPacket(bytes: Buffer, body: number, end: number): void {
    if (end - body >= 20) this.packet(bytes, this.uint32(bytes, body), body, end);
  }

  /** As the enhanced one, with two bytes for the interface and two for a count of drops. */
  private obsoletePacket(bytes: Buffer, body: number, end: number): void {
    if (end - body < 20) return;
    const number = this.littleEndian ? bytes.readUInt16LE(body) : bytes.readUInt16BE(body);
    this.packet(bytes, number, body, end);
  }

  private packet(bytes: Buffer, interfaceNumber: number, body: number, end: number): void {
    const on = this.interfaces[interfaceNumber];
    if (!on)
      throw new CaptureError(
        `the capture is damaged: a packet of interface ${interfaceNumber}, which is nowhere described`,
      );
    const ticks = this.uint32(bytes, body + 4) * 2 ** 32 + this.uint32(bytes, body + 8);
    const captured = this.uint32(bytes, body + 12);
    if (captured > end - body - 20)
      throw new CaptureError(`the capture is damaged: a packet of ${captured} bytes in a smaller block`);
    const data = bytes.subarray(body + 20, body + 20 + captured);
    this.sink.packet(
      data,
      on.offsetMs + ticks / on.ticksPerMs,
      on.linkType,
      Math.max(this.uint32(bytes, body + 16), captured),
    );
  }

  /** Of the first interface, without a time; cut at that interface's snapshot length. */
  private simplePacket(bytes: Buffer, body: number, end: number): void {
    const on = this.interfaces[0];
    if (!on || end - body < 4) return;
    const original = this.uint32(bytes, body);
    const captured = Math.min(original, end - body - 4, on.snapshotLength);
    this.sink.packet(bytes.subarray(body + 4, body + 4 + captured), 0, on.linkType, original);
  }

  private uint32(bytes: Buffer, offset: number): number {
    return this.littleEndian ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset);
  }
}

function isLittleEndian(bytes: Buffer, offset: number): boolean {
  if (bytes.readUInt32LE(offset) === BYTE_ORDER_MAGIC) return true;
  if (bytes.readUInt32BE(offset) === BYTE_ORDER_MAGIC) return false;
  throw new CaptureError('the capture is damaged: a section header without its byte order');
}
