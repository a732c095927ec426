// Which layer a number stands for: link types of captures, ethertypes, protocols of IP and PPP, ports of UDP.
import { hexadecimal, inside, type Layer, type LayerStep, uint16, unread } from './layer.js';

/** Numbers of tcpdump.org/linktypes.html. */
export const LINK_TYPES: ReadonlyMap<number, Layer> = new Map([
  [0, 'family'],
  [1, 'ethernet'],
  [6, 'token-ring'],
  [9, 'ppp'],
  [10, 'fddi'],
  [11, 'llc'],
  [12, 'ip'],
  [14, 'ip'],
  [50, 'ppp-or-hdlc'],
  [51, 'pppoe'],
  [100, 'llc'],
  [101, 'ip'],
  [104, 'cisco-hdlc'],
  [105, 'ieee80211'],
  [107, 'frame-relay'],
  [108, 'family'],
  [109, 'encapsulating-interface'],
  [113, 'linux-cooked'],
  [117, 'pflog'],
  [119, 'prism'],
  [122, 'fibre-channel'],
  [123, 'sun-atm'],
  [127, 'radiotap'],
  [130, 'juniper-other'],
  [131, 'juniper-other'],
  [133, 'juniper-other'],
  [134, 'juniper-other'],
  [135, 'juniper-other'],
  [136, 'juniper-other'],
  [137, 'juniper-other'],
  [163, 'avs'],
  [166, 'ppp-with-direction'],
  [167, 'juniper-ethernet'],
  [174, 'juniper-other'],
  [178, 'juniper-ethernet'],
  [179, 'juniper-ppp'],
  [180, 'juniper-frame-relay'],
  [181, 'juniper-hdlc'],
  [183, 'juniper-other'],
  [192, 'ppi'],
  [194, 'juniper-other'],
  [197, 'erf'],
  [204, 'ppp-with-direction'],
  [205, 'hdlc-with-direction'],
  [206, 'frame-relay-with-direction'],
  [219, 'mpls'],
  [226, 'solaris-ipnet'],
  [228, 'ip'],
  [229, 'ip'],
  [239, 'nflog'],
  [240, 'net-analyzer'],
  [258, 'pktap'],
  [276, 'linux-cooked-2'],
]);

export const ETHERTYPE_IPV4 = 0x0800;
/** What is less is a length, and LLC follows (IEEE 802.3). */
const MIN_ETHERTYPE = 0x0600;

const ETHERTYPES: ReadonlyMap<number, Layer> = new Map([
  [ETHERTYPE_IPV4, 'ip'],
  [0x22eb, 'erspan'],
  [0x22f3, 'trill'],
  [0x6558, 'ethernet'],
  [0x8100, 'vlan-tag'],
  [0x86dd, 'ip'],
  [0x880b, 'ppp'],
  [0x8847, 'mpls'],
  [0x8848, 'mpls'],
  [0x8864, 'pppoe'],
  [0x88a8, 'vlan-tag'],
  [0x88e5, 'macsec'],
  [0x88e7, 'backbone-tag'],
  [0x8903, 'fabric-path'],
  [0x8909, 'cisco-metadata'],
  [0x8926, 'vn-tag'],
  [0x892f, 'redundancy-tag'],
  [0x893f, 'bridge-port-tag'],
  [0x894f, 'nsh'],
  [0x9100, 'vlan-tag'],
  [0x9200, 'vlan-tag'],
  [0x9300, 'vlan-tag'],
  [0xf1c1, 'redundancy-tag'],
]);

const UNREAD_ETHERTYPES: ReadonlyMap<number, string> = new Map([
  [0x0806, 'ARP'],
  [0x8809, 'LACP'],
  [0x8863, 'PPPoE discovery'],
  [0x888e, 'EAPOL'],
  [0x88cc, 'LLDP'],
  [0x88f7, 'PTP'],
  [0x9000, 'loopback test'],
]);

/** What follows an ethertype (or a length) with this value. */
export function byEthertype(type: number, at: number): LayerStep {
  if (type < MIN_ETHERTYPE) return inside('llc', at);
  const layer = ETHERTYPES.get(type);
  return layer ? inside(layer, at) : unread(UNREAD_ETHERTYPES.get(type) ?? `ethertype ${hexadecimal(type)}`);
}

export const IP_PROTOCOLS: ReadonlyMap<number, Layer> = new Map([
  [4, 'ip'],
  [17, 'udp'],
  [41, 'ip'],
  [47, 'gre'],
  [97, 'ether-ip'],
  [115, 'l2tp-3-session'],
  [137, 'mpls'],
  [143, 'ethernet'],
]);

/** Ports on which tunnels are served; their clients use any. */
const UDP_PORTS: ReadonlyMap<number, Layer> = new Map([
  [1701, 'l2tp'],
  [2152, 'gtp-user'],
  [3544, 'teredo'],
  [4341, 'lisp'],
  [4754, 'gre'],
  [4789, 'vxlan'],
  [4790, 'vxlan-gpe'],
  [5072, 'ayiya'],
  [5247, 'capwap'],
  [6081, 'geneve'],
  [6635, 'mpls'],
  [8472, 'vxlan'],
  [30_030, 'juniper-mirror'],
  [37_008, 'tzsp'],
]);

const UDP_HEADER_BYTES = 8;

/** RFC 768: source port, destination port, length, checksum. */
export function udp(bytes: Buffer, at: number): LayerStep {
  const source = uint16(bytes, at);
  const destination = uint16(bytes, at + 2);
  const layer = UDP_PORTS.get(destination) ?? UDP_PORTS.get(source);
  return layer ? inside(layer, at + UDP_HEADER_BYTES) : unread(`UDP to port ${Math.min(source, destination)}`);
}

const PPP_PROTOCOLS: ReadonlyMap<number, Layer> = new Map([
  [0x0021, 'ip'],
  [0x0031, 'ppp-bridge'],
  [0x003d, 'multilink-ppp'],
  [0x0057, 'ip'],
  [0x0281, 'mpls'],
  [0x0283, 'mpls'],
]);

/** The protocol field of PPP may be compressed to its one odd byte (RFC 1661 section 6.5). */
export function byPppProtocol(bytes: Buffer, at: number): LayerStep {
  const compressed = (uint16(bytes, at) & 0x0100) !== 0;
  const protocol = compressed ? uint16(bytes, at) >> 8 : uint16(bytes, at);
  const layer = PPP_PROTOCOLS.get(protocol);
  return layer ? inside(layer, at + (compressed ? 1 : 2)) : unread(`PPP protocol ${hexadecimal(protocol)}`);
}
