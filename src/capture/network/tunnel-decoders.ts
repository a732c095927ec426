// What carries packets over IP, UDP or labels: GRE and the mirrors in it, VXLAN and GENEVE, GTP, L2TP, MPLS, and others of the same kind.
import { byEthertype, LINK_TYPES } from './carried.js';
import {
  type Decoder,
  hexadecimal,
  inside,
  type Layer,
  type LayerStep,
  looksLikeIp,
  type TunnelName,
  uint8,
  uint16,
  uint32,
  unread,
} from './layer.js';

export const TUNNEL_DECODERS: Readonly<Record<TunnelName, Decoder>> = {
  gre,
  'erspan-1': (_, at) => inside('ethernet', at),
  erspan,
  /** RFC 7348 section 5: flags and a network number, 8 bytes. */
  vxlan: (_, at) => inside('ethernet', at + 8),
  /** draft-ietf-nvo3-vxlan-gpe: the last byte of the first word names what follows. */
  'vxlan-gpe': (bytes, at) => byNextProtocol((uint8(bytes, at) & 0x04) === 0 ? 3 : uint8(bytes, at + 3), at + 8),
  /** RFC 8926 section 3.4: options are counted in units of four bytes. */
  geneve: (bytes, at) => byEthertype(uint16(bytes, at + 2), at + 8 + (uint8(bytes, at) & 0x3f) * 4),
  'gtp-user': gtpUser,
  l2tp,
  'l2tp-3-session': (bytes, at) => (uint32(bytes, at) === 0 ? unread('L2TP control') : l2tpPayload(bytes, at + 4)),
  tzsp,
  /** RFC 8300 section 2: the length in units of four bytes. */
  nsh: (bytes, at) => byNextProtocol(uint8(bytes, at + 3), at + (uint8(bytes, at + 1) & 0x3f) * 4),
  mpls,
  'mpls-payload': mplsPayload,
  /** RFC 3378: a version and twelve reserved bits. */
  'ether-ip': (_, at) => inside('ethernet', at + 2),
  teredo,
  ayiya,
  /** RFC 9300 section 5.1. */
  lisp: (_, at) => inside('ip', at + 8),
  'juniper-mirror': (bytes, at) => guess(bytes, at + 4),
  capwap,
  guess,
};

const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const ACKNOWLEDGEMENT = 0x0080;

/** RFC 1701, 2784, 2890; version 1 is PPTP's (RFC 2637 section 4.1). */
function gre(bytes: Buffer, at: number): LayerStep {
  const flags = uint16(bytes, at);
  const type = uint16(bytes, at + 2);
  let behind = at + 4;
  if ((flags & (CHECKSUM | ROUTING)) !== 0) behind += 4;
  if ((flags & KEY) !== 0) behind += 4;
  if ((flags & SEQUENCE) !== 0) behind += 4;
  if ((flags & 7) === 1 && (flags & ACKNOWLEDGEMENT) !== 0) behind += 4;
  if ((flags & ROUTING) !== 0) behind = behindRoute(bytes, behind);
  return behind < bytes.length
    ? byGreType(bytes, type, (flags & SEQUENCE) !== 0, behind)
    : unread('GRE without a packet');
}

/** Source route entries: family, offset, length, until one of length zero. */
function behindRoute(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && uint8(bytes, at + 3) !== 0) at += 4 + uint8(bytes, at + 3);
  return at + 4;
}

const GRE_ERSPAN = 0x88be;
const GRE_WCCP = 0x883e;
const GRE_TYPES: ReadonlyMap<number, Layer> = new Map([
  [0x6400, 'ethernet'],
  [0x6559, 'frame-relay'],
  [0x8881, 'ppp'],
  [0x88d2, 'ppp'],
]);

