import { describe, expect, test } from 'vitest';
import { type ControlLine, ControlLines } from '../../src/demo/control-lines.js';

function linesOf(wire: string, cuts: readonly number[] = []): readonly ControlLine[] {
  const bytes = Buffer.from(wire, 'latin1');
  const lines = new ControlLines(32);
  const edges = [0, ...cuts, bytes.length];
  return edges.slice(1).flatMap((end, index) => lines.push(bytes.subarray(edges[index] ?? 0, end)));
}

const wires: readonly (readonly [string, string, readonly ControlLine[]])[] = [
  ['one line', 'NOOP\r\n', ['NOOP']],
  ['pipelined lines', 'USER a\r\nPASS b\r\nPWD\r\n', ['USER a', 'PASS b', 'PWD']],
  ['bare LF', 'NOOP\nPWD\n', ['NOOP', 'PWD']],
  ['spaces of a name', 'RETR  two  \r\n', ['RETR  two  ']],
  ['an empty line', '\r\nPWD\r\n', ['', 'PWD']],
  ['bytes over 127', 'RETR \xc3\xbc\xfe\r\n', ['RETR \xc3\xbc\xfe']],
  ['0xFF as it is', 'RETR a\xffb\r\n', ['RETR a\xffb']],
  ['0xFF doubled', 'RETR a\xff\xffb\r\n', ['RETR a\xffb']],
  ['Telnet IP and Synch', '\xff\xf4\xff\xf2ABOR\r\n', ['ABOR']],
  ['Synch whose urgent DM vanished', '\xff\xf4\xffABOR\r\n', ['ABOR']],
  ['Synch whose IAC vanished', '\xff\xf4\xf2ABOR\r\n', ['ABOR']],
  ['Telnet negotiation', '\xff\xfd\x06\xff\xfb\x01PWD\r\n', ['PWD']],
  ['a line too long', `RETR ${'x'.repeat(40)}\r\nPWD\r\n`, [null, 'PWD']],
  ['a line just short enough', `RETR ${'x'.repeat(26)}\r\nPWD\r\n`, [`RETR ${'x'.repeat(26)}`, 'PWD']],
  ['half a line', 'NOOP\r\nPW', ['NOOP']],
];

describe.each(wires)('%s', (_, wire, expected) => {
  test('whole, cut anywhere, and byte by byte', () => {
    expect(linesOf(wire)).toEqual(expected);
    for (let cut = 1; cut < wire.length; cut++) expect(linesOf(wire, [cut]), `cut at ${cut}`).toEqual(expected);
    expect(
      linesOf(
        wire,
        Array.from({ length: wire.length - 1 }, (__, index) => index + 1),
      ),
    ).toEqual(expected);
  });
});

describe('ABOR CR, the LF lost with the urgent byte', () => {
  test('is a line at once', () => {
    expect(linesOf('ABOR\r')).toEqual(['ABOR']);
    expect(linesOf('\xff\xf4\xffabor\r')).toEqual(['abor']);
  });

  test('does not glue to the next command', () => {
    expect(linesOf('ABOR\rPWD\r\n', [5])).toEqual(['ABOR', 'PWD']);
  });

  test('no other verb gets that treatment', () => {
    expect(linesOf('NOOP\r')).toEqual([]);
    expect(linesOf('STOR x\r')).toEqual([]);
  });
});
