// Captures of Solaris' snoop (RFC 1761): big endian, each record filled up to four bytes.
import { CaptureError } from '../capture-error.js';
import type { CaptureFormat, PacketSink } from './packet-sink.js';
import { beginsPcap } from './pcap-variant.js';
import { type RecordFormat, WholeRecords } from './whole-records.js';

export const SNOOP_HEADER_BYTES = 16;
const RECORD_HEADER_BYTES = 24;
const MAX_RECORD_BYTES = 16 * 1024 * 1024;
const MAGIC = 'snoop\0\0\0';

/** LINKTYPE_ numbers of the datalink types that captures have. */
const LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 6],
  [4, 1],
  [8, 10],
  [18, 123],
  [25, 226],
]);
/** Of those that are not known: beyond all LINKTYPE_ numbers. */
const UNKNOWN_LINK_TYPE = 0x10000;

export function isSnoop(head: Buffer): boolean {
  return head.toString('latin1', 0, MAGIC.length) === MAGIC;
}

export class SnoopFile implements CaptureFormat, RecordFormat {
  readonly headerBytes = RECORD_HEADER_BYTES;
  private readonly records = new WholeRecords(this);
  private readonly linkType: number;
  private packets = 0;

  /** `head` is the file's first 16 bytes or more; what follows these is to be pushed. */
  constructor(
    head: Buffer,
    private readonly sink: PacketSink,
  ) {
    const type = head.readUInt32BE(12);
    this.linkType = LINK_TYPES.get(type) ?? UNKNOWN_LINK_TYPE + type;
  }

  push(chunk: Buffer): Buffer | null {
    return this.records.push(chunk);
  }

  get isOver(): boolean {
    return this.records.isOver;
  }

  get isWhole(): boolean {
    return this.records.unfinishedBytes === 0;
  }

  get place(): string {
    return `in record ${this.packets + 1}, which begins at byte ${SNOOP_HEADER_BYTES + this.records.takenBytes}`;
  }

  isOtherFile(bytes: Buffer, offset: number): boolean {
    return beginsPcap(bytes, offset) || isSnoop(bytes.subarray(offset));
  }

  measure(bytes: Buffer, offset: number): number | null {
    const length = bytes.readUInt32BE(offset + 8);
    const captured = bytes.readUInt32BE(offset + 4);
    return length > MAX_RECORD_BYTES || captured + RECORD_HEADER_BYTES > length ? null : length;
  }

  /** Original and captured length, the record's, drops, seconds, microseconds; then the packet. */
  take(records: Buffer): void {
    for (let at = 0; at < records.length; at += records.readUInt32BE(at + 8)) {
      const captured = records.readUInt32BE(at + 4);
      const packet = at + RECORD_HEADER_BYTES;
      const time = records.readUInt32BE(at + 16) * 1000 + records.readUInt32BE(at + 20) / 1000;
      this.packets += 1;
      const original = Math.max(captured, records.readUInt32BE(at));
      this.sink.packet(records.subarray(packet, packet + captured), time, this.linkType, original);
    }
  }

  damage(bytes: Buffer, offset: number): CaptureError {
    return new CaptureError(
      `it claims a packet of ${bytes.readUInt32BE(offset + 4)} bytes in a record of ${bytes.readUInt32BE(offset + 8)}`,
    );
  }
}
