// IEEE 802.11, and the headers that capturing systems put in front of its frames.
import { LINK_TYPES } from './carried.js';
import {
  type Decoder,
  inside,
  type LayerStep,
  littleUint16,
  littleUint32,
  uint8,
  uint16,
  uint32,
  unread,
  type WirelessName,
} from './layer.js';

export const WIRELESS_DECODERS: Readonly<Record<WirelessName, Decoder>> = {
  ieee80211: (bytes, at) => frame(bytes, at, { type: uint8(bytes, at), flags: uint8(bytes, at + 1), padded: false }),
  /** Some cards fill the header up to a multiple of four bytes. */
  'ieee80211-padded': (bytes, at) =>
    frame(bytes, at, { type: uint8(bytes, at), flags: uint8(bytes, at + 1), padded: true }),
  /** Cisco's access points turn the first two bytes around. */
  'ieee80211-swapped': (bytes, at) => {
    const turned = (uint8(bytes, at) & 0x0f) !== 0x08 && (uint8(bytes, at + 1) & 0x0f) === 0x08;
    const [type, flags] = turned ? [at + 1, at] : [at, at + 1];
    return frame(bytes, at, { type: uint8(bytes, type), flags: uint8(bytes, flags), padded: false });
  },
  aggregate,
  radiotap,
  /** Per-Packet Information: version, flags, the header's length, and a link type. */
  ppi: (bytes, at) => {
    const layer = LINK_TYPES.get(littleUint32(bytes, at + 4));
    return layer ? inside(layer, at + littleUint16(bytes, at + 2)) : unread('PPI');
  },
  /** The header tells its length in the byte order of who captured it. Some files of this link type have AVS headers. */
  prism: (bytes, at) => {
    if (isAvs(bytes, at)) return inside('avs', at);
    const length = littleUint32(bytes, at + 4);
    return inside('ieee80211', at + (length < MAX_PRISM_BYTES ? length : uint32(bytes, at + 4)));
  },
  avs: (bytes, at) => inside('ieee80211', at + uint32(bytes, at + 4)),
};

const MAX_PRISM_BYTES = 0x10000;

function isAvs(bytes: Buffer, at: number): boolean {
  return uint32(bytes, at) >>> 12 === 0x80211;
}

const DATA = 2;
const TO_AND_FROM_DISTRIBUTION = 0x03;
const MORE_FRAGMENTS = 0x04;
const PROTECTED = 0x40;
const ORDERED = 0x80;
/** Bits of a data frame's subtype. */
const WITHOUT_DATA = 0x4;
const WITH_QUALITY = 0x8;
const AGGREGATE = 0x80;
const MESH_CONTROL = 0x01;

interface FrameControl {
  readonly type: number;
  readonly flags: number;
  readonly padded: boolean;
}

/** IEEE 802.11 section 9.3.2: 24 bytes, a fourth address between access points, two of quality and four more if these say so. */
function frame(bytes: Buffer, at: number, { type, flags, padded }: FrameControl): LayerStep {
  const subtype = type >> 4;
  if (((type >> 2) & 3) !== DATA || (subtype & WITHOUT_DATA) !== 0) return unread('802.11 without data');
  if ((flags & PROTECTED) !== 0) return unread('802.11, encrypted');
  let length = 24 + ((flags & TO_AND_FROM_DISTRIBUTION) === TO_AND_FROM_DISTRIBUTION ? 6 : 0);
  const quality = uint8(bytes, at + length);
  const mesh = (uint8(bytes, at + length + 1) & MESH_CONTROL) !== 0;
  if ((subtype & WITH_QUALITY) !== 0) length += (flags & ORDERED) === 0 ? 2 : 6;
  if (padded) length = Math.ceil(length / 4) * 4;
  if ((flags & MORE_FRAGMENTS) !== 0) return unread('fragments of 802.11');
  const isMesh = (subtype & WITH_QUALITY) !== 0 && mesh && uint16(bytes, at + length) !== 0xaaaa;
  // Flags, time to live, sequence number, and up to two addresses.
  if (isMesh) length += 6 + (uint8(bytes, at + length) & 3) * 6;
  const several = (subtype & WITH_QUALITY) !== 0 && (quality & AGGREGATE) !== 0;
  return inside(several ? 'aggregate' : 'llc', at + length);
}

const RADIOTAP_TIME = 0x01;
const RADIOTAP_FLAGS = 0x02;
const RADIOTAP_MORE = 0x80000000;
const RADIOTAP_PADDED = 0x20;

/** One of several: addresses and a length in front of it, filled up to a multiple of four bytes (section 9.3.2.2). */
function aggregate(bytes: Buffer, at: number): LayerStep {
  const beside = at + Math.ceil((14 + uint16(bytes, at + 12)) / 4) * 4;
  return beside < bytes.length ? { next: 'llc', at: at + 14, beside } : inside('llc', at + 14);
}

/** radiotap.org: length, words of which fields there are, and the fields; only the flags matter, of which one tells of padding. */
function radiotap(bytes: Buffer, at: number): LayerStep {
  const present = littleUint32(bytes, at + 4);
  let fields = at + 8;
  for (let word = present; word >= RADIOTAP_MORE && fields < bytes.length; fields += 4)
    word = littleUint32(bytes, fields);
  if ((present & RADIOTAP_TIME) !== 0) fields = at + Math.ceil((fields - at) / 8) * 8 + 8;
  const padded = (present & RADIOTAP_FLAGS) !== 0 && (uint8(bytes, fields) & RADIOTAP_PADDED) !== 0;
  return inside(padded ? 'ieee80211-padded' : 'ieee80211', at + littleUint16(bytes, at + 2));
}
