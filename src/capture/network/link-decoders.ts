// What stands in front of IP on a link: frames of Ethernet and its tags, LLC, PPP, HDLC, frame relay, and the headers that capturing systems put there.
import { byEthertype, byPppProtocol, LINK_TYPES } from './carried.js';
import {
  type Decoder,
  inside,
  type LayerStep,
  type LinkLayerName,
  littleUint16,
  littleUint32,
  looksLikeIp,
  uint8,
  uint16,
  uint32,
  unread,
} from './layer.js';

const ADDRESSES_BYTES = 12;

export const LINK_DECODERS: Readonly<Record<LinkLayerName, Decoder>> = {
  ethernet: (bytes, at) => ethertype(bytes, at + ADDRESSES_BYTES),
  ethertype,
  /** IEEE 802.1Q, 802.1ad, and what was in use before that. */
  'vlan-tag': (_, at) => inside('ethertype', at + 2),
  /** IEEE 802.1ah: a service number, and the customer's whole frame. */
  'backbone-tag': (_, at) => inside('ethernet', at + 4),
  /** IEEE 802.1BR E-TAG. */
  'bridge-port-tag': (_, at) => inside('ethertype', at + 6),
  'vn-tag': (_, at) => inside('ethertype', at + 4),
  /** Version, length, one option and a security group. */
  'cisco-metadata': (_, at) => inside('ethertype', at + 6),
  /** HSR (IEC 62439-3) and IEEE 802.1CB. */
  'redundancy-tag': (_, at) => inside('ethertype', at + 4),
  macsec,
  /** RFC 6325 section 3: options are counted in units of four bytes. */
  trill: (bytes, at) => inside('ethernet', at + 6 + ((uint16(bytes, at) >> 6) & 0x1f) * 4),
  'fabric-path': (_, at) => inside('ethernet', at + 2),
  /** RFC 2516 section 4. */
  pppoe: (_, at) => inside('ppp', at + 6),
  ppp: (bytes, at) => byPppProtocol(bytes, hasHdlcAddress(bytes, at) ? at + 2 : at),
  'ppp-with-direction': pppWithDirection,
  'ppp-or-hdlc': (bytes, at) => inside(isCiscoHdlc(bytes, at) ? 'cisco-hdlc' : 'ppp', at),
  'ppp-bridge': pppBridge,
  'multilink-ppp': multilinkPpp,
  'cisco-hdlc': (_, at) => inside('ethertype', at + 2),
  'hdlc-with-direction': (_, at) => inside('cisco-hdlc', at + 1),
  'frame-relay': frameRelay,
  'frame-relay-with-direction': (_, at) => inside('frame-relay', at + 1),
  llc,
  snap,
  /** Frame control and addresses (ANSI X3T9.5). */
  fddi: (_, at) => inside('llc', at + 1 + ADDRESSES_BYTES),
  'token-ring': tokenRing,
  /** RFC 2625: a network header of 16 bytes. */
  'fibre-channel': (_, at) => inside('llc', at + 16),
  /** The second half of the first byte: 1 is LAN emulation. */
  'sun-atm': (bytes, at) => ((uint8(bytes, at) & 0x0f) === 1 ? inside('ethernet', at + 6) : inside('llc', at + 4)),
  family,
  'linux-cooked': (bytes, at) => cooked(uint16(bytes, at + 2), uint16(bytes, at + 14), at + 16),
  'linux-cooked-2': (bytes, at) => cooked(uint16(bytes, at + 8), uint16(bytes, at), at + 20),
  nflog,
  /** OpenBSD pf: the first byte is the header's length, which is filled up to a multiple of four. */
  pflog: (bytes, at) => inside('ip', at + Math.ceil(uint8(bytes, at) / 4) * 4),
  /** OpenBSD enc(4): address family, SPI, flags. */
  'encapsulating-interface': (_, at) => inside('ip', at + 12),
  'solaris-ipnet': (_, at) => inside('ip', at + 24),
  pktap,
  erf,
  /** Four bytes of a Hilscher netANALYZER. */
  'net-analyzer': (_, at) => inside('ethernet', at + 4),
};

function ethertype(bytes: Buffer, at: number): LayerStep {
  return byEthertype(uint16(bytes, at), at + 2);
}

