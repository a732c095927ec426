// Classic pcap files, through the package pcap-parser: the only file that imports it. The parser believes whatever length a record
// claims, ends silently in the middle of one, and knows no nanosecond files: so it gets whole records only, of lengths that can be,
// and a header that it knows.
import { EventEmitter } from 'node:events';
import pcap from 'pcap-parser';
import { CaptureError } from '../capture-error.js';
import type { CaptureFormat, PacketSink } from './packet-sink.js';
import { type RecordFormat, WholeRecords } from './whole-records.js';

export const PCAP_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** What libpcap lets a packet have, unless the file's header announces more. */
const USUAL_MAX_PACKET_BYTES = 262_144;
/** Whatever a header announces. */
const MAX_PACKET_BYTES = 16 * 1024 * 1024;

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
/** The link type shares its field with the length of the frame check sequence. */
const LINK_TYPE_MASK = 0xffff;

interface Variant {
  readonly littleEndian: boolean;
  readonly nanoseconds: boolean;
}

/** How a pcap file writes its numbers, by its first four bytes; null when it is none. */
export function pcapVariant(head: Buffer): Variant | null {
  if (head.length < 4) return null;
  for (const littleEndian of [true, false]) {
    const magic = littleEndian ? head.readUInt32LE(0) : head.readUInt32BE(0);
    if (magic === MICROSECONDS || magic === NANOSECONDS) return { littleEndian, nanoseconds: magic === NANOSECONDS };
  }
  return null;
}

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
    private readonly variant: Variant,
    private readonly sink: PacketSink,
  ) {
    this.fractionsPerMs = variant.nanoseconds ? 1e6 : 1e3;
    this.listen();
    const known = Buffer.from(header);
    if (variant.littleEndian) known.writeUInt32LE(MICROSECONDS, 0);
    else known.writeUInt32BE(MICROSECONDS, 0);
    this.take(known);
  }

  push(chunk: Buffer): void {
    this.records.push(chunk);
  }

  get isWhole(): boolean {
    return this.records.unfinishedBytes === 0;
  }

  get place(): string {
    return `in record ${this.packets + 1}, which begins at byte ${PCAP_HEADER_BYTES + this.records.takenBytes}`;
  }

  measure(bytes: Buffer, offset: number): number | null {
    const captured = this.capturedLength(bytes, offset);
    return captured > this.maxPacketBytes ? null : RECORD_HEADER_BYTES + captured;
  }

  take(records: Buffer): void {
    this.parser.buffer = null; // Nothing is left in it, and with null it takes the records without copying them.
    this.input.emit('data', records);
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
