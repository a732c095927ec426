// Every encapsulation that is read gives the same TCP segment, here and in tshark.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../transcript/temporary-folder.js';
import { PcapngBlocks } from '../capture-files.js';
import { ethernet, ipv4, ipv6, tcpSegment, uint16 } from '../frames.js';
import { eventsOf } from '../tcp/told.js';

const SEGMENT = tcpSegment({ sourcePort: 1000, destinationPort: 21, sequence: 1, payload: 'USER anna\r\n' });
const IPV4 = ipv4(SEGMENT);
const IPV6 = ipv6(SEGMENT);
const FRAME = ethernet(IPV4);
const FRAME6 = ethernet(IPV6, 0x86dd);

/** Hexadecimal text and bytes, one behind the other. */
function hex(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part.replaceAll(' ', ''), 'hex') : part)),
  );
}

/** As a tunnel's ends send it, in Ethernet. */
function overIp(protocol: number, payload: Buffer): Buffer {
  return ethernet(ipv4(payload, { source: '192.0.2.1', destination: '192.0.2.2', protocol }));
}

function overUdp(port: number, ...payload: readonly (string | Buffer)[]): Buffer {
  const bytes = hex(...payload);
  return overIp(17, hex(uint16(65_535 - port), uint16(port), uint16(bytes.length + 8), '0000', bytes));
}

const gre = (...parts: readonly (string | Buffer)[]) => overIp(47, hex(...parts));
const MAC = '0200000000aa';
const LLC = 'aaaa03 000000 0800';
/** Frame control, duration, three addresses, sequence. */
const wireless = (control: string, behind = '') => hex(control, '0000', MAC, MAC, MAC, '0000', behind, LLC, IPV4);
const juniper = (...parts: readonly (string | Buffer)[]) => hex('4d4743', ...parts);

type Row = readonly [name: string, linkType: number, packet: Buffer, tshark?: 'unknown to tshark'];

