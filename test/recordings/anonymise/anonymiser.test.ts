// What passes of one observation, and what stands in place of the rest. `p-alice` is the pseudonym of `alice` here.
import { expect, test } from 'vitest';
import type { Observation } from '../../../src/dialogue/observation.js';
import { Anonymiser } from '../../../src/recordings/anonymise/anonymiser.js';
import { Pseudonyms } from '../../../src/recordings/anonymise/pseudonyms.js';
import { observed } from '../../transcript/observations.js';

const PSEUDONYMS = new Pseudonyms('sesame');
const COMMON = { session: 1, at: 0 };

function readable(text: string, words: readonly string[]): string {
  return words.reduce((changed, word) => changed.replaceAll(PSEUDONYMS.word(word), `p-${word}`), text);
}

/** A dialogue, anonymised: `> ` is the client, the rest the server. The words are those whose pseudonyms are made readable. */
function dialogue(lines: readonly string[], words: string): readonly string[] {
  const anonymiser = new Anonymiser(PSEUDONYMS);
  return lines.map((line) => {
    const said = anonymiser.anonymised(line.startsWith('> ') ? command(line.slice(2)) : reply(line));
    const text = said.kind === 'command' ? `> ${said.line}` : said.kind === 'reply' ? said.lines.join('|') : '';
    return readable(text, words.split(' '));
  });
}

function command(line: string): Observation {
  const [, verb = '', argument = ''] = /^(\S+) ?(.*)$/s.exec(line) ?? [];
  return { kind: 'command', ...COMMON, number: 1, verb: verb.toUpperCase(), argument, line };
}

function reply(text: string): Observation {
  const [code, facts] = [Number(text.slice(0, 3)), { answers: 1, latencyMs: 1, preliminary: false }];
  return { kind: 'reply', ...COMMON, code, lines: text.split('|'), ...facts, by: 'server' };
}

test('a name is the same wherever it stands', () => {
  const said = [
    '> USER alice',
    '331 Password required for alice.',
    '> CWD /home/alice/Q3',
    '250 "/home/alice/Q3" is current',
  ];
  expect(dialogue(said, 'alice home Q3')).toEqual([
    '> USER p-alice',
    '331 Password required for p-alice.',
    '> CWD /p-home/p-alice/p-Q3',
    '250 "/p-home/p-alice/p-Q3" is current',
  ]);
});

test('passwords are masked, also where a reply has them', () => {
  expect(dialogue(['> USER bob', '> PASS sesame7', '530 Not sesame7, bob', '> ACCT acme'], 'bob')).toEqual([
    '> USER p-bob',
    '> PASS ****',
    '530 Not ****, p-bob',
    '> ACCT ****',
  ]);
});

test('a word of FTP that is a name in the session is masked in texts', () => {
  const said = [
    '150 Opening data connection',
    '> CWD data',
    '> RETR 4711',
    '150 Opening data connection for 4711 (12345 bytes)',
  ];
  expect(dialogue(said, 'data 4711')).toEqual([
    '150 Opening data connection',
    '> CWD p-data',
    '> RETR p-4711',
    '150 Opening **** connection for p-4711 (12345 bytes)',
  ]);
});

test('paths keep their shape, their extensions, options and times', () => {
  const said = [
    '> LIST -la ../x/./*.csv',
    '> MFMT 20260102030405 a b.txt',
    '> SITE CHMOD 755 my.key',
    '> stor C:\\in\\r.PDF',
  ];
  expect(dialogue(said, 'x a b my in r C')).toEqual([
    '> LIST -la ../p-x/./*.csv',
    '> MFMT 20260102030405 p-a p-b.txt',
    '> SITE CHMOD 755 p-my.key',
    '> stor p-C:\\p-in\\p-r.PDF',
  ]);
});

test('what nobody knows does not pass', () => {
  const said = [
    '> XJOHN smith',
    '220 Acme ftp01.acme.example, call +49 30 123 456',
    '214-M Y C O R P|214 _/_/\\__-_',
    '> \u00fcber x',
  ];
  const safe = dialogue(said, 'smith').join('\n');
  expect(safe).not.toMatch(/john|(?<!p-)smith|acme|\+49|M Y|C O R P|_|\u00fc/i);
});

