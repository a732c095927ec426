// Capture files of every form give the same packets; what is no capture, or a broken one, is told in one line.
import zlib, { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CaptureError, type CaptureNotice } from '../../../src/capture/capture-error.js';
import { readPackets } from '../../../src/capture/file/capture-file.js';
import { everyCut } from '../../support/every-cut.js';
import { type PcapFields, PcapngBlocks, pcap, snoop } from '../capture-files.js';

interface Read {
  readonly packets: { text: string; at: number; linkType: number; originalLength: number }[];
  readonly notices: string[];
}

async function read(chunks: readonly Buffer[]): Promise<Read> {
  const packets: Read['packets'] = [];
  const notices: CaptureNotice[] = [];
  const packet = (bytes: Buffer, at: number, linkType: number, originalLength: number) => {
    packets.push({ text: bytes.toString('latin1'), at, linkType, originalLength });
  };
  for await (const _ of readPackets(given(chunks), { packet }, (notice) => notices.push(notice)));
  return { packets, notices: notices.map(({ text }) => text) };
}

async function* given(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

async function expectPacketsOfEveryCut(file: Buffer, count: number): Promise<void> {
  const whole = await read([file]);
  expect(whole.packets).toHaveLength(count);
  const readings: Promise<void>[] = [];
  everyCut(file, (chunks) => {
    readings.push(read(chunks).then((reading) => expect(reading).toEqual(whole)));
  });
  await Promise.all(readings);
}

const AT = 1_600_000_000_123.5;
const PACKETS = [
  { bytes: Buffer.from('one'), at: AT },
  { bytes: Buffer.alloc(0), at: AT + 1, originalLength: 60 },
  { bytes: Buffer.from('three'), at: AT + 2, originalLength: 1500 },
];
const EXPECTED = [
  { text: 'one', at: AT, linkType: 1, originalLength: 3 },
  { text: '', at: AT + 1, linkType: 1, originalLength: 60 },
  { text: 'three', at: AT + 2, linkType: 1, originalLength: 1500 },
];

describe('pcap', () => {
  const variants: PcapFields[] = [
    {},
    { littleEndian: false },
    { nanoseconds: true },
    { littleEndian: false, nanoseconds: true },
  ];
  test.each(variants)('%j', async (fields) => {
    expect(await read([pcap(PACKETS, fields)])).toEqual({ packets: EXPECTED, notices: [] });
  });

  /** All are recognised by their records; those of the patch bear a number of their own besides. */
  const old: [string, PcapFields][] = [
    ['Nokia', { extra: Buffer.alloc(4, 7) }],
    ['Red Hat 6.1', { extra: Buffer.from('0100000000080000', 'hex') }],
    ['modified', { magic: 0xa1b2cd34, extra: Buffer.from('0100000000080000', 'hex') }],
    ['modified, SuSE 6.3', { magic: 0xa1b2cd34, extra: Buffer.from('010000000008000000000000', 'hex') }],
  ];
  test.each(old)('the form of %s', async (_name, fields) => {
    const packets = [...PACKETS, { bytes: Buffer.alloc(70, 'x'), at: AT + 3 }];
    for (const littleEndian of [true, false]) {
      const file = pcap(packets, { ...fields, littleEndian });
      expect((await read([file])).packets.slice(0, 3)).toEqual(EXPECTED);
      await expectPacketsOfEveryCut(file, 4);
    }
    const alone = { bytes: Buffer.alloc(70, 'x'), at: AT };
    expect((await read([pcap([alone], fields)])).notices).toEqual([]);
  });

  test('however it is cut into chunks', async () => {
    await expectPacketsOfEveryCut(pcap(PACKETS), 3);
  });

  test('the length of the frame check sequence is no part of the link type', async () => {
    const { packets } = await read([pcap(PACKETS, { linkType: 0x54000001 })]);
    expect(packets[0]?.linkType).toBe(1);
  });

  test('a header and nothing else', async () => {
    expect(await read([pcap([])])).toEqual({ packets: [], notices: [] });
  });

  test.each([
    ['in a record header', 24 + 19 + 5],
    ['in a packet', 24 + 19 + 16 + 16 + 3],
  ])('cut %s', async (_where, length) => {
    const { packets, notices } = await read([pcap(PACKETS).subarray(0, length)]);
    const number = packets.length + 1;
    expect(packets).toEqual(EXPECTED.slice(0, packets.length));
    const begins = 24 + (number === 2 ? 19 : 35);
    expect(notices).toEqual([
      `the capture breaks off in record ${number}, which begins at byte ${begins}: the file is cut there`,
    ]);
  });

  test('a record that claims 4 GiB', async () => {
    const file = pcap([...PACKETS, ...PACKETS]);
    file.writeUInt32LE(0xffffffff, 24 + 19 + 16 + 8);
    expect(await read([file])).toEqual({
      packets: EXPECTED.slice(0, 2),
      notices: ['the capture breaks off in record 3, which begins at byte 59: it claims a packet of 4294967295 bytes'],
    });
  });

  test('a header that claims packets of 4 GiB, and a record that uses it', async () => {
    const file = pcap(PACKETS, { snapshotLength: 0xffffffff });
    file.writeUInt32LE(0x7fffffff, 24 + 8);
    const { packets, notices } = await read([file]);
    expect([packets.length, notices.length]).toEqual([0, 1]);
  });

  test('packets as large as the header announces', async () => {
    const bytes = Buffer.alloc(1_000_000, 'x');
    const { packets } = await read([pcap([{ bytes }], { snapshotLength: 2_000_000 })]);
    expect(packets[0]?.text).toHaveLength(1_000_000);
  });
});

describe('pcapng', () => {
  const little = new PcapngBlocks();
  const big = new PcapngBlocks(false);
  const packet = Buffer.from('abcde');
  const at = 1_600_000_000_123.5;

  test.each([
    ['little endian', little],
    ['big endian', big],
  ])('%s', async (_order, blocks) => {
    const unknown = blocks.block(0x0bad, Buffer.from('skipped!'));
    const file = [blocks.section(), unknown, blocks.interface(1), blocks.packet(packet, at * 1000, 0, 99), unknown];
    expect(await read([Buffer.concat(file)])).toEqual({
      packets: [{ text: 'abcde', at, linkType: 1, originalLength: 99 }],
      notices: [],
    });
  });

  test('sections of two byte orders, each with interfaces of its own', async () => {
    const file = [
      little.section(),
      little.interface(1),
      little.interface(101),
      little.packet(packet, 0, 1),
      big.section(),
      big.interface(113),
      big.packet(packet),
      big.obsoletePacket(packet, 5000),
      big.simplePacket(packet),
    ];
    const { packets, notices } = await read([Buffer.concat(file)]);
    expect(packets.map(({ linkType, at }) => [linkType, at])).toEqual([
      [101, 0],
      [113, 0],
      [113, 5],
      [113, 5],
    ]);
    expect(notices).toEqual([]);
  });

  test.each([
    ['nanoseconds', little.option(9, Buffer.from([9])), 1_600_000_000_123_500_000, at],
    ['seconds', little.option(9, Buffer.from([0])), 1_600_000_000, 1_600_000_000_000],
    ['1/1024 of a second', little.option(9, Buffer.from([0x8a])), 1_600_000_000 * 1024 + 512, 1_600_000_000_500],
    ['an offset', little.option(14, Buffer.from([100, 0, 0, 0, 0, 0, 0, 0])), 1_000_000, 101_000],
    ['an offset before 1970', little.option(14, Buffer.alloc(8, 0xff)), 0, 0],
    ['a resolution beyond numbers', little.option(9, Buffer.from([0x7f])), 5, 0],
    ['options cut off', Buffer.from([9, 0, 200, 0]), 7000, 7],
  ])('times in %s', async (_name, option, ticks, expected) => {
    const file = Buffer.concat([little.section(), little.interface(1, option), little.packet(packet, ticks)]);
    const { packets } = await read([file]);
    expect(packets[0]?.at).toBeCloseTo(expected, 2);
  });

  test('however it is cut into chunks', async () => {
    const file = Buffer.concat([big.section(), big.interface(1), big.packet(packet), big.packet(packet)]);
    await expectPacketsOfEveryCut(file, 2);
  });

  const good = [little.section(), little.interface(1), little.packet(packet)];
  const length = Buffer.concat(good).length;
  test.each([
    [
      'a length of 4 GiB',
      Buffer.concat([little.word(6), little.word(0xfffffff0), Buffer.alloc(8)]),
      'it claims a length of 4294967280 bytes',
    ],
    [
      'a length of 8',
      Buffer.concat([little.word(6), little.word(8), Buffer.alloc(8)]),
      'it claims a length of 8 bytes',
    ],
    [
      'two lengths',
      Buffer.concat([little.word(6), little.word(16), Buffer.alloc(8)]),
      'it claims two lengths, 16 and 0 bytes',
    ],
    ['no interface', little.packet(packet, 0, 7), 'it refers to interface 7, which is described nowhere'],
    [
      'a packet larger than itself',
      little.block(6, Buffer.alloc(12), little.word(500), little.word(500)),
      'it claims a packet of 500 bytes, and is shorter',
    ],
    [
      'no byte order',
      Buffer.concat([little.word(0x0a0d0d0a), little.word(28), Buffer.alloc(20)]),
      'it begins a section without its byte order',
    ],
    ['no end', Buffer.from([6, 0]), 'the file is cut there'],
  ])('a block with %s', async (_name, damaged, what) => {
    const { packets, notices } = await read([Buffer.concat([...good, damaged])]);
    expect(packets).toHaveLength(1);
    expect(notices).toEqual([`the capture breaks off in block 4, which begins at byte ${length}: ${what}`]);
  });
});

describe('snoop', () => {
  test('however it is cut into chunks', async () => {
    expect(await read([snoop(PACKETS)])).toEqual({ packets: EXPECTED, notices: [] });
    await expectPacketsOfEveryCut(snoop(PACKETS), 3);
  });

  test('FDDI, and cut', async () => {
    const { packets, notices } = await read([snoop(PACKETS, 8).subarray(0, -1)]);
    expect(packets.map(({ linkType }) => linkType)).toEqual([10, 10]);
    expect(notices).toEqual(['the capture breaks off in record 3, which begins at byte 68: the file is cut there']);
  });
});

describe('captures one behind the other', () => {
  const blocks = new PcapngBlocks();
  const pcapng = Buffer.concat([blocks.section(), blocks.interface(1), blocks.packet(Buffer.from('ng'))]);
  test.each<[string, readonly Buffer[], number]>([
    ['pcap', [pcap(PACKETS), pcap(PACKETS, { nanoseconds: true })], 6],
    [
      'of two byte orders and link types',
      [pcap(PACKETS, { littleEndian: false }), pcap(PACKETS, { linkType: 101 })],
      6,
    ],
    ['pcapng and pcap', [pcapng, pcap(PACKETS), pcapng], 5],
    ['snoop', [snoop(PACKETS), snoop(PACKETS)], 6],
    ['an empty one first', [pcap([]), pcap(PACKETS)], 3],
  ])('%s', async (_name, files, count) => {
    const apart = await Promise.all(files.map((file) => read([file])));
    const together = await read([Buffer.concat(files)]);
    expect(together.packets.map(({ text }) => text)).toEqual(
      apart.flatMap(({ packets }) => packets.map(({ text }) => text)),
    );
    await expectPacketsOfEveryCut(Buffer.concat(files), count);
    expect((await read([Buffer.concat(files.map((file) => gzipSync(file)))])).packets).toHaveLength(count);
  });

  test('the last one cut', async () => {
    const { packets, notices } = await read([Buffer.concat([pcap(PACKETS), pcap(PACKETS).subarray(0, 50)])]);
    expect([packets.length, notices.length]).toEqual([4, 1]);
  });
});

describe('gzip', () => {
  test('packed whole, in two members, and cut into single bytes', async () => {
    const file = pcap(PACKETS);
    const members = Buffer.concat([gzipSync(file.subarray(0, 30)), gzipSync(file.subarray(30))]);
    const bytes = Array.from(members, (byte) => Buffer.from([byte]));
    for (const chunks of [[gzipSync(file)], [members], bytes]) {
      expect(await read(chunks)).toEqual({ packets: EXPECTED, notices: [] });
    }
  });

  test('filled up with zeros, however many and wherever the file is cut into chunks', async () => {
    const packed = gzipSync(pcap(PACKETS));
    const whole = await read([packed]);
    for (const zeros of [1, 512, 50_000]) {
      const padded = Buffer.concat([packed, Buffer.alloc(zeros)]);
      expect(await read([padded])).toEqual(whole);
      expect(await read([packed, Buffer.alloc(zeros), Buffer.alloc(zeros)])).toEqual(whole);
      expect(await read([padded.subarray(0, packed.length + 1), padded.subarray(packed.length + 1)])).toEqual(whole);
    }
  });

  test('what came before a cut is read', async () => {
    const random = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * index * 31) % 251));
    const file = pcap([...PACKETS, { bytes: random }]);
    const packed = gzipSync(file);
    const { packets, notices } = await read([packed.subarray(0, packed.length - 20)]);
    expect(packets).toEqual(EXPECTED);
    expect(notices).toEqual(['the capture breaks off in record 4, which begins at byte 80: the gzip file is cut']);
  });

  test('what came well before damage is read', async () => {
    const random = Buffer.from(Array.from({ length: 60_000 }, (_, index) => Math.floor(Math.sin(index) * 1e6) & 0xff));
    const packed = gzipSync(pcap([...PACKETS, { bytes: random }, { bytes: random.reverse() }]));
    packed.fill(0xff, packed.length / 2, packed.length / 2 + 20);
    const { packets, notices } = await read([packed]);
    expect(packets.slice(0, 3)).toEqual(EXPECTED);
    expect(notices).toEqual([
      expect.stringMatching(/^the capture breaks off in record \d+, .*: the gzip file is damaged: /),
    ]);
  });

  test('a small file that is damaged', async () => {
    const packed = gzipSync(pcap(PACKETS));
    packed.writeUInt32LE(0, packed.length - 8);
    await expect(read([packed])).rejects.toThrow(new CaptureError('the gzip file is damaged: incorrect data check'));
  });
});