const TUNNELS: readonly Row[] = [
  ['GRE', 1, gre('0000 0800', IPV4)],
  ['GRE, IPv6', 1, gre('0000 86dd', IPV6)],
  ['GRE with checksum, key and number', 1, gre('b000 0800', '00000000', '00000001', '00000002', IPV4)],
  ['GRE, source routed', 1, gre('4000 0800 00000000', '0800 0004 0a000001', '0000 0000', IPV4)],
  ['GRE, Ethernet (NVGRE)', 1, gre('2000 6558 00000001', FRAME)],
  ['GRE, VLAN in Ethernet', 1, gre('0000 6558', ethernet(IPV6, 0x86dd, 0x8100))],
  ['GRE, EoIP of MikroTik', 1, gre('2001 6400', uint16(FRAME.length), '0007', FRAME)],
  ['GRE, MPLS', 1, gre('0000 8847', '00010140', IPV4)],
  ['GRE, frame relay', 1, gre('0000 6559', '1841 03 cc', IPV4)],
  ['GRE, WCCP', 1, gre('0000 883e', '00000000', IPV4)],
  ['PPTP', 1, gre('3081 880b', uint16(IPV4.length + 4), '0001', '00000001', '00000002', 'ff03 0021', IPV4)],
  ['PPTP, compressed protocol', 1, gre('3001 880b', uint16(IPV4.length + 1), '0001', '00000001', '21', IPV4)],
  ['ERSPAN I', 1, gre('0000 88be', FRAME)],
  ['ERSPAN II', 1, gre('1000 88be 00000001', '1001 0001 00000000', FRAME)],
  ['ERSPAN III', 1, gre('1000 22eb 00000001', '2001 0001 00000000 0000 0000', FRAME)],
  [
    'ERSPAN III with a subheader',
    1,
    gre('1000 22eb 00000001', '2001 0001 00000000 0000 0001', '0000000000000000', FRAME),
  ],
  ['VXLAN', 1, overUdp(4789, '08000000 00000100', FRAME)],
  ['VXLAN, the port of Linux', 1, overUdp(8472, '08000000 00000100', FRAME6)],
  [
    'VXLAN, VLANs on both sides',
    1,
    hex(MAC, MAC, '8100 0007', overUdp(4789, '08000000 00000100', ethernet(IPV4, 0x0800, 0x8100)).subarray(12)),
  ],
  [
    'VXLAN over IPv6',
    1,
    ethernet(ipv6(hex('ed4a 12b5', uint16(FRAME.length + 16), '0000', '08000000 00000100', FRAME), 17), 0x86dd),
  ],
  ['VXLAN-GPE, IPv4', 1, overUdp(4790, '0c000001 00000100', IPV4)],
  ['VXLAN-GPE, NSH', 1, overUdp(4790, '0c000004 00000100', '0fc6 0103', '00000000', Buffer.alloc(16), FRAME)],
  ['GENEVE', 1, overUdp(6081, '0000 6558 00000100', FRAME)],
  ['GENEVE with options', 1, overUdp(6081, '0240 0800 00000100', '0000 0001 00000000', IPV4)],
  ['GTP-U', 1, overUdp(2152, '30ff', uint16(IPV4.length), '00000001', IPV4)],
  [
    'GTP-U with extension headers',
    1,
    overUdp(2152, '34ff', uint16(IPV6.length + 8), '00000001', '0000 00 85', '01 0001 00', IPV6),
  ],
  ['L2TP', 1, overUdp(1701, '0002 0001 0002', 'ff03 0021', IPV4)],
  [
    'L2TP with length, numbers and offset',
    1,
    overUdp(1701, '4a02', uint16(IPV4.length + 22), '0001 0002 0001 0001 0004 00000000', 'ff03 0021', IPV4),
  ],
  ['L2TPv3 over UDP, no cookie', 1, overUdp(1701, '0003 0000 00000001', FRAME), 'unknown to tshark'],
  [
    'L2TPv3 over IP, cookie and sublayer',
    1,
    overIp(115, hex('00000001', '1111111122222222', '00000000', FRAME)),
    'unknown to tshark',
  ],
  ['TZSP', 1, overUdp(37_008, '01 00 0001', '0d 01 10 00 01', FRAME)],
  ['TZSP, 802.11', 1, overUdp(37_008, '01 00 0012', '01', wireless('0802'))],
  ['NSH in Ethernet', 1, ethernet(hex('0fc2 0201', '00000000', IPV4), 0x894f)],
  ['MPLS', 1, ethernet(hex('00010040', '00020140', IPV4), 0x8847)],
  ['MPLS, IPv6', 1, ethernet(hex('00002140', IPV6), 0x8847)],
  ['MPLS pseudowire', 1, ethernet(hex('00010140', FRAME), 0x8847)],
  [
    'MPLS pseudowire with control word',
    1,
    ethernet(hex('00010140', '00000001', '000c29000001 000c29000002 8100 0007 0800', IPV4), 0x8848),
  ],
  [
    'MPLS pseudowire, address like IP',
    1,
    ethernet(hex('00010140', '460000000001', MAC, '0800', IPV4), 0x8847),
    'unknown to tshark',
  ],
  ['MPLS in IP', 1, overIp(137, hex('00010140', IPV4))],
  ['MPLS in UDP', 1, overUdp(6635, '00010140', IPV4)],
  ['GRE in UDP', 1, overUdp(4754, '0000 0800', IPV4)],
  ['authentication header', 1, overIp(51, hex('06 04 0000 00000001 00000001', Buffer.alloc(12), SEGMENT))],
  ['authentication header, tunnel', 1, overIp(51, hex('04 04 0000 00000001 00000001', Buffer.alloc(12), IPV4))],
  ['EtherIP', 1, overIp(97, hex('3000', FRAME))],
  ['6in4', 1, overIp(41, IPV6)],
  ['IPv4 in IPv6', 1, ethernet(ipv6(IPV4, 4), 0x86dd)],
  ['IPv6 in IPv6', 1, ethernet(ipv6(IPV6, 41), 0x86dd)],
  ['Teredo', 1, overUdp(3544, IPV6)],
  [
    'Teredo with authentication and origin',
    1,
    overUdp(3544, '0001 0000 0000000000000000 00', '0000 63bf 3fffffff', IPV6),
  ],
  ['AYIYA', 1, overUdp(5072, '41 52 11 29', '00000000', Buffer.alloc(16), Buffer.alloc(20), IPV6)],
  ['LISP', 1, overUdp(4341, '80000001 00000000', IPV4)],
  ['CAPWAP, Ethernet', 1, overUdp(5247, '00', '100200', '00000000', FRAME)],
  ['CAPWAP, 802.11 turned around', 1, overUdp(5247, '00', '100301', '00000000', wireless('0208')), 'unknown to tshark'],
  ['Juniper mirror', 1, overUdp(30_030, '00000001 00000002', IPV4)],
];

