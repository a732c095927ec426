// The verb table is data: these tests are its grammar, and spot checks of the columns that steer a session.
import { describe, expect, test } from 'vitest';
import { KNOWN_VERBS, type VerbFacts, verbFacts } from '../../src/protocol/verbs.js';

function verbsWith(property: keyof VerbFacts): string[] {
  return KNOWN_VERBS.filter((verb) => verbFacts(verb)?.[property] !== undefined).sort();
}

describe('the table', () => {
  test.each(KNOWN_VERBS)('%s', (verb) => {
    const facts = verbFacts(verb);
    expect(verb).toMatch(/^[A-Z][A-Z0-9@]{2,6}$/);
    expect(facts?.source).not.toBe('');
    const { meaning = '' } = facts ?? {};
    expect(typeof meaning === 'string' ? meaning : meaning.does).toMatch(/^[^.\n]{4,60}$/);
    expect([undefined, 'download', 'upload']).toContain(facts?.transfer);
    expect(facts?.transfer !== undefined && facts.announces !== undefined).toBe(false);
  });

  test('every verb once', () => {
    expect(new Set(KNOWN_VERBS).size).toBe(KNOWN_VERBS.length);
  });

  test('all verbs of RFC 959', () => {
    const verbs =
      'USER PASS ACCT CWD CDUP SMNT QUIT REIN PORT PASV TYPE STRU MODE RETR STOR STOU APPE ALLO REST RNFR RNTO ABOR DELE ' +
      'RMD MKD PWD LIST NLST SITE SYST STAT HELP NOOP';
    expect(verbs.split(' ').filter((verb) => !KNOWN_VERBS.includes(verb))).toEqual([]);
  });
});

describe('columns', () => {
  test('transfers and their direction', () => {
    const directions = verbsWith('transfer').map((verb) => `${verb} ${verbFacts(verb)?.transfer}`);
    expect(directions).toEqual([
      'APPE upload',
      'ERET download',
      'ESTO upload',
      'LIST download',
      'MLSD download',
      'NLST download',
      'RETR download',
      'STOR upload',
      'STOU upload',
    ]);
  });

  test('data ports', () => {
    const forms = verbsWith('announces').map((verb) => `${verb} ${verbFacts(verb)?.announces}`);
    expect(forms).toEqual([
      'CPSV 227',
      'EPRT EPRT',
      'EPSV 229',
      'LPRT unsupported',
      'LPSV unsupported',
      'P@SW 227',
      'PASV 227',
      'PORT PORT',
      'SPAS unsupported',
      'SPOR unsupported',
      'SPSV unsupported',
    ]);
  });

  test('secrets', () => {
    expect(verbsWith('secretArgument')).toEqual(['ACCT', 'ADAT', 'CONF', 'ENC', 'MIC', 'PASS']);
  });
});

describe('looked up', () => {
  test.each(['RETR', 'retr', 'rEtR'])('%s is RETR', (verb) => {
    expect(verbFacts(verb)).toBe(verbFacts('RETR'));
    expect(verbFacts(verb)?.transfer).toBe('download');
  });

  test.each(['', 'XYZZY', 'RETR ', 'constructor', 'CONSTRUCTOR', '__proto__', 'toString', 'hasOwnProperty', 'length'])(
    '%j is unknown',
    (verb) => {
      expect(verbFacts(verb)).toBeUndefined();
    },
  );
});
