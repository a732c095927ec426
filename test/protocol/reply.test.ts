// A server's lines as replies: which line is of which reply, and which ends it. DESIGN rule 5, and real captures.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter } from '../../src/protocol/line-splitter.js';
import { isCompletion, isNegative, isPreliminary, ReplyReader, withoutTelnet } from '../../src/protocol/reply.js';
import { captureNames, trueLines } from '../support/corpus.js';
import { everyCut, wire } from '../support/every-cut.js';

interface Reading {
  /** One word a line: `220` a whole reply, `220-` its first line, `-` between, `.220` its last, `?` noise. */
  readonly seen: string;
  readonly open: boolean;
}

function word(reader: ReplyReader, line: string): string {
  const read = reader.read(line);
  if (read.kind === 'noise') return '?';
  if (read.kind === 'more') return read.first ? `${read.code}-` : '-';
  return read.first ? `${read.code}` : `.${read.code}`;
}

function read(lines: readonly string[]): Reading {
  const reader = new ReplyReader();
  const seen = lines.map((line) => word(reader, line)).join(' ');
  return { seen, open: reader.open };
}

describe('replies of one line', () => {
  test.each([
    ['220 ready', '220'],
    ['220', '220'],
    ['220 ', '220'],
    ['150 Opening BINARY connection (12 bytes)', '150'],
    ['632 FwMBAFDq9rd7', '632'],
    ['220 \xfc\xff\0', '220'],
    ['230_no_space', '230'],
    ['220\tready', '220'],
    ['200OK', '200'],
    ['200.', '200'],
    ['200\r', '200'],
  ])('%j is a reply', (line, seen) => {
    expect(read([line])).toEqual({ seen, open: false });
  });

  test.each([
    '',
    ' ',
    ' 220 x',
    '\t220 x',
    '22',
    '22 x',
    '2200 x',
    '2200',
    '099 x',
    '000 x',
    '700 x',
    '999 x',
    '-220 x',
    '220\xb2 x'.slice(1),
    '2\xb220 x',
    'SYST not supported',
    '99 PASV invalid',
    'SSH-2.0-mod_sftp',
    '\xff\xfa%\x02',
  ])('%j is noise', (line) => {
    expect(read([line])).toEqual({ seen: '?', open: false });
  });
});

describe('replies of several lines', () => {
  test.each([
    ['the code on every line', ['220-a', '220-b', '220 c'], '220- - .220'],
    ['RFC 959: blanks in front', ['211-Features:', ' SIZE', ' MDTM', '211 End'], '211- - - .211'],
    ['no blank in front', ['211-Features:', 'SIZE', '211 End'], '211- - .211'],
    ['blank lines', ['220-a', '', ' ', '220 b'], '220- - - .220'],
    ['three digits alone end it', ['220-a', '220'], '220- .220'],
    ['three digits and a blank end it', ['220-a', '220 '], '220- .220'],
    ['other codes inside', ['220-a', '226 x', '530-y', '220 b'], '220- - - .220'],
    ['the code with a blank in front', ['220-a', ' 220 b', '220 c'], '220- - .220'],
    ['the code and more digits', ['220-a', '2200 b', '22 b', '220 c'], '220- - - .220'],
    ['the code and a letter', ['220-a', '220_b', '220th time', '220 c'], '220- - - .220'],
    ['an empty first line', ['220-', '220 a'], '220- .220'],
    ['protected', ['632-Fw', '632-Fx', '632 Fy'], '632- - .632'],
    ['a listing in a STAT', ['213-Status', '-rw-r--r-- 1 a', 'total 213', '213 End'], '213- - - .213'],
  ])('%s', (_name, lines, seen) => {
    expect(read(lines)).toEqual({ seen, open: false });
  });

  test.each([
    ['it has not ended', ['220-a', 'b'], '220- -'],
    ['another code does not end it', ['220-a', '230 b'], '220- -'],
  ])('%s', (_name, lines, seen) => {
    expect(read(lines)).toEqual({ seen, open: true });
  });

  test.each([
    ['two of one line', ['150 go', '226 done'], '150 226'],
    ['two of several', ['220-a', '220 b', '230-c', '230 d'], '220- .220 230- .230'],
    ['the same code again', ['226-a', '226 b', '226 c'], '226- .226 226'],
    ['noise between two', ['226 a', '', 'b', '226 c'], '226 ? ? 226'],
  ])('in a row: %s', (_name, lines, seen) => {
    expect(read(lines)).toEqual({ seen, open: false });
  });

  test('however the bytes are cut', () => {
    const bytes = wire('220-hello\r\n there\n\r\n220\r\nnoise\r\n331 ok\r\n211-F\r\n211-\xff\r\n2110\r\n211 End\r\n');
    const { seen } = everyCut(bytes, (chunks) => {
      const splitter = new LineSplitter(100);
      const outputs = chunks.flatMap((chunk) => splitter.push(chunk));
      return read(outputs.map((output) => (output.kind === 'line' ? output.text.toString('latin1') : 'too long')));
    });
    expect(seen).toBe('220- - - .220 ? 331 211- - - .211');
  });
});

