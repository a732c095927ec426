// The interface description block of pcapng: what its packets' times and bytes mean.

export interface CaptureInterface {
  readonly linkType: number;
  /** Infinite when packets were not cut. */
  readonly snapshotLength: number;
  readonly ticksPerMs: number;
  readonly offsetMs: number;
}

const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;
/** The end of the year 9999: beyond that dates are written otherwise. */
const MAX_TIME_MS = Date.UTC(10_000, 0, 1) - 1;
const OPTIONS_OFFSET = 8;
/** Microseconds, where nothing else is said. */
const DEFAULT_RESOLUTION = 6;

/** Reads the body of an interface description block. What is missing or odd in its options is taken as not said. */
export function readInterface(body: Buffer, littleEndian: boolean): CaptureInterface {
  const uint16 = (offset: number) => (littleEndian ? body.readUInt16LE(offset) : body.readUInt16BE(offset));
  const uint32 = (offset: number) => (littleEndian ? body.readUInt32LE(offset) : body.readUInt32BE(offset));
  let resolution = DEFAULT_RESOLUTION;
  let offsetSeconds = 0;
  for (let offset = OPTIONS_OFFSET; offset + 4 <= body.length; ) {
    const code = uint16(offset);
    const length = uint16(offset + 2);
    const value = offset + 4;
    if (code === 0 || value + length > body.length) break;
    if (code === IF_TSRESOL && length === 1) resolution = body.readUInt8(value);
    if (code === IF_TSOFFSET && length === 8) {
      const bytes = body.subarray(value, value + 8);
      offsetSeconds = Number(littleEndian ? bytes.readBigInt64LE() : bytes.readBigInt64BE());
    }
    offset = value + Math.ceil(length / 4) * 4;
  }
  const snapshotLength = body.length >= OPTIONS_OFFSET ? uint32(4) : 0;
  return {
    linkType: body.length >= 2 ? uint16(0) : 0,
    snapshotLength: snapshotLength === 0 ? Number.POSITIVE_INFINITY : snapshotLength,
    ticksPerMs: ticksPerSecond(resolution) / 1000,
    offsetMs: offsetSeconds * 1000,
  };
}

/** The highest bit tells whether the rest is a power of two or of ten. */
function ticksPerSecond(resolution: number): number {
  return resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution;
}

/** When a packet of the interface was captured, by its two words of ticks: milliseconds since the epoch, within what a date can be. */
export function timeOf({ offsetMs, ticksPerMs }: CaptureInterface, high: number, low: number): number {
  return Math.min(Math.max(0, offsetMs + (high * 2 ** 32 + low) / ticksPerMs), MAX_TIME_MS);
}
