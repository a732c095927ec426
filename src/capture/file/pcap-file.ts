// Classic pcap files, through the package pcap-parser: the only file that imports it. The parser believes whatever length a record
// claims, ends silently in the middle of one, and knows no nanosecond files: so it gets whole records only, of lengths that can be,
// and a header that it knows.
import { EventEmitter } from 'node:events';
import pcap from 'pcap-parser';
import { CaptureError } from '../capture-error.js';
import type { CaptureFormat, PacketSink } from './packet-sink.js';
import { WholeRecords } from './whole-records.js';

export const PCAP_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** What libpcap lets a capture have, unless its header announces more. */
const USUAL_MAX_PACKET_BYTES = 262_144;
/** Whatever a header announces. */
const MAX_PACKET_BYTES = 16 * 1024 * 1024;

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
/** The link type shares its field with the length of the frame check sequence. */
const LINK_TYPE_MASK = 0xffff;

/** How a pcap file writes its numbers, by its first four bytes; null when it is none. */
export function pcapVariant(head: Buffer): { readonly littleEndian: boolean; readonly nanoseconds: boolean } | null {
  if (head.length < 4) return null;
  for (const littleEndian of [true, false]) {
    const magic = littleEndian ? head.readUInt32LE(0) : head.readUInt32BE(0);
    if (magic === MICROSECONDS || magic === NANOSECONDS) return { littleEndian, nanoseconds: magic === NANOSECONDS };
  }
  return null;
}

export class PcapFile implements CaptureFormat {
  private readonly input = new ParserInput();
  private readonly parser = pcap.parse(this.input);
  private readonly records: WholeRecords;
  private readonly littleEndian: boolean;
  private readonly fractionsPerMs: number;
  private maxPacketBytes = USUAL_MAX_PACKET_BYTES;
  private linkType = 0;
  private packets = 0;

  /** `header` is the file's first 24 bytes; what follows them is to be pushed. */
  constructor(
    header: Buffer,
    private readonly sink: PacketSink,
  ) {
    const variant = pcapVariant(header);
    this.littleEndian = variant?.littleEndian === true;
    this.fractionsPerMs = variant?.nanoseconds ? 1e6 : 1e3;
    this.records = new WholeRecords(
      RECORD_HEADER_BYTES,
      (bytes, offset) => this.measure(bytes, offset),
      (records) => this.parse(records),
    );
    this.readHeader(header);
  }

  push(chunk: Buffer): void {
    this.records.push(chunk);
  }

  end(): void {
    if (this.records.unfinishedBytes > 0) throw new CaptureError(`the capture is cut ${this.where()}`);
  }

  private readHeader(header: Buffer): void {
    this.parser.on('error', (error) => {
      throw new CaptureError(`cannot read this pcap file: ${error.message}`);
    });
    this.parser.on('globalHeader', ({ linkLayerType, snapshotLength }) => {
      this.linkType = linkLayerType & LINK_TYPE_MASK;
      this.maxPacketBytes = Math.min(Math.max(snapshotLength, USUAL_MAX_PACKET_BYTES), MAX_PACKET_BYTES);
    });
    this.parser.on('packet', ({ header: { timestampSeconds, timestampMicroseconds, originalLength }, data }) => {
      this.packets += 1;
      const at = timestampSeconds * 1000 + timestampMicroseconds / this.fractionsPerMs;
      this.sink.packet(data, at, this.linkType, Math.max(originalLength, data.length));
    });
    const known = Buffer.from(header);
    if (this.littleEndian) known.writeUInt32LE(MICROSECONDS, 0);
    else known.writeUInt32BE(MICROSECONDS, 0);
    this.parse(known);
  }

  private parse(records: Buffer): void {
    this.parser.buffer = null; // Nothing is left there, and with nothing it takes the records without copying them.
    this.input.emit('data', records);
  }

  private measure(bytes: Buffer, offset: number): number {
    const captured = this.littleEndian ? bytes.readUInt32LE(offset + 8) : bytes.readUInt32BE(offset + 8);
    if (captured > this.maxPacketBytes) this.claims(captured);
    return RECORD_HEADER_BYTES + captured;
  }

  private claims(bytes: number): never {
    // The records before it may still have to go out: how many they are is known only then.
    throw new CaptureError(`the capture is damaged: a record claims a packet of ${bytes} bytes`);
  }

  private where(): string {
    const offset = PCAP_HEADER_BYTES + this.records.takenBytes;
    return `in record ${this.packets + 1}, which begins at byte ${offset}`;
  }
}

/** What the parser takes for a stream: hands it bytes when told to, and never on its own. */
class ParserInput extends EventEmitter {
  pause(): void {}
  resume(): void {}
}
