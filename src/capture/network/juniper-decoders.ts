// Link types of Juniper's routers: "MGC", flags, extensions if the flags say so, then what the kind of interface has. Most have a cookie there
// whose length depends on the card: behind that the first bytes that look like IP are believed.
import { type Decoder, inside, type JuniperName, type LayerStep, looksLikeIp, uint8, uint16, unread } from './layer.js';

const MAGIC = 0x4d47;
const EXTENSIONS = 0x80;
const WITHOUT_LINK_LAYER = 0x02;

export const JUNIPER_DECODERS: Readonly<Record<JuniperName, Decoder>> = {
  'juniper-ethernet': (bytes, at) => behindHeader(bytes, at, (to) => inside('ethernet', to)),
  'juniper-ppp': (bytes, at) => behindHeader(bytes, at, (to) => inside('ppp', to)),
  'juniper-hdlc': (bytes, at) => behindHeader(bytes, at, (to) => inside('cisco-hdlc', to)),
  'juniper-frame-relay': (bytes, at) => behindHeader(bytes, at, (to) => inside('frame-relay', to)),
  'juniper-other': (bytes, at) => behindHeader(bytes, at, (to) => inside('guess', to)),
};

function behindHeader(bytes: Buffer, at: number, then: (to: number) => LayerStep): LayerStep {
  if (uint16(bytes, at) !== MAGIC) return unread('Juniper frames without their header');
  const flags = uint8(bytes, at + 3);
  const behind = at + ((flags & EXTENSIONS) === 0 ? 4 : 6 + uint16(bytes, at + 4));
  // An address family of four bytes instead of a frame.
  if ((flags & WITHOUT_LINK_LAYER) !== 0) return inside(looksLikeIp(bytes, behind + 4) ? 'ip' : 'guess', behind + 4);
  return then(behind);
}
