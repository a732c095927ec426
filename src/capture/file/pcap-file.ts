// Classic pcap files, through the package pcap-parser: the only file that imports it. The parser believes whatever length a record
// claims, ends silently in the middle of one, and knows no nanosecond files: so it gets whole records only, of lengths that can be,
// and a header that it knows.
import { EventEmitter } from 'node:events';
import pcap from 'pcap-parser';
import { CaptureError } from '../capture-error.js';
import type { CaptureFormat, PacketSink } from './packet-sink.js';
import {
  beginsPcap,
  MICROSECONDS,
  type PcapVariant,
  RECORD_HEADER_BYTES,
  USUAL_MAX_PACKET_BYTES,
} from './pcap-variant.js';
import { isPcapng } from './pcapng-format.js';
import { type RecordFormat, WholeRecords } from './whole-records.js';

/** Whatever a header announces. */
const MAX_PACKET_BYTES = 16 * 1024 * 1024;

/** The link type shares its field with the length of the frame check sequence. */
const LINK_TYPE_MASK = 0xffff;

export const PCAP_HEADER_BYTES = 24;

export class PcapFile implements CaptureFormat, RecordFormat {
  readonly headerBytes = RECORD_HEADER_BYTES;
  private readonly records = new WholeRecords(this);
  private readonly input = new ParserInput();
  private readonly parser = pcap.parse(this.input);
  private readonly fractionsPerMs: number;
  private maxPacketBytes = USUAL_MAX_PACKET_BYTES;
  private linkType = 0;
  private packets = 0;

  /** `header` is the file's first 24 bytes; what follows them is to be pushed. */
  constructor(
    header: Buffer,
    private readonly variant: PcapVariant,
    private readonly sink: PacketSink,
  ) {
    this.fractionsPerMs = variant.nanoseconds ? 1e6 : 1e3;
    this.listen();
    const known = Buffer.from(header);
    if (variant.littleEndian) known.writeUInt32LE(MICROSECONDS, 0);
    else known.writeUInt32BE(MICROSECONDS, 0);
    this.input.emit('data', known);
  }

  push(chunk: Buffer): Buffer | null {
    return this.records.push(chunk);
  }

  get isOver(): boolean {
    return this.records.isOver;
  }

  isOtherFile(bytes: Buffer, offset: number): boolean {
    return beginsPcap(bytes, offset) || isPcapng(bytes, offset);
  }

  get isWhole(): boolean {
    return this.records.unfinishedBytes === 0;
  }

  get place(): string {
    return `in record ${this.packets + 1}, which begins at byte ${PCAP_HEADER_BYTES + this.records.takenBytes}`;
  }

  measure(bytes: Buffer, offset: number): number | null {
    const captured = this.capturedLength(bytes, offset);
    return captured > this.maxPacketBytes ? null : RECORD_HEADER_BYTES + this.variant.extraBytes + captured;
  }

  take(records: Buffer): void {
    this.parser.buffer = null; // Nothing is left in it, and with null it takes the records without copying them.
    this.input.emit('data', this.variant.extraBytes === 0 ? records : this.usualForm(records));
  }

  /** Without what this variant has in its record headers beyond the usual. */
  private usualForm(records: Buffer): Buffer {
    const parts: Buffer[] = [];
    for (let at = 0; at < records.length; ) {
      const packet = at + RECORD_HEADER_BYTES + this.variant.extraBytes;
      const end = packet + this.capturedLength(records, at);
      parts.push(records.subarray(at, at + RECORD_HEADER_BYTES), records.subarray(packet, end));
      at = end;
    }
    return Buffer.concat(parts);
  }

  damage(bytes: Buffer, offset: number): CaptureError {
    return new CaptureError(`it claims a packet of ${this.capturedLength(bytes, offset)} bytes`);
  }

  private capturedLength(bytes: Buffer, offset: number): number {
    return this.variant.littleEndian ? bytes.readUInt32LE(offset + 8) : bytes.readUInt32BE(offset + 8);
  }

  private listen(): void {
    this.parser.on('error', (error) => {
      throw new CaptureError(`cannot read this pcap file: ${error.message}`);
    });
    this.parser.on('globalHeader', ({ linkLayerType, snapshotLength }) => {
      this.linkType = linkLayerType & LINK_TYPE_MASK;
      this.maxPacketBytes = Math.min(Math.max(snapshotLength, USUAL_MAX_PACKET_BYTES), MAX_PACKET_BYTES);
    });
    this.parser.on('packet', ({ header, data }) => {
      const at = header.timestampSeconds * 1000 + header.timestampMicroseconds / this.fractionsPerMs;
      this.packets += 1;
      this.sink.packet(data, at, this.linkType, Math.max(header.originalLength, data.length));
    });
  }
}

/** What the parser takes for a stream: hands it bytes when told to, and never on its own. */
class ParserInput extends EventEmitter {
  pause(): void {}
  resume(): void {}
}