const LINKS: readonly Row[] = [
  ['802.1Q in 802.1ad', 1, ethernet(IPV4, 0x0800, 0x88a8, 0x8100)],
  ['802.1ah', 1, ethernet(hex('00000007', FRAME), 0x88e7)],
  ['802.1ah in 802.1ad', 1, ethernet(hex('00000007', ethernet(IPV6, 0x86dd, 0x8100)), 0x88e7, 0x88a8)],
  ['802.1BR', 1, ethernet(hex('0000 0007 0000', '0800', IPV4), 0x893f)],
  ['VN-Tag', 1, ethernet(hex('00010002', '8100 0007 0800', IPV4), 0x8926)],
  ['Cisco metadata', 1, ethernet(hex('01 01 0001 0007', '0800', IPV4), 0x8909)],
  ['Cisco metadata in a VLAN', 1, ethernet(hex('01 01 0001 0007', '86dd', IPV6), 0x8909, 0x8100)],
  ['HSR', 1, ethernet(hex('0030 0001', '0800', IPV4), 0x892f)],
  ['MACsec, not encrypted', 1, ethernet(hex('00 00 00000001', '0800', IPV4, Buffer.alloc(16)), 0x88e5)],
  ['TRILL', 1, ethernet(hex('0001 0002 0003', FRAME), 0x22f3)],
  ['802.3 with SNAP', 1, hex(MAC, MAC, uint16(IPV4.length + 8), LLC, IPV4)],
  ['802.3 with LLC', 1, hex(MAC, MAC, uint16(IPV4.length + 3), '060603', IPV4)],
  ['PPPoE', 1, ethernet(hex('1100 0001', uint16(IPV4.length + 2), '0021', IPV4), 0x8864)],
  ['PPP, MPLS', 9, hex('ff03 0281', '00010140', IPV4)],
  ['PPP, bridged', 9, hex('ff03 0031', '00 01', FRAME), 'unknown to tshark'],
  ['PPP, multilink', 9, hex('ff03 003d', 'c0 000001', '0021', IPV4)],
  ['PPP with direction', 204, hex('01', 'ff03 0021', IPV4)],
  ['PPP of pppd', 166, hex('0003 0021', IPV4), 'unknown to tshark'],
  ['PPP as HDLC', 50, hex('ff03 0021', IPV4)],
  ['Cisco HDLC as PPP', 50, hex('0f00 0800', IPV4)],
  ['PPPoE alone', 51, hex('1100 0001', uint16(IPV4.length + 2), '0021', IPV4)],
  ['Cisco HDLC', 104, hex('0f00 0800', IPV4)],
  ['Cisco HDLC, MPLS', 104, hex('0f00 8847', '00010140', IPV6)],
  ['Cisco HDLC with direction', 205, hex('00', '8f00 86dd', IPV6), 'unknown to tshark'],
  ['frame relay', 107, hex('1841 03 cc', IPV4)],
  ['frame relay, IPv6', 107, hex('1841 03 8e', IPV6)],
  ['frame relay, SNAP', 107, hex('1841 03 00 80 000000 0800', IPV4)],
  ['frame relay, bridged', 107, hex('1841 03 00 80 0080c2 0007', FRAME)],
  ['frame relay, Cisco', 107, hex('1841 0800', IPV4)],
  ['frame relay with direction', 206, hex('00', '1841 03 cc', IPV4), 'unknown to tshark'],
  ['FDDI', 10, hex('50', MAC, MAC, LLC, IPV4)],
  ['token ring', 6, hex('1040', MAC, MAC, LLC, IPV4)],
  ['token ring, source routed', 6, hex('1040', MAC, '8200000000aa', '0630 0012 0030', LLC, IPV4)],
  ['IP over fibre channel', 122, hex('1000', MAC, '1000', MAC, LLC, IPV4)],
  ['ATM, LLC', 100, hex(LLC, IPV4)],
  ['ATM, bridged', 100, hex('aaaa03 0080c2 0007 0000', FRAME)],
  ['ATM of Sun', 123, hex('02 00 0020', LLC, IPV4)],
  ['ATM of Sun, LAN emulation', 123, hex('01 00 0020', '0001', FRAME)],
  ['NULL', 0, hex('02000000', IPV4)],
  ['LOOP', 108, hex('00000018', IPV6)],
  ['enc', 109, hex('00000002 00000001 00000000', IPV4)],
  ['Linux cooked', 113, hex('0000 0001 0006 020000000001 0000', '0800', IPV4)],
  ['Linux cooked, 802.3', 113, hex('0000 0001 0006 020000000001 0000', '0004', LLC, IPV4)],
  ['Linux cooked, VLAN', 113, hex('0000 0001 0006 020000000001 0000', '8100 0007 86dd', IPV6)],
  ['Linux cooked 2', 276, hex('0800 0000 00000001 0001 00 06 0200000000010000', IPV4)],
  ['Linux cooked 2, MPLS', 276, hex('8847 0000 00000001 0001 00 06 0200000000010000', '00010140', IPV4)],
  [
    'nflog',
    239,
    hex('02 00 0001', '0800 0100 0800 0301', '0600 0a00 00000000', '0800 0900', IPV4).fill(littleLength(IPV4), 20, 22),
  ],
  ['pflog', 117, hex('3d 02 00 00', Buffer.alloc(60), IPV4)],
  ['pktap', 258, hex('6c000000 01000000 01000000', Buffer.alloc(96), FRAME)],
  [
    'ERF, Ethernet',
    197,
    hex(Buffer.alloc(8), '02 04', uint16(FRAME.length + 18), '0000', uint16(FRAME.length), '0000', FRAME),
  ],
  [
    'ERF with extension headers',
    197,
    hex(
      Buffer.alloc(8),
      '82 04',
      uint16(FRAME.length + 34),
      '0000',
      uint16(FRAME.length),
      '83',
      Buffer.alloc(7),
      '03',
      Buffer.alloc(7),
      '0000',
      FRAME,
    ),
  ],
  [
    'ERF, HDLC',
    197,
    hex(Buffer.alloc(8), '01 04', uint16(IPV4.length + 20), '0000', uint16(IPV4.length + 4), 'ff03 0021', IPV4),
  ],
  ['ERF, IPv6', 197, hex(Buffer.alloc(8), '17 04', uint16(IPV6.length + 16), '0000', uint16(IPV6.length), IPV6)],
  ['netANALYZER', 240, hex('00000000', FRAME, '00000000'), 'unknown to tshark'],
  ['MPLS alone', 219, hex('00010140', IPV4), 'unknown to tshark'],
  ['raw IP', 101, IPV6],
];

