// What the first bytes of a transfer tell of it, in whatever pieces they come.
import { describe, expect, test } from 'vitest';
import { type ContentFacts, nameSum } from '../../src/dialogue/content-facts.js';
import { ContentProbe } from '../../src/dialogue/content-probe.js';

function seen(verb: string, bytes: string | Buffer, pieceBytes = 7): ContentFacts | null {
  const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  const probe = new ContentProbe(verb);
  for (let at = 0; at < all.length; at += pieceBytes) probe.take(all.subarray(at, at + pieceBytes));
  return probe.facts(true);
}

const listing = (verb: string, lines: readonly string[]) =>
  seen(verb, lines.map((line) => `${line}\r\n`).join(''))?.listing;

describe('bytes', () => {
  test('nothing is known of nothing', () => {
    expect(seen('RETR', '')).toBeNull();
  });

  test('line ends are told apart, also where a piece ends in one', () => {
    const counts = { crLf: 2, loneLf: 1, loneCr: 2, nulBytes: 1, highBytes: 2, ctrlZ: 1 };
    for (const pieceBytes of [1, 2, 3, 100]) {
      expect(seen('RETR', 'a\r\nb\nc\rd\0\x80\xff\r\n\x1a\r', pieceBytes)).toMatchObject(counts);
    }
  });

  test('it looks at the first 4 KiB, and says when it has', () => {
    const probe = new ContentProbe('RETR');
    expect(probe.take(Buffer.alloc(4000, 'x'))).toBe(true);
    expect(probe.take(Buffer.alloc(40_000, '\n'))).toBe(false);
    expect(probe.facts(true)).toMatchObject({ examinedBytes: 4096, loneLf: 96 });
  });

  test.each([
    ['\x89PNG\r\n\x1a\n', 'png'],
    ['\x89PNG\n\x1a\n', 'png-without-cr'],
    ['\x89PNG\r\r\n\x1a\r\n', 'png-with-crs'],
    ['\x89PNG\r\n\x1a\r\n', 'png-with-crs'],
    ['\x7fELF\x02\x01', 'elf'],
    ['PK\x03\x04', 'zip'],
    ['\x1f\x8b\x08', 'gzip'],
    ['%PDF-1.7', 'pdf'],
    ['\x16\x03\x03', 'tls'],
    ['HTTP/1.1 400', 'http'],
    ['PNG is a format', null],
    ['MZ and more, in a text', null],
  ])('%j begins as %s', (begins, signature) => {
    expect(seen('RETR', begins, 1)?.signature).toBe(signature);
  });
});

describe('listings', () => {
  test('of Unix: names, sizes and times, as sums', () => {
    const facts = listing('LIST', [
      'total 3',
      'drwxr-xr-x    2 0        0            4096 Nov 30 09:05 .',
      '-rw-r--r--    1 ftp      ftp          1234 Nov 30 14:27 report 7.txt',
      '-rw-r--r--    1 ftp      ftp            12 Jan  3  2024 .profile',
      'lrwxrwxrwx    1 ftp      ftp             4 Nov  1 00:00 link -> goal',
    ]);
    expect(facts).toMatchObject({ grammar: 'unix', entries: 3, strangeLines: 0, dotNames: 1 });
    expect(facts?.files).toEqual([
      { nameSum: nameSum('report 7.txt'), bytes: 1234, modified: '11-30 14:27' },
      { nameSum: nameSum('.profile'), bytes: 12, modified: null },
      { nameSum: nameSum('link'), bytes: null, modified: '11-01 00:00' },
    ]);
  });

  test('of DOS', () => {
    const facts = listing('LIST', [
      '07-20-26  09:52PM       <DIR>          pub',
      '07-20-26  12:05AM              77 a b.txt',
    ]);
    expect(facts).toMatchObject({ grammar: 'dos', entries: 2 });
    expect(facts?.files).toMatchObject([{ modified: '07-20 21:52' }, { bytes: 77, modified: '07-20 00:05' }]);
  });

  test('of machines', () => {
    const facts = listing('MLSD', [
      'type=cdir;modify=20261130142700; .',
      'type=file;size=77;modify=20261130142733.123;perm=r; a;b.txt',
    ]);
    expect(facts).toMatchObject({ grammar: 'mlsd', entries: 1, strangeLines: 0 });
    expect(facts?.files).toEqual([{ nameSum: nameSum('a;b.txt'), bytes: 77, modified: '11-30 14:27' }]);
  });

  test.each([
    ['+i8388621.29609,m824255902,/,\tdev', 'eplf'],
    ['README.TXT;4          2/4   30-NOV-2026 14:27', 'vms'],
    ['Volume Unit    Referred Ext Used Recfm', 'unknown'],
  ])('%j is of %s', (line, grammar) => {
    expect(listing('LIST', [line])?.grammar).toBe(grammar);
  });

  test('names that are not UTF-8, or have accents as characters of their own', () => {
    const inBytes = (name: string) => Buffer.from(name).toString('latin1');
    const facts = listing('NLST', ['plain', 'caf\xe9', inBytes('café'), inBytes('cafe\u0301'), '.', '.htaccess']);
    expect(facts).toMatchObject({ grammar: 'names', entries: 5, otherEncoding: 1, decomposed: 1, dotNames: 1 });
  });

  test('a last line without an end counts, and a file is no listing', () => {
    expect(seen('NLST', 'a\nb')?.listing?.entries).toBe(2);
    expect(seen('RETR', 'a\nb')?.listing).toBeUndefined();
    expect(seen('LIST', '\x16\x03\x03\n')?.listing).toBeUndefined();
  });

  test('lines that never end, and lines made to be read slowly, cost little', () => {
    const before = performance.now();
    for (const line of [
      `-rw-r--r-- ${'1 '.repeat(32_000)}`,
      `${'a=;'.repeat(21_000)}`,
      `${'9'.repeat(65_000)} Nov 30 `,
    ]) {
      expect(seen('LIST', `${line}\n`, 60_000)?.listing?.grammar).toBeDefined();
    }
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
