// Listings as servers print them.
import { expect, test } from 'vitest';
import { parseTimeValue, readListing } from '../../src/check/listing.js';

const NOW = Date.UTC(2026, 10, 30, 15);

const read = (lines: readonly string[], isMlsd = false) => readListing(lines.join('\r\n'), isMlsd, NOW);

test.each([
  [
    'vsftpd',
    '-rw-r--r--    1 65534    65534      300000 Nov 30 14:48 data.bin',
    'data.bin',
    300_000,
    '2026-11-30T14:48',
  ],
  [
    'ProFTPD',
    '-rw-r--r--   1 nobody   nogroup         9 Dec 24 23:59 read me.txt',
    'read me.txt',
    9,
    '2025-12-24T23:59',
  ],
  [
    'Pure-FTPd',
    '-rw-r--r--    1 65534      nogroup             9 Nov 30 14:48 a -> b',
    'a -> b',
    9,
    '2026-11-30T14:48',
  ],
  [
    'IIS',
    '-rwxrwxrwx   1 owner    group            1234 Jan  2 03:04 web.config',
    'web.config',
    1234,
    '2026-01-02T03:04',
  ],
  ['IIS as DOS', '11-30-26  02:48PM                 1234 web.config', 'web.config', 1234, '2026-11-30T14:48'],
  ['IIS as DOS, four digits', '11-30-2026  12:01AM       7 a b', 'a b', 7, '2026-11-30T00:01'],
  ['EPLF', '+i8388621.29609,m824255902,/,s17,\tdev', 'dev', 17, '1996-02-13T23:58'],
])('%s', (_whose, line, name, bytes, modified) => {
  const { entries, strange } = read([line]);
  expect(strange).toEqual([]);
  expect(entries).toEqual([expect.objectContaining({ name, bytes })]);
  expect(new Date(entries[0]?.modifiedMs ?? 0).toISOString().slice(0, 16)).toBe(modified);
});

test('a year has no time of day, a folder no size, a link no target in its name', () => {
  const { entries } = read([
    'total 12',
    'drwxr-xr-x    2 0        0            4096 Nov 30  2024 old',
    'lrwxrwxrwx    1 0        0               4 Nov 30 14:48 link -> data',
    'drwxr-xr-x    2 0        0            4096 Nov 30 14:48 .',
  ]);
  expect(entries.map(({ name, kind, bytes, modifiedMs }) => [name, kind, bytes, modifiedMs !== null])).toEqual([
    ['old', 'folder', null, false],
    ['link', 'other', null, true],
  ]);
});

test('MLSD has facts; the folder itself is no entry', () => {
  const { entries, form } = read(
    ['type=cdir;modify=20261130144800; /', 'Type=file;Size=9;Modify=20261130144812.123; a;b c'],
    true,
  );
  expect(form).toBe('mlsd');
  expect(entries).toEqual([{ name: 'a;b c', kind: 'file', bytes: 9, modifiedMs: Date.UTC(2026, 10, 30, 14, 48, 12) }]);
});

test('lines of no form are kept apart', () => {
  expect(read(['ten.bin .......... 10', 'type=file;size=9; a'])).toEqual({
    form: null,
    entries: [],
    strange: ['ten.bin .......... 10', 'type=file;size=9; a'],
  });
});

test('times are UTC, with or without a fraction', () => {
  expect(parseTimeValue('20010203040506')).toBe(Date.UTC(2001, 1, 3, 4, 5, 6));
  expect(parseTimeValue('20010203040506.5')).toBe(Date.UTC(2001, 1, 3, 4, 5, 6));
  expect(parseTimeValue('2001-02-03')).toBeNull();
});