describe('zstd', () => {
  const packed = Buffer.from(
    'KLUv/SRQ/QEA1ALUw7KhAgAEAAQAARBeX2ziAQADAABvbmVU5gA8POoBAAUAAADcBQAAdGhyZWUGAEYlBqqxzTV2gl7C2AAXOf+7vA==',
    'base64',
  );

  const isKnownHere = 'createZstdDecompress' in zlib;

  test(`packed whole, cut into single bytes, and cut${isKnownHere ? '' : ': refused by name, by this Node.js'}`, async () => {
    if (!isKnownHere) {
      await expect(read([packed])).rejects.toThrow('compressed with zstd, which Node.js reads from 22.15 on');
      return;
    }
    const bytes = Array.from(packed, (byte) => Buffer.from([byte]));
    for (const chunks of [[packed], bytes]) expect(await read(chunks)).toEqual({ packets: EXPECTED, notices: [] });
    await expect(read([packed.subarray(0, -9)])).rejects.toThrow(CaptureError);
  });
});

describe('no capture', () => {
  test.each([
    ['', 'the file is empty'],
    [
      '{"ftpscope":1}',
      'this is neither a transcript (proxy -w) nor a capture (pcap, pcapng, snoop): it looks like text',
    ],
    ['snoop\0\0\0\0\0\0\x02', 'the capture is cut in its header: there is nothing in it'],
    [
      '\0\x01\x02',
      'this is neither a transcript (proxy -w) nor a capture (pcap, pcapng, snoop): it looks like binary data (it begins with 000102)',
    ],
    ['\xd4\xc3\xb2\xa1\x02', 'the capture is cut in its header: there is nothing in it'],
  ])('%j', async (text, message) => {
    await expect(read([Buffer.from(text, 'latin1')])).rejects.toThrow(new CaptureError(message));
  });

  test('gzipped twice', async () => {
    await expect(read([gzipSync(gzipSync(pcap(PACKETS)))])).rejects.toThrow(/packed twice/);
  });
});

describe('whatever the file', () => {
  const files = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(
        fc.constantFrom(...[pcap(PACKETS), pcapngFile()]),
        fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 6 }),
      )
      .map(([file, changes]) => changed(file, changes)),
  );

  test('it is read, or refused with a CaptureError', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (file) => {
        await read([file]).catch((error: unknown) => expect(error).toBeInstanceOf(CaptureError));
      }),
      { numRuns: 2000 },
    );
  });
});

function pcapngFile(): Buffer {
  const blocks = new PcapngBlocks();
  const packet = Buffer.from('abcde');
  return Buffer.concat([blocks.section(), blocks.interface(1), blocks.packet(packet), blocks.simplePacket(packet)]);
}

function changed(file: Buffer, changes: readonly (readonly [at: number, byte: number])[]): Buffer {
  const copy = Buffer.from(file);
  for (const [at, byte] of changes) copy[at % copy.length] = byte;
  return copy;
}