/** IEEE 802.1AE section 9: only what is signed and not encrypted can be read. */
function macsec(bytes: Buffer, at: number): LayerStep {
  const control = uint8(bytes, at);
  if ((control & 0x0c) !== 0) return unread('MACsec, encrypted');
  return inside('ethertype', at + ((control & 0x20) === 0 ? 6 : 14));
}

/** Address and control bytes of HDLC framing (RFC 1662 section 3.1). */
function hasHdlcAddress(bytes: Buffer, at: number): boolean {
  return uint16(bytes, at) === 0xff03;
}

/** Unicast or multicast address, and a control byte of zero. */
function isCiscoHdlc(bytes: Buffer, at: number): boolean {
  return uint16(bytes, at) === 0x0f00 || uint16(bytes, at) === 0x8f00;
}

/** Zero or one in front of the frame, or in place of its HDLC address. */
function pppWithDirection(bytes: Buffer, at: number): LayerStep {
  return byPppProtocol(bytes, uint8(bytes, at + 1) === 0x03 ? at + 2 : hasHdlcAddress(bytes, at + 1) ? at + 3 : at + 1);
}

/** RFC 3518 section 4.1: flags, the kind of MAC (1 is Ethernet), a LAN number if the flags say so. */
function pppBridge(bytes: Buffer, at: number): LayerStep {
  if (uint8(bytes, at + 1) !== 1) return unread('bridged PPP');
  return inside('ethernet', at + ((uint8(bytes, at) & 0x40) === 0 ? 2 : 6));
}

/** RFC 1990 section 3: what is in one fragment alone can be read. */
function multilinkPpp(bytes: Buffer, at: number): LayerStep {
  if ((uint8(bytes, at) & 0xc0) !== 0xc0) return unread('fragments of multilink PPP');
  return inside('ppp', at + 4);
}

/** Q.922 address of two to four bytes, the last of them odd; then RFC 2427, or Cisco's ethertype. */
function frameRelay(bytes: Buffer, at: number): LayerStep {
  let behind = at;
  while (behind < at + 4 && (uint8(bytes, behind) & 1) === 0) behind += 1;
  behind += 1;
  if (uint8(bytes, behind) !== 0x03) return ethertype(bytes, behind);
  const padded = uint8(bytes, behind + 1) === 0;
  return networkLayer(bytes, behind + (padded ? 2 : 1));
}

const NLPID_IPV4 = 0xcc;
const NLPID_IPV6 = 0x8e;
const NLPID_PPP = 0xcf;
const NLPID_SNAP = 0x80;

/** ISO/IEC TR 9577. */
function networkLayer(bytes: Buffer, at: number): LayerStep {
  const protocol = uint8(bytes, at);
  if (protocol === NLPID_IPV4 || protocol === NLPID_IPV6) return inside('ip', at + 1);
  if (protocol === NLPID_PPP) return inside('ppp', at + 1);
  return protocol === NLPID_SNAP ? inside('snap', at + 1) : unread('OSI');
}

const SAP_SNAP = 0xaa;
const SAP_IP = 0x06;
const SAP_OSI = 0xfe;
const UNNUMBERED = 0x03;

/** IEEE 802.2: destination and source service, control. */
function llc(bytes: Buffer, at: number): LayerStep {
  const service = uint8(bytes, at);
  if (service === 0x42) return unread('spanning tree');
  if (uint8(bytes, at + 2) !== UNNUMBERED) return looksLikeIp(bytes, at) ? inside('ip', at) : unread('LLC');
  if (service === SAP_SNAP) return inside('snap', at + 3);
  if (service === SAP_IP) return inside('ip', at + 3);
  return service === SAP_OSI ? networkLayer(bytes, at + 3) : unread('LLC');
}

const BRIDGED = 0x0080c2;
/** Ethertypes under the organizations 0 (RFC 1042) and 0000f8 (802.1H). */
const WITH_ETHERTYPE: ReadonlySet<number> = new Set([0, 0x0000f8]);

/** Organization and protocol. Of what is bridged (RFC 2427, RFC 2684), ATM has two bytes of filling in front of the frame. */
function snap(bytes: Buffer, at: number): LayerStep {
  const organization = uint32(bytes, at - 1) % 0x1000000;
  const protocol = uint16(bytes, at + 3);
  if (WITH_ETHERTYPE.has(organization)) return byEthertype(protocol, at + 5);
  const bridged = organization === BRIDGED && (protocol === 1 || protocol === 7);
  if (!bridged) return unread('SNAP');
  return inside('ethernet', at + (looksBridged(bytes, at + 5) ? 5 : 7));
}

