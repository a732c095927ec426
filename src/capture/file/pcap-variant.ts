// Which of its forms a pcap file has. All begin with one of three numbers, in either byte order; but some old programs put more into the
// header of each record without saying so. Only the records tell: in the right form they make sense, one behind the other.

export const RECORD_HEADER_BYTES = 16;
const FILE_HEADER_BYTES = 24;
/** What libpcap lets a packet have, unless the file's header announces more. */
export const USUAL_MAX_PACKET_BYTES = 262_144;

export const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
/** Of a patch of Alexey Kuznetzov for Linux, which adds the interface, the protocol and the packet's direction. */
const MODIFIED = 0xa1b2cd34;

/** How many bytes a record's header has beyond the usual: none, those of the patch under the usual number (Red Hat 6.1), those of Nokia. */
const USUAL_EXTRAS = [0, 8, 4] as const;
/** The patch, and the one of SuSE 6.3. */
const MODIFIED_EXTRAS = [8, 12] as const;
const LONGEST_EXTRA_BYTES = 12;
const LONGEST_CAPTURE_SECONDS = 10 * 365 * 24 * 60 * 60;

export interface PcapVariant {
  readonly littleEndian: boolean;
  readonly nanoseconds: boolean;
  readonly extraBytes: number;
}

/** Whether a pcap file begins there: its number, and version 2 of up to 4. */
export function beginsPcap(bytes: Buffer, offset: number): boolean {
  const start = magicAt(bytes, offset);
  if (start === null || offset + 8 > bytes.length) return false;
  const { littleEndian } = start;
  const [major, minor] = [offset + 4, offset + 6].map((at) =>
    littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at),
  );
  return major === 2 && minor !== undefined && minor <= 4;
}

/** Whether enough of a pcap file is there to tell its form: its first record, and the header of the second. */
export function enoughForVariant(head: Buffer): boolean {
  const start = magicAt(head, 0);
  if (start === null) return true;
  if (head.length < FILE_HEADER_BYTES + RECORD_HEADER_BYTES) return false;
  const captured = wordAt(head, FILE_HEADER_BYTES + 8, start.littleEndian);
  const wanted = FILE_HEADER_BYTES + 2 * (RECORD_HEADER_BYTES + LONGEST_EXTRA_BYTES) + captured;
  return captured > USUAL_MAX_PACKET_BYTES || head.length >= wanted;
}

/** How a pcap file that begins so writes its numbers and records; null when it is none. */
export function pcapVariant(head: Buffer): PcapVariant | null {
  const start = magicAt(head, 0);
  if (start === null) return null;
  const { littleEndian, magic } = start;
  const extras: readonly number[] = magic === MODIFIED ? MODIFIED_EXTRAS : USUAL_EXTRAS;
  const variants = extras.map((extraBytes) => ({ littleEndian, nanoseconds: magic === NANOSECONDS, extraBytes }));
  const scores = variants.map((variant) => scoreOf(head, variant));
  return variants[scores.indexOf(Math.max(...scores))] ?? null;
}

function magicAt(bytes: Buffer, offset: number): { readonly magic: number; readonly littleEndian: boolean } | null {
  if (offset + 4 > bytes.length) return null;
  for (const littleEndian of [true, false]) {
    const magic = wordAt(bytes, offset, littleEndian);
    if (magic === MICROSECONDS || magic === NANOSECONDS || magic === MODIFIED) return { magic, littleEndian };
  }
  return null;
}

/** How many records of the head make sense in this form, one behind the other; a little more when the last of them ends where the head does. */
function scoreOf(head: Buffer, variant: PcapVariant): number {
  const { littleEndian, extraBytes } = variant;
  const firstSeconds = head.length < FILE_HEADER_BYTES + 4 ? 0 : wordAt(head, FILE_HEADER_BYTES, littleEndian);
  let at = FILE_HEADER_BYTES;
  let records = 0;
  while (at + RECORD_HEADER_BYTES + extraBytes <= head.length && !beginsPcap(head, at)) {
    if (!makesSense(head, at, variant, firstSeconds)) return records;
    at += RECORD_HEADER_BYTES + extraBytes + wordAt(head, at + 8, littleEndian);
    records += 1;
  }
  return at === head.length ? records + 0.5 : records;
}

function makesSense(
  head: Buffer,
  at: number,
  { littleEndian, nanoseconds }: PcapVariant,
  firstSeconds: number,
): boolean {
  const captured = wordAt(head, at + 8, littleEndian);
  const original = wordAt(head, at + 12, littleEndian);
  return (
    Math.abs(wordAt(head, at, littleEndian) - firstSeconds) < LONGEST_CAPTURE_SECONDS &&
    wordAt(head, at + 4, littleEndian) < (nanoseconds ? 1e9 : 1e6) &&
    original > 0 &&
    captured <= original &&
    original <= USUAL_MAX_PACKET_BYTES
  );
}

function wordAt(bytes: Buffer, offset: number, littleEndian: boolean): number {
  return littleEndian ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset);
}
