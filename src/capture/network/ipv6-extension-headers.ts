// The headers between an IPv6 header and what the datagram carries (RFC 8200 section 4).

export interface ExtensionHeaders {
  /** What follows them. */
  readonly protocol: number;
  /** Where that begins. */
  readonly end: number;
  readonly fragment: { readonly identification: string; readonly offset: number; readonly more: boolean } | null;
}

/** More than that nobody sends. */
const MAX_HEADERS = 16;
const MIN_HEADER_BYTES = 8;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
export const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
const HEADERS: ReadonlySet<number> = new Set([
  HOP_BY_HOP,
  ROUTING,
  FRAGMENT,
  AUTHENTICATION,
  DESTINATION_OPTIONS,
  MOBILITY,
]);
/** A fragment header's offset, reserved bits and the flag for more: all zero but the reserved ones, and the datagram is whole. */
const FRAGMENT_BITS = 0xfff9;

/** Reads from `offset` on; `next` is the number of the first header. Null when they go beyond `end`. */
export function readExtensionHeaders(
  bytes: Buffer,
  offset: number,
  end: number,
  next: number,
): ExtensionHeaders | null {
  let at = offset;
  let protocol = next;
  for (let count = 0; HEADERS.has(protocol); count += 1) {
    if (count === MAX_HEADERS || at + MIN_HEADER_BYTES > end) return null;
    const header = protocol;
    protocol = bytes.readUInt8(at);
    const start = at;
    at += headerBytes(header, bytes.readUInt8(at + 1));
    const bits = header === FRAGMENT ? bytes.readUInt16BE(start + 2) : 0;
    if ((bits & FRAGMENT_BITS) === 0) continue;
    const identification = bytes.toString('latin1', start + 4, start + 8);
    return { protocol, end: at, fragment: { identification, offset: bits & 0xfff8, more: (bits & 1) !== 0 } };
  }
  return at <= end ? { protocol, end: at, fragment: null } : null;
}

/** The authentication header counts in units of four, two less than it has (RFC 4302 section 2.2). */
function headerBytes(header: number, length: number): number {
  if (header === FRAGMENT) return MIN_HEADER_BYTES;
  return header === AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8;
}
