// The numbers of pcapng (draft-ietf-opsawg-pcapng), for those who read such files and those who write them.

export const SECTION_HEADER = 0x0a0d0d0a;
export const INTERFACE_DESCRIPTION = 1;
export const OBSOLETE_PACKET = 2;
export const SIMPLE_PACKET = 3;
export const ENHANCED_PACKET = 6;
export const DECRYPTION_SECRETS = 10;

/** In a block of secrets: a key log of TLS. */
export const TLS_KEY_LOG = 0x544c534b;

/** In a section header: tells the byte order of the section. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Type, length, and the length again: what every block has around its body. */
export const BLOCK_OVERHEAD_BYTES = 12;
/** Type and length, in front of the body. */
export const BODY_AT = 8;
/** Interface, time, captured and original length: what an enhanced packet block has before the packet. */
export const PACKET_FIELDS_BYTES = 20;

export const OPTION_END = 0;
export const OPTION_COMMENT = 1;
/** In a section header: who wrote the file. */
export const OPTION_APPLICATION = 4;
/** In an interface description: what is captured, the resolution of times, and what is added to them. */
export const OPTION_DESCRIPTION = 3;
export const OPTION_RESOLUTION = 9;
export const OPTION_TIME_OFFSET = 14;

/** Everything begins at a multiple of four bytes. */
export function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** Whether bytes that begin so are pcapng: the type of a section header is the same in both byte orders. */
export function isPcapng(bytes: Buffer, offset = 0): boolean {
  return bytes.length >= offset + 4 && bytes.readUInt32BE(offset) === SECTION_HEADER;
}