function looksBridged(bytes: Buffer, at: number): boolean {
  const there = byEthertype(uint16(bytes, at + ADDRESSES_BYTES), at + ADDRESSES_BYTES + 2);
  if (uint16(bytes, at) !== 0) return true;
  return 'next' in there && there.next !== 'llc' && (there.next !== 'ip' || looksLikeIp(bytes, there.at));
}

/** IEEE 802.5: access and frame control, addresses, and a route if the source address says so. */
function tokenRing(bytes: Buffer, at: number): LayerStep {
  const routed = (uint8(bytes, at + 8) & 0x80) !== 0;
  const route = at + 2 + ADDRESSES_BYTES;
  return inside('llc', routed ? route + (uint8(bytes, route) & 0x1f) : route);
}

/** AF_INET; AF_INET6 of Linux (10), NetBSD and OpenBSD (24), FreeBSD (28) and macOS (30). */
const FAMILIES: ReadonlySet<number> = new Set([2, 10, 24, 28, 30]);

/**
 * An address family of four bytes, in the byte order of the capturing machine (NULL) or of the network (LOOP): AF_INET is 2
 * everywhere, AF_INET6 is not. The datagram itself tells which IP it is.
 */
function family(bytes: Buffer, at: number): LayerStep {
  const known = FAMILIES.has(littleUint32(bytes, at)) || FAMILIES.has(uint32(bytes, at));
  return known ? inside('ip', at + 4) : unread('loopback of another family');
}

const ARPHRD_FRAME_RELAY = 770;
const ARPHRD_IPGRE = 778;
const ARPHRD_RADIOTAP = 803;

/** Linux cooked: the protocol field means what the kind of device has in it. Small numbers are Linux's own: 4 is LLC, 1 is IPX. */
function cooked(device: number, protocol: number, at: number): LayerStep {
  if (device === ARPHRD_RADIOTAP) return inside('radiotap', at);
  if (device === ARPHRD_FRAME_RELAY) return inside('frame-relay', at);
  if (device === ARPHRD_IPGRE && protocol === 0x88be) return inside('erspan-1', at);
  if (protocol === 3) return inside('ethernet', at);
  if (protocol === 7) return inside('ppp', at);
  return protocol === 4 || protocol >= 0x0600 ? byEthertype(protocol, at) : unread('frames of Linux devices');
}

const NFLOG_PAYLOAD = 9;

/** Four bytes, then attributes of a length, a type and a value, each filled up to four bytes, in the byte order of who captured them. */
function nflog(bytes: Buffer, at: number): LayerStep {
  for (let from = at + 4; from + 4 <= bytes.length; ) {
    const little = littleUint16(bytes, from);
    const isLittle = littleUint16(bytes, from + 2) < 0x100;
    const length = isLittle ? little : uint16(bytes, from);
    const type = isLittle ? littleUint16(bytes, from + 2) : uint16(bytes, from + 2);
    if (type === NFLOG_PAYLOAD) return inside('ip', from + 4);
    if (length < 4) break;
    from += Math.ceil(length / 4) * 4;
  }
  return unread('nflog without a packet');
}

/** macOS: the header's length, its type, and the link type of what follows. */
function pktap(bytes: Buffer, at: number): LayerStep {
  const layer = LINK_TYPES.get(littleUint32(bytes, at + 8));
  return layer && layer !== 'pktap' ? inside(layer, at + littleUint32(bytes, at)) : unread('PKTAP');
}

const ERF_ETHERNET: ReadonlySet<number> = new Set([2, 11, 16, 20]);
const ERF_HDLC: ReadonlySet<number> = new Set([1, 10, 15, 17]);
const ERF_IP: ReadonlySet<number> = new Set([22, 23]);

/** Endace ERF: 16 bytes, extension headers as long as the highest bit says so, and the record. */
function erf(bytes: Buffer, at: number): LayerStep {
  const type = uint8(bytes, at + 8) & 0x7f;
  let record = at + 16;
  for (let first = uint8(bytes, at + 8); (first & 0x80) !== 0 && record < bytes.length; record += 8) {
    first = uint8(bytes, record);
  }
  if (ERF_ETHERNET.has(type)) return inside('ethernet', record + 2);
  if (ERF_HDLC.has(type)) return inside('ppp-or-hdlc', record);
  return ERF_IP.has(type) ? inside('ip', record) : unread(`ERF record type ${type}`);
}
