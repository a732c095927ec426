// The blocks of a pcapng file, to the byte.
import { expect, test } from 'vitest';
import { openingBlocks, packetBlock, secretsBlock } from '../../../src/capture/export/pcapng-blocks.js';

test('a section and an interface of raw IP', () => {
  expect(openingBlocks('me', 'FTP').toString('hex')).toBe(
    [
      '0a0d0d0a',
      '28000000',
      '4d3c2b1a',
      '0100',
      '0000',
      'ffffffffffffffff',
      '0400',
      '0200',
      '6d650000',
      '00000000',
    ].join('') +
      '28000000' +
      ['01000000', '20000000', '6500', '0000', '00000000', '0300', '0300', '46545000', '00000000', '20000000'].join(''),
  );
});

test('secrets of TLS', () => {
  const expected = ['0a000000', '18000000', '4b534c54', '03000000', '41420a00', '18000000'];
  expect(secretsBlock(Buffer.from('AB\n')).toString('hex')).toBe(expected.join(''));
});

test('a packet is padded; its time is in microseconds, of 64 bits', () => {
  const at = 1_700_000_000_000.5;
  const microseconds = BigInt(1_700_000_000_000_500);
  const [high, low] = [Number(microseconds >> 32n), Number(microseconds & 0xffffffffn)];
  const words = [6, 36, 0, high, low, 3, 3];
  const expected = Buffer.alloc(36);
  for (const [index, word] of words.entries()) expected.writeUInt32LE(word, index * 4);
  expected.write('abc', 28);
  expected.writeUInt32LE(36, 32);
  expect(packetBlock(at, Buffer.from('abc'), null)).toEqual(expected);
});

test('a comment is UTF-8, and bounded', () => {
  const bytes = packetBlock(0, Buffer.alloc(4), 'Zürich');
  expect(bytes.subarray(32, 44).toString()).toBe('\x01\0\x07\0Zürich\0');
  expect(packetBlock(0, Buffer.alloc(4), 'x'.repeat(100_000))).toHaveLength(12 + 20 + 4 + 4 + 4096 + 4);
});