test.each([
  [99, false, false, false],
  [100, true, false, false],
  [199, true, false, false],
  [200, false, true, false],
  [299, false, true, false],
  [331, false, false, false],
  [400, false, false, true],
  [599, false, false, true],
  [632, false, false, false],
])('%i: preliminary %s, completion %s, negative %s', (code, preliminary, completion, negative) => {
  expect([isPreliminary(code), isCompletion(code), isNegative(code)]).toEqual([preliminary, completion, negative]);
});

test('property: a reply, however its lines look, ends at its last line and not before', () => {
  const codes = fc.integer({ min: 100, max: 699 }).map(String);
  const texts = fc.string({ unit: 'binary-ascii' }).filter((text) => !/[\r\n]/.test(text));
  fc.assert(
    fc.property(codes, fc.array(texts), fc.constantFrom('', ' ', ' end'), (code, inside, last) => {
      const lines = inside.filter((line) => line !== code && !line.startsWith(`${code} `));
      const reader = new ReplyReader();
      expect(reader.read(`${code}-`)).toEqual({ kind: 'more', code: Number(code), first: true });
      for (const line of lines) expect(reader.read(line)).toEqual({ kind: 'more', code: Number(code), first: false });
      expect(reader.read(code + last)).toEqual({ kind: 'last', code: Number(code), first: false });
      expect(reader.open).toBe(false);
    }),
  );
});

describe('real captures', () => {
  /** Codes of the replies as they end, and `?` for each line of noise. */
  function replies(capture: string): string {
    const words = read(trueLines(capture, 'S')).seen.split(' ');
    return words
      .filter((one) => !one.endsWith('-'))
      .join(' ')
      .replaceAll('.', '');
  }

  test.each([
    ['ipv6-multiline-reply', '220 331 230 257 250 200 200 550 200 200 229 550 221'],
    [
      'ipv6',
      '220 331 230 215 211 257 229 150 226 229 150 226 200 213 229 150 226 213 213 200 150 226 213 200 200 150 226 221',
    ],
    ['ftp-password-pass-command', '220 331 530'],
    ['ftp-auth-tls', '220 211 234'],
    ['globus-url-copy', '220 334 335 335 335 235 632 632 632 632 632 632 632 632 632 632'],
    ['ftp-missing-space-after-reply-code', '220 230 230 230 221'],
    ['ftp-missing-reply-code', '220 230 230 ? 221'],
    ['ftp-invalid-reply-code', '220 230 230 ? 221'],
    ['ipv6-violation', '220 331 ? ?'],
    ['telnet-auth-missing-name', '?'],
  ])('%s', (capture, seen) => {
    expect(replies(capture)).toBe(seen);
  });

  const WITH_NOISE = new Set([
    'ftp-missing-reply-code',
    'ftp-invalid-reply-code',
    'ipv6-violation',
    'telnet-auth-missing-name',
  ]);

  test.each(captureNames())('%s: every reply ends, and noise is where it is known to be', (capture) => {
    const { seen, open } = read(trueLines(capture, 'S'));
    expect(open).toBe(false);
    expect(seen.includes('?')).toBe(WITH_NOISE.has(capture));
  });
});

test.each([
  ['\xff\xfe\x01150 Here', '150 Here'],
  ['\xff\xfc\x01\xff\xfe\x03227-ok', '227-ok'],
  ['\xff\xfbA226 done', '226 done'],
  ['\xff\xe4 text that is Latin-1', '\xff\xe4 text that is Latin-1'],
  ['\xff', '\xff'],
  ['', ''],
])('%j, an answer to Telnet in front of a reply, is read as %j', (line, text) => {
  expect(withoutTelnet(line)).toBe(text);
  expect(new ReplyReader().read(line)).toEqual(new ReplyReader().read(text));
});
