// From frames of every link layer, and datagrams of every form, to the same TCP segment.
import { describe, expect, test } from 'vitest';
import { formatEndpoint } from '../../../src/protocol/endpoint.js';
import { type CapturedPacket, pcap } from '../capture-files.js';
import { ethernet, type Ipv4Fields, ipv4, ipv6, tcpSegment, uint16 } from '../frames.js';
import { eventsOf } from '../tcp/told.js';

const SEGMENT = tcpSegment({
  sourcePort: 1000,
  destinationPort: 21,
  sequence: 1,
  payload: 'USER anna',
  optionBytes: 12,
});
const IPV4 = ipv4(SEGMENT);
const IPV6 = ipv6(SEGMENT);
const OVER_IPV4 = ['10.0.0.1:1000 > 10.0.0.2:21', 'USER anna'];
const OVER_IPV6 = ['[2001:db8::1]:1000 > [2001:db8::2]:21', 'USER anna'];
const RAW_IP = 101;

/** Who speaks, and what is said or lost. */
async function heard(packets: readonly (Buffer | CapturedPacket)[], linkType: number): Promise<string[]> {
  const captured = packets.map((packet) => (Buffer.isBuffer(packet) ? { bytes: packet } : packet));
  const { events } = await eventsOf(pcap(captured, { linkType }));
  return events.flatMap((event) => {
    const { initiator, responder } = event.connection;
    if (event.kind === 'opened') return [`${formatEndpoint(initiator)} > ${formatEndpoint(responder)}`];
    if (event.kind === 'bytes') return [event.bytes.toString('latin1')];
    return event.kind === 'lost' ? [`${event.bytes} lost`] : [];
  });
}

function hex(text: string, ...rest: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(text.replaceAll(' ', ''), 'hex'), ...rest]);
}

describe('link layers', () => {
  const cooked = (ethertype: string) => `0000 0001 0006 000000000000 0000 ${ethertype}`;
  const cooked2 = (ethertype: string) => `${ethertype} 0000 00000001 0001 00 06 0000000000000000`;
  test.each([
    ['Ethernet', 1, ethernet(IPV4), OVER_IPV4],
    ['Ethernet, IPv6', 1, ethernet(IPV6, 0x86dd), OVER_IPV6],
    ['Ethernet with padding', 1, Buffer.concat([ethernet(IPV4), Buffer.alloc(20, 'padding')]), OVER_IPV4],
    ['VLAN', 1, ethernet(IPV4, 0x0800, 0x8100), OVER_IPV4],
    ['QinQ', 1, ethernet(IPV6, 0x86dd, 0x88a8, 0x8100), OVER_IPV6],
    ['stacked VLANs', 1, ethernet(IPV4, 0x0800, 0x9100, 0x8100, 0x8100), OVER_IPV4],
    ['PPPoE', 1, ethernet(hex('1100 0001 0040 0021', IPV4), 0x8864), OVER_IPV4],
    ['Linux cooked', 113, hex(cooked('0800'), IPV4), OVER_IPV4],
    ['Linux cooked, VLAN', 113, hex(cooked('8100 0007 86dd'), IPV6), OVER_IPV6],
    ['Linux cooked 2', 276, hex(cooked2('86dd'), IPV6), OVER_IPV6],
    ['Linux cooked 2, VLAN', 276, hex(`${cooked2('8100')} 0007 0800`, IPV4), OVER_IPV4],
    ['raw IP', RAW_IP, IPV4, OVER_IPV4],
    ['raw IP, 12', 12, IPV6, OVER_IPV6],
    ['raw IP, 14', 14, IPV4, OVER_IPV4],
    ['raw IPv4', 228, IPV4, OVER_IPV4],
    ['raw IPv6', 229, IPV6, OVER_IPV6],
    ['NULL, little endian', 0, hex('02000000', IPV4), OVER_IPV4],
    ['NULL, big endian', 0, hex('00000002', IPV4), OVER_IPV4],
    ['NULL, IPv6 of NetBSD', 0, hex('18000000', IPV6), OVER_IPV6],
    ['NULL, IPv6 of FreeBSD', 0, hex('0000001c', IPV6), OVER_IPV6],
    ['NULL, IPv6 of macOS', 0, hex('1e000000', IPV6), OVER_IPV6],
    ['LOOP', 108, hex('00000018', IPV6), OVER_IPV6],
    ['PPP', 9, hex('ff03 0021', IPV4), OVER_IPV4],
    ['PPP, compressed', 9, hex('57', IPV6), OVER_IPV6],
    ['PPP with HDLC framing', 50, hex('ff03 0057', IPV6), OVER_IPV6],
  ])('%s', async (_name, linkType, frame, expected) => {
    expect(await heard([frame], linkType)).toEqual(expected);
    for (let length = 0; length < frame.length; length += 1) await heard([frame.subarray(0, length)], linkType);
  });

  test('ARP and other things say nothing', async () => {
    expect(await heard([ethernet(Buffer.alloc(28), 0x0806), ethernet(Buffer.alloc(28), 0x0026)], 1)).toEqual([]);
  });

  test('a link type that nobody knows is named once', async () => {
    const packets = [{ bytes: Buffer.alloc(60) }, { bytes: Buffer.alloc(60) }];
    const { events, notices } = await eventsOf(pcap(packets, { linkType: 187 }));
    expect(events).toEqual([]);
    expect(notices.map(({ text }) => text)).toEqual([
      'packets of link type 187 (Bluetooth HCI) are left out: ftpscope does not know what is in them',
    ]);
  });
});

