// The blocks of a pcapng file with one section and one interface (draft-ietf-opsawg-pcapng), as bytes. Little-endian, times in
// microseconds, raw IP packets: there is no link layer to make up.
import {
  BLOCK_OVERHEAD_BYTES,
  BODY_AT,
  BYTE_ORDER_MAGIC,
  DECRYPTION_SECRETS,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  OPTION_APPLICATION,
  OPTION_COMMENT,
  OPTION_DESCRIPTION,
  OPTION_END,
  PACKET_FIELDS_BYTES,
  padded,
  SECTION_HEADER,
  TLS_KEY_LOG,
} from '../file/pcapng-format.js';

const LINKTYPE_RAW = 101;
/** An option's length has 16 bits; comments are for people. */
const MAX_OPTION_BYTES = 4096;
const NO_OPTIONS = Buffer.alloc(0);

/** What the file begins with: who wrote it, and what its packets show. */
export function openingBlocks(application: string, shows: string): Buffer {
  const section = block(SECTION_HEADER, 16, options([[OPTION_APPLICATION, application]]));
  section.writeUInt32LE(BYTE_ORDER_MAGIC, BODY_AT);
  section.writeUInt16LE(1, BODY_AT + 4);
  // The section's length is not known beforehand.
  section.writeBigInt64LE(-1n, BODY_AT + 8);
  const description = block(INTERFACE_DESCRIPTION, 8, options([[OPTION_DESCRIPTION, shows]]));
  description.writeUInt16LE(LINKTYPE_RAW, BODY_AT);
  return Buffer.concat([section, description]);
}

/** Secrets of TLS sessions, as an NSS key log has them: for the encrypted packets that the file may be merged with. */
export function secretsBlock(keyLog: Buffer): Buffer {
  const bytes = block(DECRYPTION_SECRETS, 8 + padded(keyLog.length), NO_OPTIONS);
  bytes.writeUInt32LE(TLS_KEY_LOG, BODY_AT);
  bytes.writeUInt32LE(keyLog.length, BODY_AT + 4);
  keyLog.copy(bytes, BODY_AT + 8);
  return bytes;
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
  packet.copy(bytes, BODY_AT + PACKET_FIELDS_BYTES);
  return bytes;
}

/** A block whose fields are yet to be written, from `BODY_AT` on. */
function block(type: number, fieldBytes: number, optionBytes: Buffer): Buffer {
  const length = BLOCK_OVERHEAD_BYTES + fieldBytes + optionBytes.length;
  // From the pool: memory that Node gets from the system for each packet costs more than all the rest.
  const bytes = Buffer.allocUnsafe(length).fill(0);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(length, 4);
  optionBytes.copy(bytes, BODY_AT + fieldBytes);
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
