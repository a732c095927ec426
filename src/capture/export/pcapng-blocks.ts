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
/** Behind a block's type and length. */
const FIELDS_AT = 8;
const PACKET_FIELDS_BYTES = 20;
const NO_OPTIONS = Buffer.alloc(0);

/** What the file begins with: who wrote it, and what its packets show. */
export function openingBlocks(application: string, shows: string): Buffer {
  const section = block(SECTION_HEADER, 16, options([[OPTION_SECTION_APPLICATION, application]]));
  section.writeUInt32LE(BYTE_ORDER_MAGIC, FIELDS_AT);
  section.writeUInt16LE(1, FIELDS_AT + 4);
  // The section's length is not known beforehand.
  section.writeBigInt64LE(-1n, FIELDS_AT + 8);
  const description = block(INTERFACE_DESCRIPTION, 8, options([[OPTION_INTERFACE_DESCRIPTION, shows]]));
  description.writeUInt16LE(LINKTYPE_RAW, FIELDS_AT);
  return Buffer.concat([section, description]);
}

/** One IP packet; `at` in milliseconds since the epoch, with a fraction. */
export function packetBlock(at: number, packet: Buffer, comment: string | null): Buffer {
  const microseconds = Math.round(at * 1000);
  const bytes = block(
    ENHANCED_PACKET,
    PACKET_FIELDS_BYTES + padded(packet.length),
    comment === null ? NO_OPTIONS : options([[OPTION_COMMENT, comment]]),
  );
  bytes.writeUInt32LE(Math.floor(microseconds / 2 ** 32), 12);
  bytes.writeUInt32LE(microseconds % 2 ** 32, 16);
  bytes.writeUInt32LE(packet.length, 20);
  bytes.writeUInt32LE(packet.length, 24);
  packet.copy(bytes, FIELDS_AT + PACKET_FIELDS_BYTES);
  return bytes;
}

/** A block whose fields are yet to be written, from `FIELDS_AT` on. */
function block(type: number, fieldBytes: number, optionBytes: Buffer): Buffer {
  const length = BLOCK_OVERHEAD_BYTES + fieldBytes + optionBytes.length;
  // From the pool: memory that Node gets from the system for each packet costs more than all the rest.
  const bytes = Buffer.allocUnsafe(length).fill(0);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(length, 4);
  optionBytes.copy(bytes, FIELDS_AT + fieldBytes);
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
