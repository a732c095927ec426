// What servers say by accident is not compared; what they mean is.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalListing, normalReplyLine } from '../../../src/replay/client/normal-text.js';

describe('replies that say the same', () => {
  test.each([
    ['227 Entering Passive Mode (127,0,0,1,148,139).', '227 Entering Passive Mode (10,0,0,7,4,1).'],
    ['227 =10,0,0,7,4,1', '227 =10,0,0,8,200,1'],
    ['229 Entering Extended Passive Mode (|||36877|)', '229 Entering Extended Passive Mode (|||1024|)'],
    ['220 ProFTPD Server (x) [127.0.0.1]', '220 ProFTPD Server (x) [192.0.2.77]'],
    ['220 ProFTPD Server (x) [::ffff:127.0.0.1]', '220 ProFTPD Server (x) [2001:db8::7]'],
    [
      '150 Opening BINARY mode data connection for a (300000 bytes).',
      '150 Opening BINARY mode data connection for a (7 bytes).',
    ],
    ['226 Transfer done: 1,234 bytes in 0.5 seconds (12.3 MB/s)', '226 Transfer done: 9 bytes in 3 seconds (1 KB/s)'],
    ['213 20261122110425', '213 19991231235959.123'],
    ['220-Local time is now 11:04. Server port: 21.', '220-Local time is now 23:59. Server port: 2121.'],
    [
      '220 host FTP server (Version 6.4) ready at Sun Nov 22 11:04:24 UTC 2026',
      '220 host FTP server (Version 6.4) ready at Mon Jan 3 01:02:03 CET 2000',
    ],
    ['220 It is 2026-11-22 11:04:25 here', '220 It is 1999-01-01 00:00:00 here'],
    ['220-You are user number 3 of 50 allowed.', '220-You are user number 17 of 50 allowed.'],
    ['220 ready (pid 123)', '220 ready (pid 99)'],
    ['220 ready [4242]', '220 ready [7]'],
    ['200 session 77 resumed', '200 session 78 resumed'],
    ['220 trailing   ', '220 trailing'],
  ])('%s', (one, other) => {
    expect(normalReplyLine(one)).toBe(normalReplyLine(other));
  });
});

describe('replies that say something else', () => {
  test.each([
    ['213 1234', '213 1235'],
    ['257 "/a" is current', '257 "/b" is current'],
    ['230 Login successful.', '230 Logged in.'],
    ['220 ready', '421 ready'],
    ['211-Features', '211 Features'],
    [' MLST type*;size*;', ' MLST type*;'],
    ['550 file1.txt: No such file', '550 file2.txt: No such file'],
    ['250 CWD to 2026 done', '250 CWD to 2027 done'],
  ])('%s', (one, other) => {
    expect(normalReplyLine(one)).not.toBe(normalReplyLine(other));
  });
});

describe('listings that say the same', () => {
  test.each([
    [
      'another time',
      '-rw-r--r-- 1 ftp ftp 5 Nov 22 11:04 a\r\n',
      '-rw-r--r--    3 ftp      ftp             5 Jan  1  1999 a\n',
    ],
    ['another order', 'b\r\na\r\n', 'a\r\nb\r\n'],
    ['another sum of blocks', 'total 12\r\na\r\n', 'total 800\r\na\r\n'],
    [
      'a folder of another size',
      'drwxr-xr-x 2 ftp ftp 4096 Nov 22 11:04 d\n',
      'drwxr-xr-x 9 ftp ftp 60 Nov 22 11:04 d\n',
    ],
    ['DOS', '11-22-26  11:04AM  <DIR>  d\n', '01-01-99  01:00PM  <DIR>  d\n'],
    ['facts', 'modify=2026;perm=r;size=5;type=file;unique=1; a\n', 'Size=5;Modify=1999;Perm=r;Type=file; a\n'],
    ['facts of a folder', 'type=dir;sizd=4096;modify=1; d\n', 'type=dir;sizd=60;modify=2; d\n'],
  ])('%s', (_what, one, other) => {
    expect(normalListing(one)).toEqual(normalListing(other));
  });
});

describe('listings that say something else', () => {
  test.each([
    ['size', '-rw-r--r-- 1 ftp ftp 5 Nov 22 11:04 a\n', '-rw-r--r-- 1 ftp ftp 6 Nov 22 11:04 a\n'],
    ['owner', '-rw-r--r-- 1 ftp ftp 5 Nov 22 11:04 a\n', '-rw-r--r-- 1 me ftp 5 Nov 22 11:04 a\n'],
    ['rights', '-rw-r--r-- 1 ftp ftp 5 Nov 22 11:04 a\n', '-rw-rw-r-- 1 ftp ftp 5 Nov 22 11:04 a\n'],
    ['a name with blanks', '-rw-r--r-- 1 ftp ftp 5 Nov 22 11:04 a  b\n', '-rw-r--r-- 1 ftp ftp 5 Nov 22 11:04 a b\n'],
    ['size among facts', 'type=file;size=5; a\n', 'type=file;size=6; a\n'],
    ['a line more', 'a\n', 'a\nb\n'],
  ])('%s', (_what, one, other) => {
    expect(normalListing(one)).not.toEqual(normalListing(other));
  });
});

test('any text has a normal form, which is its own', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const normal = normalReplyLine(text);
      expect(normalReplyLine(normal)).toBe(normal);
      normalListing(text);
    }),
  );
});