const WIRELESS: readonly Row[] = [
  ['802.11', 105, wireless('0802')],
  ['802.11, QoS', 105, wireless('8801', '0000')],
  ['802.11, QoS and HT control', 105, wireless('8881', '0000 00000000')],
  ['802.11, four addresses', 105, wireless('0803', MAC)],
  ['802.11, QoS, four addresses', 105, wireless('8803', `${MAC} 0000`)],
  [
    '802.11, aggregate',
    105,
    hex('8802 0000', MAC, MAC, MAC, '0000 8000', MAC, MAC, uint16(IPV4.length + 8), LLC, IPV4),
  ],
  ['radiotap', 127, hex('00 00 0800 00000000', wireless('0802'))],
  [
    'radiotap with time, flags and padding',
    127,
    hex('00 00 1200 03000000', Buffer.alloc(8), '20 00', wireless('8801', '0000 0000')),
  ],
  ['radiotap, two words of fields', 127, hex('00 00 0d00 020000a0 00000000', '20', wireless('8801', '0000 0000'))],
  ['PPI, 802.11', 192, hex('00 00 0800 69000000', wireless('0802'))],
  ['PPI, Ethernet', 192, hex('00 00 0800 01000000', FRAME)],
  ['Prism', 119, hex('44000000 90000000', Buffer.alloc(136), wireless('0802'))],
  ['AVS as Prism', 119, hex('80211001 00000040', Buffer.alloc(56), wireless('0802'))],
  ['AVS', 163, hex('80211001 00000040', Buffer.alloc(56), wireless('8801', '0000'))],
];

