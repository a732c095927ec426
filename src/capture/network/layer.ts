// The layers between a captured frame and the IP datagram in it: their names, and what a decoder of one says. Decoders are pure functions of
// bytes. They check no bounds: what lies behind the end reads as zero, and the caller that follows a step sees that it leads there.
import { IPV4_HEADER_BYTES, IPV6_HEADER_BYTES } from '../header-numbers.js';

/** What may lie at a place in a packet. A new one is a name here, a row in a table of decoders, and a test. */
export type Layer = 'ip' | 'udp' | LinkLayerName | TunnelName | WirelessName | JuniperName;

export type LinkLayerName =
  | 'ethernet'
  | 'ethertype'
  | 'vlan-tag'
  | 'backbone-tag'
  | 'bridge-port-tag'
  | 'vn-tag'
  | 'cisco-metadata'
  | 'redundancy-tag'
  | 'macsec'
  | 'trill'
  | 'fabric-path'
  | 'pppoe'
  | 'ppp'
  | 'ppp-with-direction'
  | 'ppp-or-hdlc'
  | 'ppp-bridge'
  | 'multilink-ppp'
  | 'cisco-hdlc'
  | 'hdlc-with-direction'
  | 'frame-relay'
  | 'frame-relay-with-direction'
  | 'llc'
  | 'snap'
  | 'fddi'
  | 'token-ring'
  | 'fibre-channel'
  | 'sun-atm'
  | 'family'
  | 'linux-cooked'
  | 'linux-cooked-2'
  | 'nflog'
  | 'pflog'
  | 'encapsulating-interface'
  | 'solaris-ipnet'
  | 'pktap'
  | 'erf'
  | 'net-analyzer';

export type TunnelName =
  | 'gre'
  | 'erspan-1'
  | 'erspan'
  | 'vxlan'
  | 'vxlan-gpe'
  | 'geneve'
  | 'gtp-user'
  | 'l2tp'
  | 'l2tp-3-session'
  | 'tzsp'
  | 'nsh'
  | 'mpls'
  | 'mpls-payload'
  | 'ether-ip'
  | 'teredo'
  | 'ayiya'
  | 'lisp'
  | 'juniper-mirror'
  | 'capwap'
  | 'guess';

export type WirelessName =
  | 'ieee80211'
  | 'ieee80211-padded'
  | 'ieee80211-swapped'
  | 'aggregate'
  | 'radiotap'
  | 'ppi'
  | 'prism'
  | 'avs';

export type JuniperName = 'juniper-ethernet' | 'juniper-ppp' | 'juniper-hdlc' | 'juniper-frame-relay' | 'juniper-other';

export type LayerStep =
  /** `next` lies at `at`; at `beside` lies another of the same kind, in a packet that holds several. */
  | { readonly next: Layer; readonly at: number; readonly beside?: number }
  /** Nothing that is looked into; the word names it for people, as in "111 ARP". */
  | { readonly unread: string };

export type Decoder = (bytes: Buffer, at: number) => LayerStep;

export function inside(next: Layer, at: number): LayerStep {
  return { next, at };
}

export function unread(what: string): LayerStep {
  return { unread: what };
}

export function uint8(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0;
}

export function uint16(bytes: Buffer, at: number): number {
  return uint8(bytes, at) * 0x100 + uint8(bytes, at + 1);
}

export function uint32(bytes: Buffer, at: number): number {
  return uint16(bytes, at) * 0x10000 + uint16(bytes, at + 2);
}

export function littleUint16(bytes: Buffer, at: number): number {
  return uint8(bytes, at) + uint8(bytes, at + 1) * 0x100;
}

export function littleUint32(bytes: Buffer, at: number): number {
  return littleUint16(bytes, at) + littleUint16(bytes, at + 2) * 0x10000;
}

export function hexadecimal(value: number, digits = 4): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/** What IP mostly carries; asked where only the bytes themselves tell whether they are IP. */
const USUAL_PROTOCOLS: ReadonlySet<number> = new Set([1, 2, 4, 6, 17, 41, 47, 50, 51, 58, 89, 132]);
/** Headers between IPv6 and what it carries. */
const IPV6_HEADERS: ReadonlySet<number> = new Set([0, 43, 44, 60]);

/** Whether what lies there begins as an IP datagram does. */
export function looksLikeIp(bytes: Buffer, at: number): boolean {
  const version = uint8(bytes, at) >> 4;
  const next = uint8(bytes, at + 6);
  if (version === 6)
    return at + IPV6_HEADER_BYTES <= bytes.length && (USUAL_PROTOCOLS.has(next) || IPV6_HEADERS.has(next));
  const headerBytes = (uint8(bytes, at) & 0x0f) * 4;
  const length = uint16(bytes, at + 2);
  if (version !== 4 || headerBytes < IPV4_HEADER_BYTES || at + headerBytes > bytes.length) return false;
  return (length === 0 || length >= headerBytes) && USUAL_PROTOCOLS.has(uint8(bytes, at + 9));
}
