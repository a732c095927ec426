// The blocks of a pcapng file with one section and one interface (draft-ietf-opsawg-pcapng), as bytes. Little-endian, times in
// microseconds, raw IP packets: there is no link layer to make up.

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_RAW = 101;

const OPTION_END = 0;
const OPTION_COMMENT = 1;
const OPTION_INTERFACE_DESCRIPTION = 3;
const OPTION_SECTION_APPLICATION = 4;
/** An option's length has 16 bits; comments are for people. */
const MAX_OPTION_BYTES = 4096;

const BLOCK_OVERHEAD_BYTES = 12;
const PACKET_FIELDS_BYTES = 20;
const NO_OPTIONS = Buffer.alloc(0);

/** What the file begins with: who wrote it, and what its packets show. */
export function openingBlocks(application: string, shows: string): Buffer {
  const section = Buffer.alloc(16);
  section.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  section.writeUInt16LE(1, 4);
  // The section's length is not known beforehand.
  section.writeBigInt64LE(-1n, 8);
  const interfaceFields = Buffer.alloc(8);
  interfaceFields.writeUInt16LE(LINKTYPE_RAW, 0);
  return Buffer.concat([
    block(SECTION_HEADER, section, options([[OPTION_SECTION_APPLICATION, application]])),
    block(INTERFACE_DESCRIPTION, interfaceFields, options([[OPTION_INTERFACE_DESCRIPTION, shows]])),
  ]);
}

/** One IP packet; `at` in milliseconds since the epoch, with a fraction. */
export function packetBlock(at: number, packet: Buffer, comment: string | null): Buffer {
  const fields = Buffer.alloc(PACKET_FIELDS_BYTES + padded(packet.length));
  const microseconds = Math.round(at * 1000);
  fields.writeUInt32LE(Math.floor(microseconds / 2 ** 32), 4);
  fields.writeUInt32LE(microseconds % 2 ** 32, 8);
  fields.writeUInt32LE(packet.length, 12);
  fields.writeUInt32LE(packet.length, 16);
  packet.copy(fields, PACKET_FIELDS_BYTES);
  return block(ENHANCED_PACKET, fields, comment === null ? NO_OPTIONS : options([[OPTION_COMMENT, comment]]));
}

function block(type: number, fields: Buffer, optionBytes: Buffer): Buffer {
  const length = BLOCK_OVERHEAD_BYTES + fields.length + optionBytes.length;
  const bytes = Buffer.allocUnsafe(length);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(length, 4);
  fields.copy(bytes, 8);
  optionBytes.copy(bytes, 8 + fields.length);
  bytes.writeUInt32LE(length, length - 4);
  return bytes;
}

function options(list: readonly (readonly [code: number, text: string])[]): Buffer {
  const parts = list.map(([code, text]) => {
    const value = Buffer.from(text, 'utf8').subarray(0, MAX_OPTION_BYTES);
    const bytes = Buffer.alloc(4 + padded(value.length));
    bytes.writeUInt16LE(code, 0);
    bytes.writeUInt16LE(value.length, 2);
    value.copy(bytes, 4);
    return bytes;
  });
  return Buffer.concat([...parts, Buffer.alloc(4, OPTION_END)]);
}

/** Everything begins at a multiple of 4 bytes. */
function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}