const JUNIPER: readonly Row[] = [
  ['Juniper, Ethernet', 178, juniper('00', FRAME)],
  ['Juniper, Ethernet with extensions', 178, juniper('81 0006 01 04 00000001', FRAME)],
  ['Juniper, without its frame', 178, juniper('02 02000000', IPV4)],
  ['Juniper, PPP', 179, juniper('00', 'ff03 0021', IPV4)],
  ['Juniper, Cisco HDLC', 181, juniper('00', '0f00 0800', IPV4)],
  ['Juniper, frame relay', 180, juniper('00', '1841 03 cc', IPV4)],
  ['Juniper, ATM 1', 137, juniper('00', '00000001', LLC, IPV4)],
  ['Juniper, ATM 2', 135, juniper('01', '0000000100000000', LLC, IPV4)],
  ['Juniper, services', 136, juniper('01', Buffer.alloc(16), IPV4)],
  ['Juniper, GGSN', 133, juniper('00', '0200 0000', IPV4)],
  ['Juniper, PPPoE', 167, juniper('00', ethernet(hex('1100 0001', uint16(IPV4.length + 2), '0021', IPV4), 0x8864))],
];

function littleLength(payload: Buffer): Buffer {
  return uint16(payload.length + 4).swap16();
}

const ROWS = [...TUNNELS, ...LINKS, ...WIRELESS, ...JUNIPER];

/** A pcapng with an interface for each packet. */
function captureOf(rows: readonly Row[]): Buffer {
  const blocks = new PcapngBlocks();
  const interfaces = rows.map(([, linkType]) => blocks.interface(linkType));
  return Buffer.concat([
    blocks.section(),
    ...interfaces,
    ...rows.map(([, , packet], index) => blocks.packet(packet, index, index)),
  ]);
}

describe('encapsulations', () => {
  test.each(ROWS.map((row) => ({ name: row[0], row })))('$name', async ({ row }) => {
    const { events } = await eventsOf(captureOf([row]));
    expect(events.flatMap((event) => (event.kind === 'bytes' ? [event.bytes.toString('latin1')] : []))).toEqual([
      'USER anna\r\n',
    ]);
    const [name, linkType, packet] = row;
    for (let length = 0; length < packet.length; length += 1) {
      await eventsOf(captureOf([[name, linkType, packet.subarray(0, length)]]));
    }
  });

  test('several frames of 802.11 in one packet', async () => {
    const second = ipv4(tcpSegment({ sourcePort: 1000, destinationPort: 21, sequence: 12, payload: 'PASS x\r\n' }));
    const part = (datagram: Buffer) => hex(MAC, MAC, uint16(datagram.length + 8), LLC, datagram);
    const first = part(IPV4);
    const filling = Buffer.alloc(-first.length & 3);
    const packet = hex('8802 0000', MAC, MAC, MAC, '0000 8000', first, filling, part(second));
    const { events } = await eventsOf(captureOf([['', 105, packet]]));
    expect(events.flatMap((event) => (event.kind === 'bytes' ? [event.bytes.toString('latin1')] : []))).toEqual([
      'USER anna\r\n',
      'PASS x\r\n',
    ]);
  });

  test('a tunnel in a tunnel, and one without end', async () => {
    const twice = overUdp(4789, '08000000 00000100', gre('1000 88be 00000001', '1001 0001 00000000', FRAME));
    expect((await eventsOf(captureOf([['', 1, twice]]))).events.map(({ kind }) => kind)).toContain('bytes');
    let deep = FRAME;
    for (let depth = 0; depth < 40; depth += 1) deep = overUdp(4789, '08000000 00000100', deep);
    const tags = ethernet(IPV4, 0x0800, ...Array.from({ length: 200 }, () => 0x8100));
    expect(
      (
        await eventsOf(
          captureOf([
            ['', 1, deep],
            ['', 1, tags],
          ]),
        )
      ).events,
    ).toEqual([]);
  });
});

const hasTshark = await promisify(execFile)('tshark', ['--version']).then(
  () => true,
  () => false,
);

test.runIf(hasTshark)('tshark reads them alike', { timeout: 60_000 }, async () => {
  const known = ROWS.filter(([, , , tshark]) => tshark === undefined);
  const file = join(await temporaryFolder(), 'encapsulations.pcapng');
  await writeFile(file, captureOf(known));
  const asked = ['-r', file, '-d', 'udp.port==8472,vxlan', '-T', 'fields', '-e', 'tcp.payload'];
  const { stdout } = await promisify(execFile)('tshark', asked);
  const heard = Buffer.from('USER anna').toString('hex');
  const lines = stdout.split('\n');
  expect(known.flatMap(([name], index) => (lines[index]?.startsWith(heard) ? [] : [name]))).toEqual([]);
});
