import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  chunkBytes,
  contentBytes,
  contentChunks,
  contentSha256,
  contentSize,
  isReadable,
  patternContent,
} from '../../src/demo/file-content.js';

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function collect(size: number, offset = 0): Buffer {
  const pieces: Buffer[] = [];
  // Copied one by one: the next chunk overwrites this one.
  for (const chunk of contentChunks(patternContent(size), offset)) pieces.push(Buffer.from(chunk));
  return Buffer.concat(pieces);
}

describe('generated content', () => {
  test('is the same whichever pieces it is asked for in', () => {
    const content = patternContent(300_000);
    const whole = Buffer.alloc(300_000);
    content.fill(whole, 0);
    for (const piece of [1, 7, 4096, 65_521, 65_522]) {
      const pieces = Buffer.alloc(300_000);
      for (let at = 0; at < whole.length; at += piece) content.fill(pieces.subarray(at, at + piece), at);
      expect(pieces.equals(whole), `in pieces of ${piece}`).toBe(true);
    }
  });

  test('tells every place from every other, also beyond 4 GiB', () => {
    const content = patternContent(2 ** 40);
    const places = [0, 65_521, 65_521 * 2, 65_521 * 70_000, 2 ** 39 - (2 ** 39 % 65_521)];
    const seen = places.map((offset) => {
      const piece = Buffer.alloc(64);
      content.fill(piece, offset);
      return piece.toString('hex');
    });
    expect(new Set(seen).size).toBe(places.length);
  });

  test('comes from an offset on, across chunks, and not at all at its end', () => {
    const whole = collect(2 * chunkBytes + 10);
    expect(whole.length).toBe(2 * chunkBytes + 10);
    expect(collect(whole.length, 5).equals(whole.subarray(5))).toBe(true);
    expect(collect(whole.length, chunkBytes).equals(whole.subarray(chunkBytes))).toBe(true);
    expect(collect(whole.length, whole.length).length).toBe(0);
    expect(collect(0).length).toBe(0);
  });
});

describe('every kind of content', () => {
  test('has a size and a checksum', () => {
    const bytes = Buffer.from('some bytes');
    expect([contentSize(bytes), contentSha256(bytes)]).toEqual([10, sha256(bytes)]);
    expect(contentSha256(patternContent(700_000))).toBe(sha256(collect(700_000)));
    expect(contentBytes(patternContent(700_000)).equals(collect(700_000))).toBe(true);
    expect(contentBytes(bytes)).toBe(bytes);
    expect(contentSha256({ size: 3, sha256: 'abc' })).toBe('abc');
  });

  test('is readable unless only its checksum is known', () => {
    expect(isReadable(Buffer.alloc(1))).toBe(true);
    expect(isReadable(patternContent(1))).toBe(true);
    expect(isReadable({ size: 1, sha256: 'abc' })).toBe(false);
  });

  test('of a buffer is not copied', () => {
    const bytes = Buffer.alloc(chunkBytes + 1);
    const chunks = [...contentChunks(bytes)];
    expect(chunks.map((chunk) => chunk.length)).toEqual([chunkBytes, 1]);
    expect(chunks[0]?.buffer).toBe(bytes.buffer);
  });
});
