// A TCP segment (RFC 9293 section 3.1), as far as reassembly asks for it: what is in it, and which connection it belongs to.

import ipaddr from 'ipaddr.js';
import { canonicalAddress, type Endpoint } from '../../protocol/endpoint.js';
import { ACK, FIN, RST, SYN, TCP_HEADER_BYTES } from '../header-numbers.js';
import type { TransportPayload } from '../network/transport-payload.js';

const NOTHING = Buffer.alloc(0);

export interface Segment {
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly ack: boolean;
  /** What was captured of its payload. */
  readonly payload: Buffer;
  /** How much more payload it had. */
  readonly missing: number;
  /** When it was captured. */
  readonly at: number;
}

/** Null when its header was not captured whole, or makes no sense. */
export function readSegment({ bytes, offset, end, missing, at }: Readonly<TransportPayload>): Segment | null {
  if (offset + TCP_HEADER_BYTES > end) return null;
  const payload = offset + (bytes.readUInt8(offset + 12) >> 4) * 4;
  if (payload < offset + TCP_HEADER_BYTES || payload > end) return null;
  const flags = bytes.readUInt8(offset + 13);
  return {
    sequence: bytes.readUInt32BE(offset + 4),
    acknowledgement: bytes.readUInt32BE(offset + 8),
    syn: (flags & SYN) !== 0,
    fin: (flags & FIN) !== 0,
    rst: (flags & RST) !== 0,
    ack: (flags & ACK) !== 0,
    payload: payload === end ? NOTHING : bytes.subarray(payload, end),
    missing,
    at,
  };
}

type Located = Readonly<TransportPayload>;

/** From source to destination: all segments of one direction have the same. */
export function flowKey({ bytes, addresses, addressBytes, offset }: Located): string {
  const ports = offset + 4;
  // The ports nearly always stand right behind the addresses.
  if (addresses + 2 * addressBytes === offset) return bytes.toString('latin1', addresses, ports);
  return bytes.toString('latin1', addresses, addresses + 2 * addressBytes) + bytes.toString('latin1', offset, ports);
}

/** The key of the other direction. */
export function reverseFlowKey({ bytes, addresses, addressBytes, offset }: Located): string {
  const middle = addresses + addressBytes;
  const hosts = bytes.toString('latin1', middle, middle + addressBytes) + bytes.toString('latin1', addresses, middle);
  return hosts + bytes.toString('latin1', offset + 2, offset + 4) + bytes.toString('latin1', offset, offset + 2);
}

/** For people. */
export function endpointsOf({
  bytes,
  addresses,
  addressBytes,
  offset,
}: Located): [source: Endpoint, destination: Endpoint] {
  const address = (at: number) => addressText(bytes.subarray(at, at + addressBytes));
  return [
    { address: address(addresses), port: bytes.readUInt16BE(offset) },
    { address: address(addresses + addressBytes), port: bytes.readUInt16BE(offset + 2) },
  ];
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const text = ipaddr.fromByteArray([...bytes]).toString();
  return canonicalAddress(text) ?? text;
}