function byGreType(bytes: Buffer, type: number, numbered: boolean, at: number): LayerStep {
  if (type === GRE_ERSPAN) return inside(numbered ? 'erspan' : 'erspan-1', at);
  if (type === GRE_WCCP) return inside('ip', looksLikeIp(bytes, at) ? at : at + 4);
  // Aruba: wireless frames of sixteen kinds of queues.
  if (type >= 0x8200 && type <= 0x8370) return inside('ieee80211', at);
  const layer = GRE_TYPES.get(type);
  if (layer) return inside(layer, at);
  return type < 0x0600 ? unread(`GRE of type ${hexadecimal(type)}`) : byEthertype(type, at);
}

/** draft-foschiano-erspan: type II has 8 bytes, type III 12, and 8 more when its last bit says so. Frame type 2 is IP without a frame. */
function erspan(bytes: Buffer, at: number): LayerStep {
  const version = uint8(bytes, at) >> 4;
  if (version === 1) return inside('ethernet', at + 8);
  if (version !== 2) return unread(`ERSPAN version ${version}`);
  const last = uint16(bytes, at + 10);
  const frameType = (last >> 10) & 0x1f;
  return inside(frameType === 2 ? 'ip' : 'ethernet', at + ((last & 1) === 0 ? 12 : 20));
}

/** As NSH and VXLAN-GPE number them. */
const NEXT_PROTOCOLS: readonly (Layer | undefined)[] = [undefined, 'ip', 'ip', 'ethernet', 'nsh', 'mpls'];

function byNextProtocol(number: number, at: number): LayerStep {
  const layer = NEXT_PROTOCOLS[number];
  return layer ? inside(layer, at) : unread(`next protocol ${number}`);
}

const GTP_PACKET = 255;

/** 3GPP TS 29.281 section 5: of the optional fields all are there if one is; extension headers say how long they are and what follows. */
function gtpUser(bytes: Buffer, at: number): LayerStep {
  const flags = uint8(bytes, at);
  if (flags >> 5 !== 1 || uint8(bytes, at + 1) !== GTP_PACKET) return unread('GTP without a packet');
  let behind = at + 8;
  if ((flags & 0x07) !== 0) {
    behind += 4;
    for (let next = uint8(bytes, behind - 1); (flags & 0x04) !== 0 && next !== 0 && behind < bytes.length; ) {
      behind += Math.max(1, uint8(bytes, behind)) * 4;
      next = uint8(bytes, behind - 1);
    }
  }
  if (looksLikeIp(bytes, behind)) return inside('ip', behind);
  return inside(looksLikeEthernet(bytes, behind) ? 'ethernet' : 'ppp', behind);
}

/** RFC 2661 section 3.1; RFC 3931 section 4.1.2 for version 3. */
function l2tp(bytes: Buffer, at: number): LayerStep {
  const flags = uint16(bytes, at);
  if ((flags & 0x8000) !== 0) return unread('L2TP control');
  if ((flags & 0x0f) === 3) return l2tpPayload(bytes, at + 8);
  let behind = at + 2 + ((flags & 0x4000) === 0 ? 0 : 2) + 4;
  if ((flags & 0x0800) !== 0) behind += 4;
  if ((flags & 0x0200) !== 0) behind += 2 + uint16(bytes, behind);
  return inside('ppp', behind);
}

/** Version 3 agrees elsewhere on a cookie of up to 8 bytes, a sublayer of 4, and what is carried: only the bytes tell. */
function l2tpPayload(bytes: Buffer, at: number): LayerStep {
  for (const skipped of [0, 4, 8, 12]) {
    if (looksLikeEthernet(bytes, at + skipped)) return inside('ethernet', at + skipped);
    if (looksLikeIp(bytes, at + skipped)) return inside('ip', at + skipped);
    if (uint16(bytes, at + skipped) === 0xff03) return inside('ppp', at + skipped);
    if (uint32(bytes, at + skipped) === 0x0f000800) return inside('cisco-hdlc', at + skipped);
  }
  return unread('L2TP version 3');
}

/** Whether what lies there is a frame of Ethernet with something in it that is read. */
function looksLikeEthernet(bytes: Buffer, at: number): boolean {
  const step = byEthertype(uint16(bytes, at + 12), at + 14);
  if (!('next' in step) || step.next === 'llc') return false;
  return step.next !== 'ip' || looksLikeIp(bytes, step.at);
}

