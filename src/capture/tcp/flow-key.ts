// Addresses and ports of a segment: as keys to find its connection by, and as endpoints for people.
import ipaddr from 'ipaddr.js';
import { canonicalAddress, type Endpoint } from '../../protocol/endpoint.js';
import type { TransportPayload } from '../network/transport-payload.js';

type Located = Readonly<TransportPayload>;

/** From source to destination: all segments of one direction have the same. */
export function flowKey({ bytes, addresses, addressBytes, offset }: Located): string {
  const ports = String.fromCharCode(bytes.readUInt16BE(offset), bytes.readUInt16BE(offset + 2));
  return bytes.toString('latin1', addresses, addresses + 2 * addressBytes) + ports;
}

/** The key of the other direction. */
export function reverseFlowKey({ bytes, addresses, addressBytes, offset }: Located): string {
  const middle = addresses + addressBytes;
  const ports = String.fromCharCode(bytes.readUInt16BE(offset + 2), bytes.readUInt16BE(offset));
  return bytes.toString('latin1', middle, middle + addressBytes) + bytes.toString('latin1', addresses, middle) + ports;
}

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
