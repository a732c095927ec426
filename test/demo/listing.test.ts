import { expect, test } from 'vitest';
import { patternContent } from '../../src/demo/file-content.js';
import type { TreeNode } from '../../src/demo/file-tree.js';
import { factNames, factsLine, listingBytes, longLine, timeValue } from '../../src/demo/listing.js';

const now = Date.UTC(2026, 5, 15, 12, 0, 0);

function file(size: number, modifiedMs: number): TreeNode {
  return { kind: 'file', content: patternContent(size), modifiedMs };
}

const directory: TreeNode = { kind: 'directory', children: new Map(), modifiedMs: now };

test('long lines look like ls -l: the time for the last half year, the year before and after', () => {
  const lines = [
    longLine(['new.txt', file(5, now - 60_000)], now),
    longLine(['old report.pdf', file(2 ** 32, Date.UTC(2024, 1, 3, 4, 5))], now),
    longLine(['from the future', file(0, now + 60_000)], now),
    longLine(['dir', directory], now),
  ];
  expect(lines).toEqual([
    '-rw-r--r--   1 ftp      ftp                 5 Jun 15 11:59 new.txt',
    '-rw-r--r--   1 ftp      ftp        4294967296 Feb  3  2024 old report.pdf',
    '-rw-r--r--   1 ftp      ftp                 0 Jun 15  2026 from the future',
    'drwxr-xr-x   2 ftp      ftp              4096 Jun 15 12:00 dir',
  ]);
});

test('facts are those that were asked for; a directory has no size', () => {
  const all = factsLine(['a b', file(5, now)], factNames);
  expect(all).toBe('type=file;size=5;modify=20260615120000;perm=adfrw; a b');
  expect(factsLine(['d', directory], factNames)).toBe('type=dir;modify=20260615120000;perm=cdeflmp; d');
  expect(factsLine(['a', file(5, now)], ['size'])).toBe('size=5; a');
  expect(factsLine(['a', file(5, now)], [])).toBe(' a');
  expect(factsLine(['/', directory], ['type'], 'cdir')).toBe('type=cdir; /');
});

test('a time is 14 digits in UTC', () => {
  expect(timeValue(Date.UTC(1999, 11, 31, 23, 59, 59, 999))).toBe('19991231235959');
});

test('listing bytes end every line with CRLF and keep names byte by byte', () => {
  expect(listingBytes(['a', '\xff\xc3\xbc'])).toEqual(Buffer.from('a\r\n\xff\xc3\xbc\r\n', 'latin1'));
  expect(listingBytes([]).length).toBe(0);
});
