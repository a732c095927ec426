// From a captured frame to the IP datagram in it: Ethernet with VLAN tags, Linux cooked, raw IP, NULL and LOOP, PPP. Numbers of link types are
// those of tcpdump.org/linktypes.html.
import type { TellNotice } from '../capture-error.js';
import type { PacketSink } from '../file/packet-sink.js';
import type { SeenTraffic } from '../seen-traffic.js';

export interface DatagramSink {
  /** An IP datagram at `offset`. `missing` bytes of the frame's end were not captured. */
  datagram(bytes: Buffer, offset: number, missing: number, at: number): void;
}

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_PPPOE_SESSION = 0x8864;
/** 802.1Q, 802.1ad, and what was in use for stacked tags before 802.1ad. */
const VLAN_TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100, 0x9200, 0x9300]);
const VLAN_TAG_BYTES = 4;
const PPPOE_HEADER_BYTES = 6;
const PPP_IPV4 = 0x0021;
const PPP_IPV6 = 0x0057;

/** More kinds than that no capture has that means well. */
const MAX_NAMED_LINK_TYPES = 16;

/** Where the datagram of a frame begins, or -1 when there is none to be seen. */
type FindDatagram = (bytes: Buffer) => number;

const FINDERS: ReadonlyMap<number, FindDatagram> = new Map([
  [0, nullDatagram],
  [1, (bytes) => behindEthertype(bytes, 12)],
  [9, pppDatagram],
  [12, () => 0],
  [14, () => 0],
  [50, pppDatagram],
  [51, pppoeDatagram],
  [101, () => 0],
  [108, nullDatagram],
  [113, (bytes) => behindEthertype(bytes, 14)],
  [228, () => 0],
  [229, () => 0],
  [276, cooked2Datagram],
]);

/** Of those that captures may come with, so that one that is not read can be told by its name. */
const LINK_TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'NULL'],
  [1, 'Ethernet'],
  [6, 'token ring'],
  [8, 'SLIP'],
  [9, 'PPP'],
  [10, 'FDDI'],
  [50, 'PPP with HDLC framing'],
  [51, 'PPPoE'],
  [100, 'ATM'],
  [101, 'raw IP'],
  [104, 'Cisco HDLC'],
  [105, 'IEEE 802.11'],
  [107, 'frame relay'],
  [108, 'LOOP'],
  [113, 'Linux cooked'],
  [117, 'OpenBSD pflog'],
  [119, 'IEEE 802.11 with Prism header'],
  [122, 'IP over fibre channel'],
  [127, 'IEEE 802.11 with radiotap header'],
  [138, 'IP over IEEE 1394'],
  [163, 'IEEE 802.11 with AVS header'],
  [187, 'Bluetooth HCI'],
  [189, 'USB'],
  [192, 'PPI'],
  [195, 'IEEE 802.15.4'],
  [197, 'Endace ERF'],
  [201, 'Bluetooth HCI with direction'],
  [209, 'I2C'],
  [220, 'USB of Linux'],
  [224, 'fibre channel'],
  [227, 'CAN bus'],
  [228, 'raw IPv4'],
  [229, 'raw IPv6'],
  [239, 'Linux netfilter log'],
  [242, 'InfiniBand'],
  [247, 'InfiniBand'],
  [249, 'USB of Windows'],
  [252, 'Wireshark upper PDU'],
  [253, 'Linux netlink'],
  [276, 'Linux cooked, version 2'],
]);

export class LinkLayer implements PacketSink {
  private linkType = -1;
  private find: FindDatagram | undefined;
  private readonly unknown = new Set<number>();

  constructor(
    private readonly sink: DatagramSink,
    private readonly seen: SeenTraffic,
    private readonly notice: TellNotice,
  ) {}

  packet(bytes: Buffer, at: number, linkType: number, originalLength: number): void {
    this.seen.countPacket();
    if (linkType !== this.linkType) {
      this.linkType = linkType;
      this.find = FINDERS.get(linkType);
    }
    if (!this.find) {
      this.tellUnknown(linkType);
      return;
    }
    const offset = this.find(bytes);
    if (offset >= 0 && offset < bytes.length) this.sink.datagram(bytes, offset, originalLength - bytes.length, at);
  }

  private tellUnknown(linkType: number): void {
    if (this.unknown.has(linkType) || this.unknown.size === MAX_NAMED_LINK_TYPES) return;
    this.unknown.add(linkType);
    const name = LINK_TYPE_NAMES.get(linkType);
    const type = name ? `${linkType} (${name})` : `${linkType}`;
    this.notice({
      kind: 'skipped',
      text: `packets of link type ${type} are left out: ftpscope does not know what is in them`,
    });
  }
}

/** `offset` is where the ethertype is, in front of what it tells of. */
function behindEthertype(bytes: Buffer, offset: number): number {
  for (let at = offset; at + 2 <= bytes.length; at += VLAN_TAG_BYTES) {
    const type = bytes.readUInt16BE(at);
    if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6) return at + 2;
    if (type === ETHERTYPE_PPPOE_SESSION) return pppProtocol(bytes, at + 2 + PPPOE_HEADER_BYTES);
    if (!VLAN_TAGS.has(type)) return -1;
  }
  return -1;
}

/** LINUX_SLL2 has the ethertype in front and a header of 20 bytes; a VLAN tag in the frame comes behind that. */
function cooked2Datagram(bytes: Buffer): number {
  if (bytes.length < 20) return -1;
  const type = bytes.readUInt16BE(0);
  if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6) return 20;
  return VLAN_TAGS.has(type) ? behindEthertype(bytes, 22) : -1;
}

/**
 * An address family of four bytes, in the byte order of whoever captured it (NULL) or of the network (LOOP): AF_INET is 2
 * everywhere, AF_INET6 is not. The datagram itself tells which IP it is.
 */
function nullDatagram(bytes: Buffer): number {
  if (bytes.length < 4) return -1;
  return FAMILIES.has(bytes.readUInt32LE(0)) || FAMILIES.has(bytes.readUInt32BE(0)) ? 4 : -1;
}

/** AF_INET; AF_INET6 of Linux (10), NetBSD and OpenBSD (24), FreeBSD (28) and macOS (30). */
const FAMILIES: ReadonlySet<number> = new Set([2, 10, 24, 28, 30]);

/** With the address and control bytes of HDLC framing (RFC 1662), or without. */
function pppDatagram(bytes: Buffer): number {
  const framed = bytes.length >= 2 && bytes[0] === 0xff && bytes[1] === 0x03;
  return pppProtocol(bytes, framed ? 2 : 0);
}

function pppoeDatagram(bytes: Buffer): number {
  return pppProtocol(bytes, PPPOE_HEADER_BYTES);
}

/** The protocol field may be compressed to its one odd byte (RFC 1661 section 6.5). */
function pppProtocol(bytes: Buffer, offset: number): number {
  if (offset + 2 > bytes.length) return -1;
  const short = bytes.readUInt8(offset);
  if (short === PPP_IPV4 || short === PPP_IPV6) return offset + 1;
  const protocol = bytes.readUInt16BE(offset);
  return protocol === PPP_IPV4 || protocol === PPP_IPV6 ? offset + 2 : -1;
}
