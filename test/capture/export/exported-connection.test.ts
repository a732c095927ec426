// Connections in packets: numbers that follow each other, sizes that fit, checksums that hold, an end.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExportedConnection } from '../../../src/capture/export/exported-connection.js';
import { decodePacket } from './decoded.js';

const IPV4 = { client: { address: '10.0.0.1', port: 40000 }, server: { address: '192.0.2.7', port: 21 } };
const IPV6 = { client: { address: '2001:db8::1', port: 40000 }, server: { address: '::1', port: 2121 } };
const SERVER_START = 0x5a5a5a5a;

const decoded = (packets: readonly Buffer[]) => packets.map(decodePacket);
const inShort = (packets: readonly Buffer[]) =>
  decoded(packets).map((p) => `${p.from} ${p.flags} ${p.sequence} ${p.acknowledgment} ${p.payload.length}`);

test('a packet to the byte', () => {
  const connection = new ExportedConnection(IPV4, 0x01020304);
  const hex = connection.open('client').map((packet) => packet.toString('hex'));
  expect(hex[0]).toBe(
    '4500002c0000400040066ec40a000001c0000207' + '9c4000150102030400000000' + '6002ffff2bc30000' + '020405b4',
  );
  expect(connection.send('client', Buffer.from('NOOP\r\n'))[0]?.toString('hex')).toBe(
    '4500002e0000400040066ec20a000001c0000207' + '9c400015010203055b58595f' + '5018ffffe4000000' + '4e4f4f500d0a',
  );
});

test('a conversation and its end', () => {
  const connection = new ExportedConnection(IPV4, 0);
  const packets = [
    ...connection.open('client'),
    ...connection.send('server', Buffer.from('220 Hello\r\n')),
    ...connection.send('client', Buffer.from('QUIT\r\n')),
    ...connection.finish('server'),
  ];
  const [C, S, s] = ['10.0.0.1:40000', '192.0.2.7:21', SERVER_START];
  expect(inShort(packets)).toEqual([
    `${C} S 0 0 0`,
    `${S} SA ${s} 1 0`,
    `${C} A 1 ${s + 1} 0`,
    `${S} PA ${s + 1} 1 11`,
    `${C} PA 1 ${s + 12} 6`,
    `${S} FA ${s + 12} 7 0`,
    `${C} FA 7 ${s + 13} 0`,
    `${S} A ${s + 13} 8 0`,
  ]);
});

test('the server opens connections of active mode, and anybody may reset', () => {
  const connection = new ExportedConnection(IPV6, 0);
  const [S, C] = ['[::1]:2121', '[2001:db8::1]:40000'];
  expect(inShort(connection.open('server')).map((line) => line.slice(0, line.indexOf(' ') + 2))).toEqual([
    `${S} S`,
    `${C} S`,
    `${S} A`,
  ]);
  expect(decoded(connection.reset('client'))).toMatchObject([{ from: C, flags: 'RA' }]);
});

describe.each([
  ['IPv4', IPV4, 1460],
  ['IPv6', IPV6, 1440],
])('over %s', (_name, ends, most) => {
  test('segments have the size that the handshake tells', () => {
    const connection = new ExportedConnection(ends, 0);
    expect(decoded(connection.open('client')).map((p) => p.maxSegmentBytes)).toEqual([most, most, null]);
    const sizes = decoded(connection.send('client', Buffer.alloc(2 * most + 1))).map((p) => p.payload.length);
    expect(sizes).toEqual([most, most, 1]);
  });

  test('whatever is sent arrives: in order, whole, with right checksums, and not too much at a time', () => {
    const piece = fc.record({ from: fc.constantFrom('client', 'server'), bytes: fc.uint8Array({ maxLength: 40_000 }) });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), fc.nat(2 ** 32 - 1), (pieces, start) => {
        const connection = new ExportedConnection(ends, start);
        const packets = decoded([
          ...connection.open('client'),
          ...pieces.flatMap(({ from, bytes }) => connection.send(from, Buffer.from(bytes))),
          ...connection.finish('client'),
        ]);
        expect(packets.every(({ checksumsHold }) => checksumsHold)).toBe(true);
        for (const side of ['client', 'server'] as const) {
          const sent = Buffer.concat(pieces.filter(({ from }) => from === side).map(({ bytes }) => bytes));
          expect(received(packets, ends[side].port).equals(sent)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** What the receiver makes of it; fails where a number is not the one that it waits for. */
function received(packets: ReturnType<typeof decoded>, port: number): Buffer {
  let [expected, acknowledged]: [number | null, number] = [null, 0];
  const parts: Buffer[] = [];
  for (const { from, flags, sequence, acknowledgment, payload } of packets) {
    if (!from.endsWith(`:${port}`)) {
      acknowledged = acknowledgment;
      continue;
    }
    expect(sequence).toBe(expected ?? sequence);
    parts.push(payload);
    expected = (sequence + payload.length + (/[SF]/.test(flags) ? 1 : 0)) % 2 ** 32;
    if (!flags.includes('S')) expect((expected - acknowledged + 2 ** 32) % 2 ** 32).toBeLessThan(65_535);
  }
  return Buffer.concat(parts);
}

describe('sequence numbers', () => {
  test('wrap', () => {
    const connection = new ExportedConnection(IPV4, 2 ** 32 - 3);
    connection.open('client');
    const numbers = ['abcd', 'efgh'].flatMap((text) => decoded(connection.send('client', Buffer.from(text))));
    expect(numbers.map(({ sequence }) => sequence)).toEqual([2 ** 32 - 2, 2]);
  });

  test('jump over what is lost', () => {
    const connection = new ExportedConnection(IPV4, 0);
    connection.open('client');
    expect(connection.lose('client', 1000)).toEqual([]);
    expect(decoded(connection.send('client', Buffer.from('x')))).toMatchObject([{ sequence: 1001 }]);
  });

  test('jump over more than half of their range in steps that a reader can tell', () => {
    const connection = new ExportedConnection(IPV4, 0);
    connection.open('client');
    const steps = decoded(connection.lose('client', 5 * 2 ** 30));
    expect(steps.map(({ acknowledgment }) => acknowledgment)).toEqual([1, 2, 3, 0].map((step) => step * 2 ** 30 + 1));
    expect(decoded(connection.send('client', Buffer.from('x')))).toMatchObject([{ sequence: 2 ** 30 + 1 }]);
  });
});
