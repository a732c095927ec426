// Writes capture files for tests: classic pcap, and pcapng block by block.

export interface CapturedPacket {
  readonly bytes: Buffer;
  /** Milliseconds since the epoch. */
  readonly at?: number;
  readonly originalLength?: number;
}

export interface PcapFields {
  readonly littleEndian?: boolean;
  readonly nanoseconds?: boolean;
  readonly linkType?: number;
  readonly snapshotLength?: number;
  /** Another than the one of microseconds or nanoseconds. */
  readonly magic?: number;
  /** What each record's header has behind its usual 16 bytes. */
  readonly extra?: Buffer;
}

export function pcap(packets: readonly CapturedPacket[], fields: PcapFields = {}): Buffer {
  const { littleEndian = true, nanoseconds = false, linkType = 1, snapshotLength = 262_144 } = fields;
  const word = (value: number) => uint32(value, littleEndian);
  const version = Buffer.concat([uint16(2, littleEndian), uint16(4, littleEndian)]);
  const { magic = nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, extra = Buffer.alloc(0) } = fields;
  const header = [word(magic), version, word(0), word(0), word(snapshotLength), word(linkType)];
  const records = packets.flatMap(({ bytes, at = 0, originalLength = bytes.length }) => {
    const fraction = Math.round((at % 1000) * (nanoseconds ? 1e6 : 1e3));
    return [word(Math.floor(at / 1000)), word(fraction), word(bytes.length), word(originalLength), extra, bytes];
  });
  return Buffer.concat([...header, ...records]);
}

/** A capture of Solaris' snoop. */
export function snoop(packets: readonly CapturedPacket[], datalinkType = 4): Buffer {
  const word = (value: number) => uint32(value, false);
  const records = packets.flatMap(({ bytes, at = 0, originalLength = bytes.length }) => {
    const packet = padded(bytes);
    const time = [word(Math.floor(at / 1000)), word(Math.round((at % 1000) * 1000))];
    return [word(originalLength), word(bytes.length), word(packet.length + 24), word(0), ...time, packet];
  });
  return Buffer.concat([Buffer.from('snoop\0\0\0'), word(2), word(datalinkType), ...records]);
}

/** Writes the blocks of one byte order. */
export class PcapngBlocks {
  constructor(private readonly littleEndian = true) {}

  block(type: number, ...body: readonly Buffer[]): Buffer {
    const content = padded(Buffer.concat(body));
    const length = this.word(content.length + 12);
    return Buffer.concat([this.word(type), length, content, length]);
  }

  section(): Buffer {
    return this.block(0x0a0d0d0a, this.word(0x1a2b3c4d), this.short(1), this.short(0), Buffer.alloc(8, 0xff));
  }

  interface(linkType: number, ...options: readonly Buffer[]): Buffer {
    return this.block(1, this.short(linkType), this.short(0), this.word(0), ...options);
  }

  option(code: number, value: Buffer): Buffer {
    return Buffer.concat([this.short(code), this.short(value.length), padded(value)]);
  }

  /** An enhanced packet block. `ticks` are in the unit of the interface. */
  packet(bytes: Buffer, ticks = 0, interfaceNumber = 0, originalLength = bytes.length): Buffer {
    return this.block(
      6,
      this.word(interfaceNumber),
      ...this.time(ticks),
      this.word(bytes.length),
      this.word(originalLength),
      bytes,
    );
  }

  /** The obsolete packet block. */
  obsoletePacket(bytes: Buffer, ticks = 0, interfaceNumber = 0): Buffer {
    const length = this.word(bytes.length);
    return this.block(2, this.short(interfaceNumber), this.short(9), ...this.time(ticks), length, length, bytes);
  }

  simplePacket(bytes: Buffer): Buffer {
    return this.block(3, this.word(bytes.length), bytes);
  }

  word(value: number): Buffer {
    return uint32(value, this.littleEndian);
  }

  private short(value: number): Buffer {
    return uint16(value, this.littleEndian);
  }

  private time(ticks: number): Buffer[] {
    return [this.word(Math.floor(ticks / 2 ** 32)), this.word(ticks % 2 ** 32)];
  }
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function uint32(value: number, littleEndian: boolean): Buffer {
  const bytes = Buffer.alloc(4);
  if (littleEndian) bytes.writeUInt32LE(value >>> 0);
  else bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function uint16(value: number, littleEndian: boolean): Buffer {
  const bytes = Buffer.alloc(2);
  if (littleEndian) bytes.writeUInt16LE(value);
  else bytes.writeUInt16BE(value);
  return bytes;
}
