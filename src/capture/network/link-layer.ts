// From a captured frame to the IP datagram in it. Nearly all are IPv4 in plain Ethernet, which is found without a search.
import type { TellNotice } from '../capture-error.js';
import type { PacketSink } from '../file/packet-sink.js';
import type { SeenTraffic } from '../seen-traffic.js';
import type { KeyLog } from '../tls/key-log.js';
import { ETHERTYPE_IPV4, LINK_TYPES } from './carried.js';
import { findDatagram } from './decapsulation.js';
import { type Layer, uint16 } from './layer.js';

export interface DatagramSink {
  /** An IP datagram at `offset`. `missing` bytes of the frame's end were not captured. */
  datagram(bytes: Buffer, offset: number, missing: number, at: number): void;
}

const ETHERNET_HEADER_BYTES = 14;
/** In one packet. */
const MAX_FRAMES = 64;

/** More kinds than that no capture has that means well. */
const MAX_NAMED_LINK_TYPES = 16;

/** Of those that captures may come with, so that one that is not read can be told by its name. */
const LINK_TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [8, 'SLIP'],
  [138, 'IP over IEEE 1394'],
  [187, 'Bluetooth HCI'],
  [189, 'USB'],
  [195, 'IEEE 802.15.4'],
  [201, 'Bluetooth HCI with direction'],
  [209, 'I2C'],
  [220, 'USB of Linux'],
  [224, 'fibre channel'],
  [227, 'CAN bus'],
  [242, 'InfiniBand'],
  [247, 'InfiniBand'],
  [249, 'USB of Windows'],
  [252, 'Wireshark upper PDU'],
  [253, 'Linux netlink'],
]);

export class LinkLayer implements PacketSink {
  private linkType = -1;
  private layer: Layer | undefined;
  private readonly unknown = new Set<number>();

  constructor(
    private readonly sink: DatagramSink,
    private readonly seen: SeenTraffic,
    private readonly notice: TellNotice,
    private readonly keyLog: KeyLog,
  ) {}

  secrets(log: Buffer): void {
    this.keyLog.add(log);
  }

  packet(bytes: Buffer, at: number, linkType: number, originalLength: number): void {
    this.seen.countPacket(bytes.length, originalLength);
    if (linkType !== this.linkType) {
      this.linkType = linkType;
      this.layer = LINK_TYPES.get(linkType);
    }
    const { layer } = this;
    if (layer === undefined) {
      this.tellUnknown(linkType);
      return;
    }
    const missing = originalLength - bytes.length;
    const plain = layer === 'ethernet' && uint16(bytes, ETHERNET_HEADER_BYTES - 2) === ETHERTYPE_IPV4;
    if (!plain) this.search(layer, bytes, missing, at);
    else if (bytes.length > ETHERNET_HEADER_BYTES) this.sink.datagram(bytes, ETHERNET_HEADER_BYTES, missing, at);
  }

  /** A packet may hold several frames, as those of 802.11 do. */
  private search(layer: Layer, bytes: Buffer, missing: number, at: number): void {
    const places = [{ layer, from: 0 }];
    for (const place of places) {
      const offset = findDatagram(place.layer, bytes, place.from, (beside, from) => {
        if (places.length < MAX_FRAMES) places.push({ layer: beside, from });
      });
      if (typeof offset === 'string') this.seen.countUnread(offset);
      else if (offset < bytes.length) this.sink.datagram(bytes, offset, missing, at);
    }
  }

  private tellUnknown(linkType: number): void {
    const name = LINK_TYPE_NAMES.get(linkType);
    const type = name ? `${linkType} (${name})` : `${linkType}`;
    this.seen.countUnread(`of link type ${type}`);
    if (this.unknown.has(linkType) || this.unknown.size === MAX_NAMED_LINK_TYPES) return;
    this.unknown.add(linkType);
    this.notice({
      kind: 'skipped',
      text: `packets of link type ${type} are left out: ftpscope does not know what is in them`,
    });
  }
}
