// Payload names: what people find their files by, and what the wire cannot make of them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPayloadFileName, payloadFileName } from '../../src/transcript/payload-names.js';

function named(path: string, verb = 'RETR', run = 1): string {
  return payloadFileName({ session: 1, link: 3, verb, path }, run);
}

describe('names to find a file by', () => {
  test.each([
    ['report.pdf', '0001-0003-RETR-report.pdf'],
    ['/pub/docs/report.pdf', '0001-0003-RETR-report.pdf'],
    ['C:\\docs\\report.pdf', '0001-0003-RETR-report.pdf'],
    ['pub/', '0001-0003-RETR-pub'],
    ['annual report.pdf', '0001-0003-RETR-annual_report.pdf'],
    ['b\xc3\xbccher.txt', '0001-0003-RETR-b_cher.txt'],
    ['', '0001-0003-RETR'],
  ])('%j', (path, name) => {
    expect(named(path)).toBe(name);
  });

  test('a listing has a name too', () => {
    expect(named('', 'LIST')).toBe('0001-0003-LIST');
    expect(named('-la /pub', 'LIST')).toBe('0001-0003-LIST-pub');
  });

  test('a second run in the same folder is told apart', () => {
    expect(named('report.pdf', 'STOR', 2)).toBe('0001-0003.2-STOR-report.pdf');
  });

  test('numbers of more than four digits are kept whole', () => {
    expect(payloadFileName({ session: 123_456, link: 10_000, verb: 'LIST', path: '' }, 1)).toBe('123456-10000-LIST');
  });
});

describe('names that mean harm', () => {
  test.each([
    ['../../etc/passwd', '0001-0003-RETR-passwd'],
    ['..', '0001-0003-RETR'],
    ['../..', '0001-0003-RETR'],
    ['/', '0001-0003-RETR'],
    ['.ssh/.hidden', '0001-0003-RETR-hidden'],
    ['name\0.png', '0001-0003-RETR-name_.png'],
    ['\x1b[2J\x1b]0;title\x07', '0001-0003-RETR-_2J_0_title_'],
    ['trailing.. ', '0001-0003-RETR-trailing.._'],
    ['dots...', '0001-0003-RETR-dots'],
    ['a:b|c?d*e"f<g>h', '0001-0003-RETR-a_b_c_d_e_f_g_h'],
  ])('%j', (path, name) => {
    expect(named(path)).toBe(name);
  });

  test('a very long name keeps its end, and stays short', () => {
    const name = named(`${'x'.repeat(5000)}.tar.gz`);
    expect(name.endsWith('x.tar.gz')).toBe(true);
    expect(name.length).toBeLessThanOrEqual(120);
  });

  test('a cut name does not begin with a dot', () => {
    expect(named(`head${'.'.repeat(98)}gz`)).toBe('0001-0003-RETR-gz');
  });

  test('a verb from the wire is as harmless', () => {
    expect(named('x', '../../RETR')).toBe('0001-0003-_.._RETR-x');
  });

  test('whatever the path, the name is one plain file name', () => {
    const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(bytes, bytes, (path, verb) => {
        const name = named(path, verb);
        expect(name).toMatch(/^0001-0003[A-Za-z0-9._-]*$/);
        expect(name.length).toBeLessThanOrEqual(120);
        expect(name.endsWith('.')).toBe(false);
      }),
    );
  });
});

describe('whether a name is one of ours', () => {
  test('every name that is given is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string(),
        fc.nat(),
        fc.integer({ min: 1 }),
        (path, verb, link, run) => isPayloadFileName(payloadFileName({ session: 1, link, verb, path }, run)),
      ),
    );
  });

  test.each([
    '',
    'id_rsa',
    '../0001-0001',
    '0001-0001-RETR-a/b',
    '0001-0001-..\\x',
    '0001-0001-RETR-a\n',
    '/etc/passwd',
  ])('%j is not', (name) => {
    expect(isPayloadFileName(name)).toBe(false);
  });
});
