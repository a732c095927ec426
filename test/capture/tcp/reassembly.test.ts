// TCP reassembly, told as transcripts: the segments of a capture in, what they say in order out.
import { describe, expect, test } from 'vitest';
import { expectTold, packetsOf, toldOf } from './told.js';

const OPENING = ['C SYN 99', 'S SYN 499 100', 'C 100 500'];
const OPENED = '10.0.0.1:1000 > 10.0.0.2:21';
const CUT = 'closed: capture-end';

describe('in order', () => {
  test('a whole connection', () =>
    expectTold(
      [...OPENING, 'S 500 100 "220 hi"', 'C 100 506 "QUIT"', 'S FIN 506 104', 'C FIN 104 507', 'S 507 105'],
      [OPENED, 'S "220 hi"', 'C "QUIT"', 'S fin', 'C fin', 'closed: ended'],
    ));

  test('data in the SYN and in the FIN', () =>
    expectTold(
      ['C SYN 99 "early"', 'S SYN 499 105', 'S FIN 500 105 "last"', 'C FIN 105 505'],
      [OPENED, 'C "early"', 'S "last"', 'S fin', 'C fin', 'closed: ended'],
    ));

  test('sequence numbers that wrap', () =>
    expectTold(
      [
        'C SYN 4294967293',
        'S SYN 499 4294967294',
        'C 4294967294 500 "abcd"',
        'C 2 500 "ef"',
        'C 4294967294 500 "abcd"',
      ],
      [OPENED, 'C "abcd"', 'C "ef"', CUT],
    ));

  test('a reset ends it, and what its sender says after it does not count', () =>
    expectTold(
      [...OPENING, 'C 100 500 "ab"', 'S RST 500 102', 'S 500 102 "cd"'],
      [OPENED, 'C "ab"', 'S reset', 'closed: ended'],
    ));

  test('until a reset has reached it, the other side speaks', () =>
    expectTold(
      [...OPENING, 'C 100 500 "ab"', 'C RST 102 500', 'S 500 102 "500 OOPS"', 'S RST 508 102'],
      [OPENED, 'C "ab"', 'S "500 OOPS"', 'C reset', 'closed: ended'],
    ));

  test('a refused connection, tried again with the same number', () =>
    expectTold(
      ['C SYN 99', 'S RST 0 100', 'C SYN 99', 'S SYN 499 100', 'C 100 500 "a"'],
      [`1: ${OPENED}`, '1: S reset', '1: closed: ended, unanswered', `2: ${OPENED}`, '2: C "a"', `2: ${CUT}`],
    ));

  test('a reset with a number from nowhere is not believed', () =>
    expectTold([...OPENING, 'S RST 2000000500 100', 'C 100 500 "a"'], [OPENED, 'C "a"', CUT]));
});

describe('more than once', () => {
  test('retransmitted, whole and in other pieces', () =>
    expectTold(
      [...OPENING, 'C 100 500 "abcdef"', 'C 100 500 "abcdef"', 'C 103 500 "defghi"', 'C 106 500 "ghi"'],
      [OPENED, 'C "abcdef"', 'C "ghi"', CUT],
    ));

  test('a retransmission that says otherwise is told of, and not believed', () =>
    expectTold(
      [...OPENING, 'C 100 500 "USER anna"', 'C 100 500 "USER otto!"'],
      [OPENED, 'C "USER anna"', 'C conflict 4', 'C "!"', CUT],
    ));

  test('pieces that wait and say otherwise', () =>
    expectTold(
      [...OPENING, 'C 103 500 "def"', 'C 101 500 "bcXXXg"', 'C 100 500 "a"'],
      [OPENED, 'C conflict 3', 'C "a"', 'C "bc"', 'C "def"', 'C "g"', CUT],
    ));

  test('probes of a connection that is kept alive', () =>
    expectTold(
      [...OPENING, 'C 100 500 "ab"', 'C 101 500', 'C 101 500 "\0"', 'S 500 102', 'C 102 500 "cd"'],
      [OPENED, 'C "ab"', 'C "cd"', CUT],
    ));

  test('a probe of a closed window carries the next byte', () =>
    expectTold(
      [...OPENING, 'C 100 500 "ab"', 'C 102 500 "c"', 'S 500 102', 'C 102 500 "cde"'],
      [OPENED, 'C "ab"', 'C "c"', 'C "de"', CUT],
    ));
});

