// Bytes cut into lines: line ends of every kind, lines over the bound, and lines that never end.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter, type SplitterOutput } from '../../src/protocol/line-splitter.js';
import { everyCut, wire } from '../support/every-cut.js';

type Shown = readonly [text: string, end: string];

const MAX = 16;

function show(output: SplitterOutput): Shown {
  if (output.kind === 'too-long') return [output.head.toString('latin1'), 'too long'];
  return [output.text.toString('latin1'), output.end];
}

/** The lines that come out, and behind them the unfinished one as it stands. */
function split(chunks: readonly Buffer[], max = MAX): Shown[] {
  const splitter = new LineSplitter(max);
  const lines = chunks.flatMap((chunk) => splitter.push(chunk)).map(show);
  return splitter.rest.length === 0 ? lines : [...lines, [splitter.rest.toString('latin1'), 'unfinished']];
}

describe('line ends', () => {
  test.each<[string, string, Shown[]]>([
    ['nothing', '', []],
    ['CRLF', 'USER a\r\n', [['USER a', '\r\n']]],
    ['bare LF', 'USER a\n', [['USER a', '\n']]],
    [
      'a mix',
      'A\nB\r\nC\n',
      [
        ['A', '\n'],
        ['B', '\r\n'],
        ['C', '\n'],
      ],
    ],
    ['bare CR inside', 'A\rB\r\n', [['A\rB', '\r\n']]],
    ['doubled CR', 'A\r\r\n', [['A\r', '\r\n']]],
    [
      'LF CR',
      'A\n\rB\n',
      [
        ['A', '\n'],
        ['\rB', '\n'],
      ],
    ],
    ['NUL inside', 'A\0B\r\n', [['A\0B', '\r\n']]],
    ['CR NUL', 'A\r\0\r\n', [['A\r\0', '\r\n']]],
    [
      'empty lines',
      '\r\n\n\r\nA\n',
      [
        ['', '\r\n'],
        ['', '\n'],
        ['', '\r\n'],
        ['A', '\n'],
      ],
    ],
    ['bytes beyond ASCII', 'CWD \xff\x80\x00\r\n', [['CWD \xff\x80\x00', '\r\n']]],
    [
      'no final line end',
      'A\r\nQUIT',
      [
        ['A', '\r\n'],
        ['QUIT', 'unfinished'],
      ],
    ],
    ['a CR so far', 'QUIT\r', [['QUIT\r', 'unfinished']]],
  ])('%s', (_name, bytes, expected) => {
    expect(everyCut(wire(bytes), (chunks) => split(chunks))).toEqual(expected);
  });

  test('raw is text and end, byte for byte', () => {
    const [line] = new LineSplitter(MAX).push(wire('A\rB\r\n'));
    expect(line).toMatchObject({ kind: 'line', raw: wire('A\rB\r\n'), text: wire('A\rB'), end: '\r\n' });
  });
});

describe('lines over the bound', () => {
  const long = 'x'.repeat(MAX);

  test.each<[string, string, Shown[]]>([
    ['exactly at the bound, line end included', `${long.slice(2)}\r\n`, [[long.slice(2), '\r\n']]],
    ['one over', `${long.slice(1)}\r\n`, [[`${long.slice(1)}\r`, 'too long']]],
    ['unfinished at the bound', long, [[long, 'unfinished']]],
    ['unfinished, one over', `${long}x`, [[long, 'too long']]],
    [
      'the line behind it is whole',
      `${long}${long}\nB\n`,
      [
        [long, 'too long'],
        ['B', '\n'],
      ],
    ],
    [
      'two of them',
      `${long}x\n${long}y\r\nC`,
      [
        [long, 'too long'],
        [long, 'too long'],
        ['C', 'unfinished'],
      ],
    ],
  ])('%s', (_name, bytes, expected) => {
    expect(everyCut(wire(bytes), (chunks) => split(chunks))).toEqual(expected);
  });

  test('a long bound shows the first 120 bytes', () => {
    const bytes = Buffer.alloc(301, 'x');
    expect(everyCut(bytes, (chunks) => split(chunks, 300))).toEqual([['x'.repeat(120), 'too long']]);
  });

  test('an endless line is told once, and nothing of it is kept', () => {
    const splitter = new LineSplitter(1000);
    const chunk = Buffer.alloc(600, 'x');
    expect(splitter.push(chunk)).toEqual([]);
    expect(splitter.push(chunk)).toHaveLength(1);
    for (let count = 0; count < 1000; count += 1) {
      expect(splitter.push(chunk)).toEqual([]);
      expect(splitter.rest.length).toBe(0);
    }
    expect(splitter.flush()).toBeNull();
    expect(splitter.push(wire('end of it\nNOOP\r\n')).map(show)).toEqual([['NOOP', '\r\n']]);
  });

  test('its head does not hold the chunk that it came in', () => {
    const [output] = new LineSplitter(MAX).push(Buffer.alloc(1_000_000, 'x'));
    expect(output?.kind === 'too-long' && output.head.buffer.byteLength).toBeLessThan(100_000);
  });
});

describe('a line that stalls', () => {
  test('ABOR CR is flushed, and the LF that comes late ends no second line', () => {
    const splitter = new LineSplitter(MAX);
    expect(splitter.push(wire('ABOR\r'))).toEqual([]);
    expect(splitter.flush()).toMatchObject({ text: wire('ABOR'), end: '\r', raw: wire('ABOR\r') });
    expect(splitter.push(Buffer.alloc(0))).toEqual([]);
    expect(splitter.push(wire('\nNOOP\r\n')).map(show)).toEqual([['NOOP', '\r\n']]);
  });

  test('the LF that never comes is not missed', () => {
    const splitter = new LineSplitter(MAX);
    splitter.push(wire('ABOR\r'));
    splitter.flush();
    expect(splitter.push(wire('NOOP\r\n\n')).map(show)).toEqual([
      ['NOOP', '\r\n'],
      ['', '\n'],
    ]);
  });

  test.each([
    ['QUIT', ['QUIT', '']],
    ['', null],
  ])('flush of %j', (bytes, expected) => {
    const splitter = new LineSplitter(MAX);
    splitter.push(wire(bytes));
    const output = splitter.flush();
    expect(output && show(output)).toEqual(expected);
    expect(splitter.flush()).toBeNull();
  });
});

test('property: no byte is lost or made up, however they are cut', () => {
  const piece = fc.oneof(fc.constantFrom('\r', '\n', '\r\n', '\0', '\xff'), fc.string({ unit: 'binary-ascii' }));
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const splitter = new LineSplitter(1_000_000);
      const lines = pieces.flatMap((text) => splitter.push(wire(text)));
      const raw = lines.map((line) => (line.kind === 'line' ? line.raw.toString('latin1') : 'too long'));
      expect(raw.join('') + splitter.rest.toString('latin1')).toBe(pieces.join(''));
      expect(raw.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    }),
  );
});
