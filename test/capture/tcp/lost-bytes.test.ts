// Bytes that a capture lacks: told as lost, once it is clear that they do not come, and never joined in silence.
import { describe, expect, test } from 'vitest';
import { pcap } from '../capture-files.js';
import { eventsOf, expectTold, packetsOf, toldOf } from './told.js';

const OPENING = ['C SYN 99', 'S SYN 499 100', 'C 100 500'];
const OPENED = '10.0.0.1:1000 > 10.0.0.2:21';
const CUT = 'closed: capture-end';

/** A dialogue of so many commands and replies of four bytes each, from these numbers on. */
function dialogue(exchanges: number, client: number, server: number): string[] {
  return Array.from({ length: exchanges }, (_, index) => [
    `C ${client + index * 4} ${server + index * 4} "NOOP"`,
    `S ${server + index * 4} ${client + index * 4 + 4} "200-"`,
  ]).flat();
}

describe('lost bytes', () => {
  test('a hole that the receiver does not know of', () =>
    expectTold(
      [...OPENING, 'S 500 100 "abc"', 'S 510 100 "xyz"', 'C 100 513'],
      [OPENED, 'S "abc"', 'S lost 7', 'S "xyz"', CUT],
    ));

  test('are told where they were in the dialogue, not where the next ones came', () =>
    expectTold(
      [
        ...OPENING,
        'S 500 100 "220"',
        'C 100 503 "USER"',
        'C 104 506 "PASS"',
        'S 506 108 "230"',
        ...dialogue(8, 108, 509),
      ],
      [
        OPENED,
        'S "220"',
        'C "USER"',
        'S lost 3',
        'C "PASS"',
        'S "230"',
        ...dialogue(8, 0, 0).map((line) => line.replace(/(.) .*(".*")/, '$1 $2')),
        CUT,
      ],
    ));

  test('are waited for while the receiver has not got them, however many bytes come behind them', async () => {
    const behind = Array.from({ length: 500 }, (_, index) => [`S ${510 + index * 2} 100 "ab"`, 'C 100 500']).flat();
    const told = await toldOf(packetsOf([...OPENING, ...behind, 'S 500 100 "0123456789"']));
    expect(told.slice(0, 2)).toEqual([OPENED, 'S "0123456789"']);
    expect(told.filter((line) => line === 'S "ab"')).toHaveLength(500);
  });

  test('are given up when the receiver has had them for a while: by segments', async () => {
    const told = await toldOf(packetsOf([...OPENING, 'S 510 100 "x"', ...dialogue(40, 100, 511)]));
    expect(told.indexOf('S lost 10')).toBe(1);
  });

  test('are given up when the receiver has had them for a while: by time', async () => {
    const { events } = await eventsOf(
      pcap(
        packetsOf([
          ...OPENING,
          'S 510 100 "x"',
          'C 100 511 @100',
          'C 100 511 @400',
          'C 100 511 @800',
          'C 100 511 "late" @900',
        ]),
      ),
    );
    expect(events.map((event) => event.kind)).toEqual(['opened', 'lost', 'bytes', 'bytes', 'closed']);
  });

  test('before the end of a connection', () =>
    expectTold(
      [...OPENING, 'S 500 100 "abc"', 'S FIN 510 100', 'C FIN 100 511', 'S 511 101'],
      [OPENED, 'S "abc"', 'S lost 7', 'S fin', 'C fin', 'closed: ended'],
    ));

  test('before an end that the receiver knows of', () =>
    expectTold(
      [
        ...OPENING,
        'S FIN 510 100',
        'C FIN 100 511',
        'S 511 101 @1000',
        'C 101 511 @2000',
        'S 511 101 @3000',
        'S 511 101 @4000',
      ],
      [OPENED, 'S lost 10', 'S fin', 'C fin', 'closed: ended'],
    ));

  test('beyond what was captured, as acknowledged', () =>
    expectTold(
      [...OPENING, 'S 500 100 "abc"', 'C 100 550', 'C RST 120 550'],
      [OPENED, 'S "abc"', 'S lost 47', 'C reset', 'closed: ended'],
    ));

  test('an acknowledged FIN that was not captured is no lost byte', () =>
    expectTold([...OPENING, 'S 500 100 "abc"', 'C 100 504'], [OPENED, 'S "abc"', CUT]));

  test('the end of a packet that was captured in part', () =>
    expectTold(
      [...OPENING, 'S 500 100 "abcdefgh" -3', 'S 508 100 "ijk"'],
      [OPENED, 'S "abcde"', 'S lost 3', 'S "ijk"', CUT],
    ));

  test('the end of a packet that was captured in part, out of order', () =>
    expectTold(
      [...OPENING, 'S 508 100 "ijk" -1', 'S 511 100 "l"', 'S 500 100 "abcdefgh" -3'],
      [OPENED, 'S "abcde"', 'S lost 3', 'S "ij"', 'S lost 1', 'S "l"', CUT],
    ));

  test('one direction alone', () =>
    expectTold(
      ['C SYN 99', 'C 100 500 "USER"', 'C 104 530 "PASS"', 'C 120 550 "QUIT"'],
      [OPENED, 'C "USER"', 'C "PASS"', 'C lost 12', 'C "QUIT"', 'S lost 50', CUT],
    ));

  test('are not those of a direction that comes after the other as a whole', async () => {
    const told = await toldOf(packetsOf(['C SYN 99', ...sent('C', 100, 60), 'S SYN 499 100', ...sent('S', 500, 60)]));
    expect(told).toHaveLength(1 + 60 + 60 + 1);
    expect(told.filter((line) => line === 'C "a"')).toHaveLength(60);
    expect(told.filter((line) => line === 'S "a"')).toHaveLength(60);
  });

  test('where the other direction never acknowledged anything', () =>
    expectTold(['C SYN 99', 'S SYN 499', 'C 103 "def"'], [OPENED, 'C lost 3', 'C "def"', CUT]));

  test('a segment from nowhere is not told of, nor waited for', () =>
    expectTold(
      [...OPENING, 'S 1900000000 100 "forged"', 'S 500 100 "true"', ...dialogue(20, 100, 504)],
      [OPENED, 'S "true"', ...dialogue(20, 0, 0).map((line) => line.replace(/(.) .*(".*")/, '$1 $2')), CUT],
    ));
});

/** Single bytes, each of which answers to as many of the other side. */
function sent(side: 'C' | 'S', from: number, count: number): string[] {
  const answers = side === 'C' ? 500 : 100;
  return Array.from({ length: count }, (_, index) => `${side} ${from + index} ${answers + index} "a"`);
}

describe('times', () => {
  test('bytes that waited bear the time of their own segment', async () => {
    const lines = [...OPENING, 'C 102 500 "cd" @1000', 'C 100 500 "ab" @1060.5'];
    const packets = packetsOf(lines.map((line) => line.replace('.5', '')));
    const { events } = await eventsOf(pcap(packets));
    const times = events.filter((event) => event.kind === 'bytes').map((event) => [event.bytes.toString(), event.at]);
    expect(times).toEqual([
      ['ab', 1060],
      ['cd', 1000],
    ]);
  });

  test('one packet with a time from nowhere does not make connections old', () =>
    expectTold(
      [...OPENING, 'C 100 500 "a" @1000', 'C 101 500 "b" @4000000000', 'C 102 500 "c" @1002', 'C 103 500 "d" @1003'],
      [OPENED, 'C "a"', 'C "b"', 'C "c"', 'C "d"', CUT],
    ));
});
