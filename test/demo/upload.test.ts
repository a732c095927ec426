import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type FileContent, Upload } from '../../src/demo/file-content.js';

interface Start {
  readonly existing?: string;
  readonly offset?: number;
  readonly maxKeptBytes?: number;
}

function upload(chunks: readonly string[], { existing = '', offset = 0, maxKeptBytes = 100 }: Start = {}): FileContent {
  const file = new Upload({ existing: Buffer.from(existing), offset, maxKeptBytes });
  for (const chunk of chunks) file.write(Buffer.from(chunk));
  return file.finish();
}

function digest(text: string): FileContent {
  return { size: text.length, sha256: createHash('sha256').update(text).digest('hex') };
}

test('a new file is what came', () => {
  expect(upload(['one ', 'two'])).toEqual(Buffer.from('one two'));
  expect(upload([])).toEqual(Buffer.alloc(0));
});

test('an appended file is what was there and what came', () => {
  expect(upload(['two'], { existing: 'one ', offset: 4 })).toEqual(Buffer.from('one two'));
});

test('a restarted file is written over from the offset on, and keeps what lies behind', () => {
  expect(upload(['XY'], { existing: 'abcdef', offset: 2 })).toEqual(Buffer.from('abXYef'));
  expect(upload(['VWXYZ'], { existing: 'abcdef', offset: 2 })).toEqual(Buffer.from('abVWXYZ'));
  expect(upload([], { existing: 'abcdef', offset: 2 })).toEqual(Buffer.from('abcdef'));
});

test('past the bound only size and checksum stay', () => {
  expect(upload(['12345', '67890'], { maxKeptBytes: 10 })).toEqual(Buffer.from('1234567890'));
  expect(upload(['12345', '67890', '!'], { maxKeptBytes: 10 })).toEqual(digest('1234567890!'));
  expect(upload(['XY'], { existing: 'abcdef', offset: 2, maxKeptBytes: 3 })).toEqual(digest('abXYef'));
});