const TZSP_RECEIVED = 0;
const TZSP_PADDING = 0;
const TZSP_END = 1;

/** TaZmen Sniffer: version, kind, what is carried (as a link type, but for 18: 802.11), and tags until the one that ends them. */
function tzsp(bytes: Buffer, at: number): LayerStep {
  if (uint8(bytes, at + 1) > TZSP_RECEIVED + 1) return unread('TZSP without a packet');
  const carried = uint16(bytes, at + 2);
  const layer = carried === 18 ? 'ieee80211' : LINK_TYPES.get(carried);
  let tag = at + 4;
  while (tag < bytes.length && uint8(bytes, tag) !== TZSP_END) {
    tag += uint8(bytes, tag) === TZSP_PADDING ? 1 : 2 + uint8(bytes, tag + 1);
  }
  return layer ? inside(layer, tag + 1) : unread(`TZSP of type ${carried}`);
}

const BOTTOM_OF_STACK = 0x01;
const LABEL_BYTES = 4;

/** RFC 3032 section 2.1. */
function mpls(bytes: Buffer, at: number): LayerStep {
  let label = at;
  while (label < bytes.length && (uint8(bytes, label + 2) & BOTTOM_OF_STACK) === 0) label += LABEL_BYTES;
  return inside('mpls-payload', label + LABEL_BYTES);
}

/** Nothing says what labels carry: IP shows itself, and else it is a frame, behind a control word of zeros (RFC 4385 section 3) or without one. */
function mplsPayload(bytes: Buffer, at: number): LayerStep {
  if (looksLikeIp(bytes, at)) return inside('ip', at);
  const first = uint8(bytes, at) >> 4;
  if (first === 1) return unread('MPLS associated channel');
  if (first === 0) {
    if (looksLikeEthernet(bytes, at + 4)) return inside('ethernet', at + 4);
    if (looksLikeEthernet(bytes, at)) return inside('ethernet', at);
    return looksLikeIp(bytes, at + 4) ? inside('ip', at + 4) : inside('ethernet', at + 4);
  }
  return inside('ethernet', at);
}

/** RFC 4380 section 5.1.1: in front of IPv6 there may be an authentication, and the origin of a packet. */
function teredo(bytes: Buffer, at: number): LayerStep {
  let behind = at;
  if (uint16(bytes, behind) === 1) behind += 13 + uint8(bytes, behind + 2) + uint8(bytes, behind + 3);
  if (uint16(bytes, behind) === 0) behind += 8;
  return looksLikeIp(bytes, behind) ? inside('ip', behind) : unread('UDP to port 3544');
}

/** draft-massar-v6ops-ayiya: an identity of a power of two, a signature in units of four bytes. */
function ayiya(bytes: Buffer, at: number): LayerStep {
  return inside('ip', at + 8 + 2 ** (uint8(bytes, at) >> 4) + (uint8(bytes, at + 1) >> 4) * 4);
}

/** RFC 5415 section 4.3: the header's length in units of four bytes, whether it is encrypted, a fragment, or a frame of 802.11. */
function capwap(bytes: Buffer, at: number): LayerStep {
  if ((uint8(bytes, at) & 0x0f) === 1) return unread('CAPWAP, encrypted');
  const fields = uint16(bytes, at + 1);
  const flags = uint8(bytes, at + 3);
  if ((flags & 0x80) !== 0) return unread('fragments of CAPWAP');
  const behind = at + (fields >> 11) * 4;
  return inside((fields & 1) === 0 ? 'ethernet' : 'ieee80211-swapped', behind);
}

/** How far something that looks like IP is looked for. */
const MAX_GUESSED_BYTES = 24;

/** Where no header says where it ends: the first bytes that look like IP, or like a frame with IP in it. */
function guess(bytes: Buffer, at: number): LayerStep {
  for (let skipped = 0; skipped <= MAX_GUESSED_BYTES; skipped += 1) {
    if (looksLikeIp(bytes, at + skipped)) return inside('ip', at + skipped);
  }
  return unread('frames without IP');
}