test('listings in replies', () => {
  const said = [
    '213-Status:|-rw-r--r-- 1 alice staff 40961 Jan 01 12:00 data|213 End',
    '250-Listing|  type=file;size=10148;modify=20260102030405;UNIX.owner=alice; data|250 End',
  ];
  const [unix = '', facts = ''] = dialogue(said, 'data');
  expect(unix).toMatch(/^213-Status:\|-rw-r--r-- 1 p\w{8} p\w{8} p\w{8} p\w{8} 01 12:00 p-data\|213 End$/);
  expect(facts).toMatch(/^250-\w+\| {2}type=file;size=10148;modify=20260102030405;p\w+\.p\w+=p\w+; p-data\|250 End$/);
});

test('announced ports name the host that everything else names', () => {
  const host = PSEUDONYMS.address('10.1.2.3') ?? '';
  const commas = host.replaceAll('.', ',');
  const [v6, local] = [PSEUDONYMS.address('2003::7'), PSEUDONYMS.address('fd00::7')];
  const said = [
    ...['> PORT 10,1,2,3,4,5', '> EPRT |1|10.1.2.3|1029|', '> EPRT |2|2003::7|1029|', '> PORT 10,1,2,3,4'],
    ...[
      '227 Entering (10,1,2,3,4,5).',
      '227 =10, 1, 2,3 ,4,5',
      '229 Ok (|||40000|)',
      '229 Ok (|2|fd00::7|40000|)',
      '425 10.1.2.3:1029 refused',
    ],
  ];
  expect(dialogue(said, '10 1 2 3 4')).toEqual([
    ...[`> PORT ${commas},4,5`, `> EPRT |1|${host}|1029|`, `> EPRT |2|${v6}|1029|`, '> PORT p-10,p-1,p-2,p-3,p-4'],
    ...[
      `227 Entering (${commas},4,5).`,
      `227 =${commas},4,5`,
      '229 Ok (|||40000|)',
      `229 Ok (|2|${local}|40000|)`,
      `425 ${host}:1029 refused`,
    ],
  ]);
});

test('addresses stay private, public or local', () => {
  expect(PSEUDONYMS.address('10.1.2.3')).toMatch(/^10\./);
  expect(PSEUDONYMS.address('172.31.2.3')).toMatch(/^172\.(?:1[6-9]|2\d|3[01])\./);
  expect(PSEUDONYMS.address('192.168.2.3')).toMatch(/^192\.168\./);
  expect(PSEUDONYMS.address('100.64.0.1')).toMatch(/^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./);
  expect(PSEUDONYMS.address('8.8.8.8')).toMatch(/^2[45]\d\./);
  expect(PSEUDONYMS.address('::ffff:8.8.8.8')).toBe(PSEUDONYMS.address('8.8.8.8'));
  expect(PSEUDONYMS.address('2a00::1')).toMatch(/^2001:db8:/);
  expect(PSEUDONYMS.address('fe80::1%eth0')).toMatch(/^fe80::/);
  expect(['127.0.0.1', '0.0.0.0', '::1', '::'].map((address) => PSEUDONYMS.address(address))).toEqual([
    '127.0.0.1',
    '0.0.0.0',
    '::1',
    '::',
  ]);
  expect(PSEUDONYMS.address('ftp.example.com')).toBeNull();
});

test('no two private addresses become one', () => {
  const mapped = Array.from({ length: 4096 }, (_none, at) => PSEUDONYMS.address(`192.168.${at >> 8}.${at & 255}`));
  expect(new Set(mapped).size).toBe(4096);
});

test('another secret, other pseudonyms', () => {
  expect(new Pseudonyms('sesame').word('alice')).toBe(PSEUDONYMS.word('alice'));
  expect(new Pseudonyms('sesamf').word('alice')).not.toBe(PSEUDONYMS.word('alice'));
  expect(new Pseudonyms('sesamf').address('10.1.2.3')).not.toBe(PSEUDONYMS.address('10.1.2.3'));
});