describe('out of order', () => {
  test('segments swapped, and the last first', () =>
    expectTold(
      [...OPENING, 'C 103 500 "d"', 'C 102 500 "c"', 'C 101 500 "b"', 'C FIN 104 500', 'C 100 500 "a"'],
      [OPENED, 'C "a"', 'C "b"', 'C "c"', 'C "d"', 'C fin', CUT],
    ));

  test('an acknowledgement before what it acknowledges', () =>
    expectTold([...OPENING, 'S 500 103', 'C 101 500 "bc"', 'C 100 500 "a"'], [OPENED, 'C "a"', 'C "bc"', CUT]));

  test('an answer before what it answers to', () =>
    expectTold(
      [...OPENING, 'S 500 104 "331"', 'C 100 500 "USER"', 'C 104 503 "PASS"'],
      [OPENED, 'C "USER"', 'S "331"', 'C "PASS"', CUT],
    ));

  test('the handshake after the first bytes', () =>
    expectTold(
      ['S 500 100 "220 hi"', 'C 100 506 "USER"', 'S SYN 499 100', 'C SYN 99'],
      ['10.0.0.2:21 > 10.0.0.1:1000, already open', 'C "220 hi"', 'S "USER"', CUT],
    ));

  test('the handshake behind an answer, and in disorder itself', () =>
    expectTold(
      ['S 500 104 "331"', 'S SYN 499 100', 'C SYN 99', 'C 100 500 "USER"'],
      ['10.0.0.2:21 > 10.0.0.1:1000, already open', 'S "USER"', 'C "331"', CUT],
    ));

  test('a reset before the bytes before it', () =>
    expectTold([...OPENING, 'S RST 503 100', 'S 500 100 "abc"'], [OPENED, 'S "abc"', 'S reset', 'closed: ended']));

  test('the same endpoints again, with other numbers', () =>
    expectTold(
      [...OPENING, 'C 100 500 "a"', 'C SYN 7000', 'S SYN 8000 7001', 'C 7001 8001 "b"'],
      [`1: ${OPENED}`, '1: C "a"', '1: closed: ended', `2: ${OPENED}`, '2: C "b"', `2: ${CUT}`],
    ));

  test('SYN and SYN ACK again', () =>
    expectTold([...OPENING, 'C SYN 99', 'S SYN 499 100', 'C 100 500 "a"', 'C SYN 99'], [OPENED, 'C "a"', CUT]));
});

describe('in the middle of a connection', () => {
  test('what was captured of it is told', () =>
    expectTold(
      ['C 7000 500 "STOR x"', 'S 500 7006 "150"', 'C 7006 503 "QUIT"'],
      ['10.0.0.1:1000 > 10.0.0.2:21, already open', 'C "STOR x"', 'S "150"', 'C "QUIT"', CUT],
    ));

  test('out of order from the first segment on', () =>
    expectTold(
      ['C 7003 500 "def"', 'C 7000 500 "abc"', 'S 500 7006'],
      ['10.0.0.1:1000 > 10.0.0.2:21, already open', 'C "abc"', 'C "def"', CUT],
    ));

  test('a SYN ACK tells who dialled', () => expectTold(['S SYN 499 100', 'C 100 500 "a"'], [OPENED, 'C "a"', CUT]));

  test('an acknowledgement, a FIN or a RST alone is no connection', () =>
    expectTold(['C 5 6', 'S FIN 6 5', 'C RST 5'], []));
});

describe('let go', () => {
  const DAY_MS = 24 * 60 * 60 * 1000;
  const other = (at: number, count: number) =>
    Array.from({ length: count }, (_, index) => `C2000 ${1 + index} 500 "x" @${at + index}`);

  test('a connection that is silent for a day, while others speak', async () => {
    const told = await toldOf(packetsOf([...OPENING, 'C 100 500 "a"', 'C2000 SYN 0', ...other(DAY_MS + 1000, 80)]));
    expect(told.filter((line) => line.startsWith('1: '))).toEqual([`1: ${OPENED}`, '1: C "a"', '1: closed: silent']);
    expect(told.at(-1)).toBe('2: closed: capture-end');
  });

  test('not one that is silent for hours', async () => {
    const told = await toldOf(
      packetsOf([...OPENING, 'C2000 SYN 0', ...other(DAY_MS / 2, 80), `C 100 500 "a" @${DAY_MS / 2}`]),
    );
    expect(told.filter((line) => line.startsWith('1: '))).toEqual([`1: ${OPENED}`, '1: C "a"', `1: ${CUT}`]);
  });
});
