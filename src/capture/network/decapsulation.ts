// From whatever carries it to the IP datagram: follows decoders from layer to layer.
import { udp } from './carried.js';
import { JUNIPER_DECODERS } from './juniper-decoders.js';
import type { Decoder, Layer } from './layer.js';
import { LINK_DECODERS } from './link-decoders.js';
import { TUNNEL_DECODERS } from './tunnel-decoders.js';
import { WIRELESS_DECODERS } from './wireless-decoders.js';

/** Tags, labels and frames in frames; more of them nobody sends. */
const MAX_LAYERS = 24;

const DECODERS: Readonly<Record<Exclude<Layer, 'ip'>, Decoder>> = {
  udp,
  ...LINK_DECODERS,
  ...TUNNEL_DECODERS,
  ...WIRELESS_DECODERS,
  ...JUNIPER_DECODERS,
};

/** Told of what else lies in the packet, to be followed from there. */
export type TellBeside = (layer: Layer, at: number) => void;

/** Where the datagram begins inside `layer`, which lies at `from`; or what is there instead, in words. */
export function findDatagram(layer: Layer, bytes: Buffer, from: number, tellBeside?: TellBeside): number | string {
  let current = layer;
  let at = from;
  for (let depth = 0; depth < MAX_LAYERS; depth += 1) {
    if (current === 'ip') return at;
    const step = DECODERS[current](bytes, at);
    if ('unread' in step) return step.unread;
    if (step.beside !== undefined) tellBeside?.(current, step.beside);
    current = step.next;
    at = step.at;
  }
  return 'tunnels without end';
}