test('a certificate says what kind of names it has, and the days of its validity', () => {
  const certificate = {
    subject: 'CN=ftp.acme.example\nO=Acme Ltd',
    issuer: 'CN=Acme CA',
    names: ['DNS:ftp.acme.example', 'IP Address:10.1.2.3'],
    validFrom: 'Jan  2 03:04:05 2026 GMT',
    validTo: 'tomorrow at Acme',
    fingerprint256: 'AA:BB',
  };
  const facts = {
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    serverName: 'ftp.acme.example',
    resumed: false,
    certificate,
  };
  const seen = new Anonymiser(PSEUDONYMS).anonymised({
    kind: 'tls',
    ...COMMON,
    side: 'server',
    leg: 'control',
    link: null,
    failure: null,
    ...facts,
  });
  const host = readable(`ftp.${PSEUDONYMS.word('acme')}.${PSEUDONYMS.word('example')}`, []);
  expect(seen).toMatchObject({
    ...{ protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', serverName: host },
    certificate: {
      subject: `CN=${host}\nO=${PSEUDONYMS.word('Acme')} ${PSEUDONYMS.word('Ltd')}`,
      names: [`DNS:${host}`, `IP Address:${PSEUDONYMS.address('10.1.2.3')}`],
      ...{ validFrom: 'Jan  2 00:00:00 2026 GMT', validTo: '' },
    },
  });
  expect(JSON.stringify(seen)).not.toContain('AA:BB');
});

test('a code that is none of ours does not pass', () => {
  const anonymiser = new Anonymiser(PSEUDONYMS);
  for (const kind of ['violation', 'note'] as const) {
    const written = { ...observed(kind), code: 'password-is-sesame' };
    // As a transcript may hold it: any text is taken for a code there.
    const seen = anonymiser.anonymised(written as Observation);
    expect(seen).toMatchObject({ kind, code: 'unknown' });
  }
  expect(anonymiser.anonymised(observed('violation', { code: 'nul-byte' }))).toMatchObject({ code: 'nul-byte' });
  expect(anonymiser.anonymised(observed('note', { code: 'other-mode' }))).toMatchObject({ code: 'other-mode' });
});

test('why a handshake failed passes: alerts and words of OpenSSL, and names in the chain made up', () => {
  const facts = {
    protocol: null,
    cipher: null,
    serverName: null,
    resumed: false,
    certificate: null,
    failure: 'it failed',
    fault: 'alert',
    alert: { from: 'client', number: 48 },
    asksForCertificate: true,
    offersSession: true,
    verifyError: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    chain: [{ subject: 'CN=Acme', issuer: 'CN=Acme CA' }],
    said: '220 Acme',
  } as const;
  const common = { kind: 'tls', ...COMMON, side: 'client', leg: 'control', link: null } as const;
  const seen = new Anonymiser(PSEUDONYMS).anonymised({ ...common, ...facts });
  expect(seen).toMatchObject({
    ...{ fault: 'alert', alert: { from: 'client', number: 48 }, asksForCertificate: true, offersSession: true },
    ...{ verifyError: 'DEPTH_ZERO_SELF_SIGNED_CERT', chain: [{ subject: `CN=${PSEUDONYMS.word('Acme')}` }] },
  });
  expect(JSON.stringify(seen)).not.toContain('Acme');
  const strange = new Anonymiser(PSEUDONYMS).anonymised({ ...common, ...facts, verifyError: 'of Acme' });
  expect(strange).not.toHaveProperty('verifyError');
});

test('a field that is new in a transcript does not pass, nor do payloads and readings as UTF-8', () => {
  const ends = { mode: 'passive', local: null, remote: null } as const;
  const facts = {
    link: 1,
    client: ends,
    server: ends,
    verb: 'RETR',
    path: '\u00c3\u00bc',
    pathUtf8: '\u00fc',
    direction: 'download',
    bytes: 5,
  } as const;
  const end = {
    outcome: 'failed',
    cause: 'unknown',
    reason: '550 alice',
    durationMs: 1,
    sha256: 'abc',
    payload: '1-1-x',
  } as const;
  const closed = { kind: 'link-closed', ...COMMON, ...facts, ...end, owner: 'alice' } as const;
  const safe = new Anonymiser(PSEUDONYMS).anonymised(closed);
  expect(Object.keys(safe).sort()).toEqual(
    Object.keys(closed)
      .filter((key) => !['owner', 'payload', 'pathUtf8'].includes(key))
      .sort(),
  );
  expect(JSON.stringify(safe)).not.toMatch(/alice|abc"|\u00fc/);
});

test.each(['1', '1,', '1.', 'a:', ' 1', "'a", '"', '(', 'a=b;', '1 ,', '::', 'x '])(
  'a long line of %j takes no time',
  (piece) => {
    const line = `250 ${piece.repeat(32_768)}`;
    const start = performance.now();
    dialogue([line, `> CWD ${line}`, `> PORT ${line}`, `211-${line}|${line}`], '');
    expect(performance.now() - start).toBeLessThan(3000);
  },
);
