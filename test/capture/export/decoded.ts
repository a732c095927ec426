// Packets and pcapng files taken apart again, for tests: written from the RFCs, and sharing nothing with what made them.

export interface DecodedPacket {
  readonly from: string;
  readonly to: string;
  /** `SA` for SYN and ACK, and so on. */
  readonly flags: string;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly payload: Buffer;
  /** The IP header's, where it has one, and TCP's. */
  readonly checksumsHold: boolean;
  readonly maxSegmentBytes: number | null;
}

export interface DecodedRecord extends DecodedPacket {
  /** Microseconds since the epoch. */
  readonly at: number;
  readonly comment: string | null;
}

const FLAGS = 'FSRPAU';

export function decodePacket(packet: Buffer): DecodedPacket {
  const isIpv4 = packet.readUInt8(0) >> 4 === 4;
  const start = isIpv4 ? 20 : 40;
  const tcp = packet.subarray(start);
  const lengthHolds = isIpv4 ? packet.readUInt16BE(2) === packet.length : packet.readUInt16BE(4) === tcp.length;
  const protocol = packet.readUInt8(isIpv4 ? 9 : 6);
  if (!lengthHolds || protocol !== 6) throw new Error('not a TCP packet of its length');
  const addresses = isIpv4 ? packet.subarray(12, 20) : packet.subarray(8, 40);
  const half = addresses.length / 2;
  const lengthAndProtocol = Buffer.from([0, 0, tcp.length >> 8, tcp.length & 255, 0, 0, 0, 6]);
  const headerBytes = (tcp.readUInt8(12) >> 4) * 4;
  const hasMss = headerBytes > 20 && tcp.readUInt8(20) === 2;
  return {
    from: `${address(addresses.subarray(0, half))}:${tcp.readUInt16BE(0)}`,
    to: `${address(addresses.subarray(half))}:${tcp.readUInt16BE(2)}`,
    flags: [...FLAGS].filter((_, bit) => tcp.readUInt8(13) & (1 << bit)).join(''),
    sequence: tcp.readUInt32BE(4),
    acknowledgment: tcp.readUInt32BE(8),
    payload: tcp.subarray(headerBytes),
    checksumsHold:
      onesComplementSum(Buffer.concat([addresses, lengthAndProtocol, tcp])) === 0xffff &&
      (!isIpv4 || onesComplementSum(packet.subarray(0, 20)) === 0xffff),
    maxSegmentBytes: hasMss ? tcp.readUInt16BE(22) : null,
  };
}

/** The packets of a pcapng file of one section, little-endian; the blocks' lengths are checked. */
export function decodeFile(file: Buffer): DecodedRecord[] {
  const records: DecodedRecord[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 4);
    if (length % 4 !== 0 || file.readUInt32LE(at + length - 4) !== length) throw new Error(`a broken block at ${at}`);
    if (file.readUInt32LE(at) === 6) records.push(decodeRecord(file.subarray(at + 8, at + length - 4)));
    at += length;
  }
  return records;
}

function decodeRecord(body: Buffer): DecodedRecord {
  const length = body.readUInt32LE(12);
  const options = body.subarray(20 + Math.ceil(length / 4) * 4);
  const comment = options.length > 0 && options.readUInt16LE(0) === 1 ? options.readUInt16LE(2) : null;
  return {
    ...decodePacket(body.subarray(20, 20 + length)),
    at: body.readUInt32LE(4) * 2 ** 32 + body.readUInt32LE(8),
    comment: comment === null ? null : options.toString('utf8', 4, 4 + comment),
  };
}

function address(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(group * 2).toString(16));
  return `[${groups.join(':').replace(/(^|:)0(:0)+(:|$)/, '::')}]`;
}

/** RFC 1071, with the carry brought in at each step. */
function onesComplementSum(bytes: Buffer): number {
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.of(0)]);
  let sum = 0;
  for (let at = 0; at < even.length; at += 2) {
    sum += even.readUInt16BE(at);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}