describe('IPv4', () => {
  const forms: [string, Ipv4Fields][] = [
    ['options', { optionBytes: 12 }],
    ['no total length, as the network card was still to cut it', { totalLength: 0 }],
    ['do not fragment', { fragmentOffset: 0 }],
  ];
  test.each(forms)('%s', async (_name, fields) => {
    expect(await heard([ipv4(SEGMENT, fields)], RAW_IP)).toEqual(OVER_IPV4);
  });

  test('other protocols, and lengths that cannot be', async () => {
    const datagrams = [
      ipv4(SEGMENT, { protocol: 17 }),
      ipv4(SEGMENT, { totalLength: 19 }),
      Buffer.from([0x41, 0, 0, 20]),
    ];
    expect(await heard(datagrams, RAW_IP)).toEqual([]);
  });

  test('a packet that was captured in part: the bytes that are missing', async () => {
    const packet = { bytes: IPV4.subarray(0, -4), originalLength: IPV4.length };
    expect(await heard([packet], RAW_IP)).toEqual([OVER_IPV4[0], 'USER ', '4 lost']);
  });

  test('padding that was not captured is no loss', async () => {
    expect(await heard([{ bytes: IPV4, originalLength: IPV4.length + 6 }], RAW_IP)).toEqual(OVER_IPV4);
  });

  test('IP in IP', async () => {
    expect(await heard([ipv4(IPV6, { protocol: 41 })], RAW_IP)).toEqual(OVER_IPV6);
    let deep = IPV4;
    for (let depth = 0; depth < 50; depth += 1) deep = ipv4(deep, { protocol: 4 });
    expect(await heard([deep], RAW_IP)).toEqual([]);
  });
});

describe('fragments', () => {
  const cuts = [0, 8, 24, SEGMENT.length];
  const pieces = cuts.slice(0, -1).map((from, index) => {
    const to = cuts[index + 1] ?? SEGMENT.length;
    return ipv4(SEGMENT.subarray(from, to), { identification: 7, fragmentOffset: from, more: to < SEGMENT.length });
  });
  const [first, second, third] = pieces as [Buffer, Buffer, Buffer];

  test.each([
    ['in order', [first, second, third]],
    ['the last first', [third, second, first]],
    ['twice', [first, first, third, third, second]],
    [
      'mixed with those of another datagram',
      [first, ipv4(Buffer.alloc(16), { identification: 8, more: true }), second, third],
    ],
  ])('%s', async (_name, fragments) => {
    expect(await heard(fragments, RAW_IP)).toEqual(OVER_IPV4);
  });

  test('where they overlap, the first is believed', async () => {
    const lie = Buffer.alloc(24, 'lie');
    const overlapping = ipv4(lie, { identification: 7, fragmentOffset: 8, more: true });
    expect(await heard([first, second, overlapping, third], RAW_IP)).toEqual(OVER_IPV4);
  });

  test('one that is missing, and one that comes too late', async () => {
    expect(await heard([first, third], RAW_IP)).toEqual([]);
    const late = [first, second, third].map((bytes, index) => ({ bytes, at: index * 40_000 }));
    expect(await heard(late, RAW_IP)).toEqual([]);
  });

  test('beyond all bounds, the oldest are forgotten', async () => {
    const others = Array.from({ length: 2000 }, (_, index) =>
      ipv4(Buffer.alloc(8), { identification: 100 + index, more: true }),
    );
    expect(await heard([first, second, ...others, third], RAW_IP)).toEqual([]);
    expect(await heard([first, second, ...others.slice(0, 500), third], RAW_IP)).toEqual(OVER_IPV4);
  });

  test('of IPv6', async () => {
    const piece = (from: number, to: number) => {
      const bits = from | (to < SEGMENT.length ? 1 : 0);
      return ipv6(Buffer.concat([hex('0600'), uint16(bits), hex('00000007'), SEGMENT.subarray(from, to)]), 44);
    };
    expect(await heard([piece(16, SEGMENT.length), piece(0, 16)], RAW_IP)).toEqual(OVER_IPV6);
    expect(await heard([piece(0, SEGMENT.length)], RAW_IP)).toEqual(OVER_IPV6);
  });
});

describe('IPv6', () => {
  /** Each header says what follows it, and how long it is in units of eight bytes, the first not counted. */
  test.each([
    ['hop-by-hop options', 0, '06 00 000000000000'],
    ['a routing header', 43, '06 02 00 00 00000000 20010db8000000000000000000000009'],
    ['destination options', 60, '06 01 000000000000 0000000000000000'],
    ['an authentication header', 51, '06 01 0000 00000001 00000001'],
    ['several', 0, '3c 00 000000000000 2b 00 000000000000 06 00 000000000000'],
  ])('%s', async (_name, next, headers) => {
    expect(await heard([ipv6(hex(headers, SEGMENT), next)], RAW_IP)).toEqual(OVER_IPV6);
  });

  test('no payload length, as the network card was still to cut it', async () => {
    const datagram = Buffer.from(IPV6);
    datagram.writeUInt16BE(0, 4);
    expect(await heard([datagram], RAW_IP)).toEqual(OVER_IPV6);
  });

  test('headers without end', async () => {
    const endless = Buffer.concat(Array.from({ length: 40 }, () => hex('00 00 000000000000')));
    expect(await heard([ipv6(endless, 0)], RAW_IP)).toEqual([]);
  });
});
