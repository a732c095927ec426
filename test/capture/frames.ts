// Builds packets for tests, from the inside out: TCP segments, IP datagrams, Ethernet frames. Checksums are left out, as nobody looks at them.

export interface SegmentFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement?: number | undefined;
  /** As letters: S, A, F, R. */
  readonly flags?: string;
  readonly payload?: Buffer | string;
  /** Bytes of options, to be skipped. */
  readonly optionBytes?: number;
}

const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, A: 16 };

export function tcpSegment(fields: SegmentFields): Buffer {
  const {
    sourcePort,
    destinationPort,
    sequence,
    acknowledgement = 0,
    flags = 'A',
    payload = '',
    optionBytes = 0,
  } = fields;
  const header = Buffer.alloc(20 + optionBytes);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt32BE(sequence >>> 0, 4);
  header.writeUInt32BE(acknowledgement >>> 0, 8);
  header.writeUInt8((header.length / 4) << 4, 12);
  header.writeUInt8(
    [...flags].reduce((sum, flag) => sum + (FLAGS[flag] ?? 0), 0),
    13,
  );
  return Buffer.concat([header, bytesOf(payload)]);
}

export interface Ipv4Fields {
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: number;
  readonly identification?: number;
  /** In bytes. */
  readonly fragmentOffset?: number;
  readonly more?: boolean;
  readonly optionBytes?: number;
  /** Instead of what it has. */
  readonly totalLength?: number;
}

export function ipv4(payload: Buffer, fields: Ipv4Fields = {}): Buffer {
  const { source = '10.0.0.1', destination = '10.0.0.2', protocol = 6, identification = 0, optionBytes = 0 } = fields;
  const header = Buffer.alloc(20 + optionBytes);
  header.writeUInt8(0x40 + header.length / 4, 0);
  header.writeUInt16BE(fields.totalLength ?? header.length + payload.length, 2);
  header.writeUInt16BE(identification, 4);
  header.writeUInt16BE((fields.more ? 0x2000 : 0) + (fields.fragmentOffset ?? 0) / 8, 6);
  header.writeUInt8(protocol, 9);
  header.set(source.split('.').map(Number), 12);
  header.set(destination.split('.').map(Number), 16);
  return Buffer.concat([header, payload]);
}

/** Addresses as 16 hexadecimal bytes. */
export function ipv6(payload: Buffer, nextHeader = 6, source = IPV6_SOURCE, destination = IPV6_DESTINATION): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt8(0x60, 0);
  header.writeUInt16BE(payload.length, 4);
  header.writeUInt8(nextHeader, 6);
  header.write(source, 8, 'hex');
  header.write(destination, 24, 'hex');
  return Buffer.concat([header, payload]);
}

const IPV6_SOURCE = '20010db8000000000000000000000001';
const IPV6_DESTINATION = '20010db8000000000000000000000002';

export function ethernet(payload: Buffer, ethertype = 0x0800, ...tags: readonly number[]): Buffer {
  const types = [...tags.flatMap((tag) => [tag, 7]), ethertype].map((type) => uint16(type));
  return Buffer.concat([Buffer.alloc(12), ...types, payload]);
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function bytesOf(payload: Buffer | string): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
}
