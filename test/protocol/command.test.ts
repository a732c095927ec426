// A client's lines as commands: verbs, arguments that are bytes and not text, and secrets that must not be shown.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Command,
  maskedArgument,
  maskedLine,
  maskedNoise,
  parseCommandLine,
  secretOf,
  secretValuesInNoise,
  secretValuesOf,
} from '../../src/protocol/command.js';
import { type LineEnd, LineSplitter } from '../../src/protocol/line-splitter.js';
import { captureNames, trueLines } from '../support/corpus.js';
import { everyCut, wire } from '../support/every-cut.js';

function parse(line: string, end: LineEnd = '\r\n'): Command | null {
  return parseCommandLine(wire(line + end), end).command;
}

function command(line: string): Command {
  const parsed = parse(line);
  if (parsed === null) throw new Error(`no command: ${line}`);
  return parsed;
}

describe('verb and argument', () => {
  test.each([
    ['NOOP', 'NOOP', ''],
    ['noop', 'NOOP', ''],
    ['rEtR File.TXT', 'RETR', 'File.TXT'],
    ['RETR ', 'RETR', ''],
    ['RETR  name', 'RETR', ' name'],
    ['RETR name ', 'RETR', 'name '],
    ['RETR \t', 'RETR', '\t'],
    ['RETR\tname', 'RETR', 'name'],
    ['STOR a b  c', 'STOR', 'a b  c'],
    ['STOR gr\xfc\xdfe', 'STOR', 'gr\xfc\xdfe'],
    ['STOR gr\xc3\xbc\xc3\x9fe', 'STOR', 'gr\xc3\xbc\xc3\x9fe'],
    ['CWD \xa0', 'CWD', '\xa0'],
    ['RETR a\rb', 'RETR', 'a\rb'],
    ['RETR a\0b', 'RETR', 'a\0b'],
    ['XMD5 a', 'XMD5', 'a'],
    ['p@sw', 'P@SW', ''],
    ['TYPEEEEEEEEEEEEEEEEE I', 'TYPEEEEEEEEEEEEEEEEE', 'I'],
    ['PASV\r', 'PASV', ''],
    ['PASV\v', 'PASV', ''],
    ['PORT\f10,0,0,1,4,1', 'PORT', '10,0,0,1,4,1'],
  ])('%j', (line, verb, argument) => {
    expect(parse(line)).toEqual({ verb, argument, line, end: '\r\n', raw: wire(`${line}\r\n`) });
  });

  test.each<LineEnd>(['\r\n', '\n', '\r', ''])('line end %j', (end) => {
    expect(parse('RETR a', end)).toMatchObject({ line: 'RETR a', argument: 'a', end, raw: wire(`RETR a${end}`) });
  });

  test.each(['', ' ', '1ST', 'NO-OP', '\xe9t\xe9', '<html>', '@SW', '\x80\x81'])('no command: %j', (line) => {
    expect(parseCommandLine(wire(`${line}\r\n`), '\r\n')).toEqual({
      command: null,
      disguised: false,
      telnet: Buffer.alloc(0),
      raw: wire(`${line}\r\n`),
    });
  });

  test.each([
    [' NOOP', 'NOOP', ''],
    ['\0NOOP', 'NOOP', ''],
    ['NOOP\0', 'NOOP', ''],
    ['\rPASV', 'PASV', ''],
    ['PA\xff\xf2SV', 'PASV', ''],
    ['P\x08ORT 10,0,0,1,4,1', 'PORT', '10,0,0,1,4,1'],
    ['\xef\xbb\xbfUSER anna', 'USER', 'anna'],
    ['"PASV"', 'PASV', '"'],
    ['PASS:x', 'PASS', ':x'],
  ])('a command to some servers: %j', (line, verb, argument) => {
    const { command, disguised } = parseCommandLine(wire(`${line}\r\n`), '\r\n');
    expect({ disguised, command }).toEqual({
      disguised: true,
      command: { verb, argument, line, end: '\r\n', raw: wire(`${line}\r\n`) },
    });
  });

  test('however the bytes are cut', () => {
    const bytes = wire('user anna\n\xff\xf4\xff\xf2ABOR\r\n\r\nRETR  \xff\xff x\r\n!\n');
    const seen = everyCut(bytes, (chunks) => {
      const splitter = new LineSplitter(100);
      const outputs = chunks.flatMap((chunk) => splitter.push(chunk));
      const lines = outputs.filter((output) => output.kind === 'line');
      return lines.map(({ raw, end }) => parseCommandLine(raw, end).command?.line ?? null);
    });
    expect(seen).toEqual(['user anna', 'ABOR', null, 'RETR  \xff\xff x', null]);
  });
});

describe('secrets', () => {
  test.each([
    ['PASS s3cret', 's3cret', 'PASS ****'],
    ['pass s3cret', 's3cret', 'pass ****'],
    ['PASS  s3 cret ', ' s3 cret ', 'PASS ****'],
    ['PASS\ts3cret', 's3cret', 'PASS\t****'],
    ['PASS\rs3cret', 's3cret', 'PASS\r****'],
    ['PASS', null, 'PASS'],
    ['PASS ', null, 'PASS '],
    ['ACCT payroll', 'payroll', 'ACCT ****'],
    ['ADAT FgMBAGsB', 'FgMBAGsB', 'ADAT ****'],
    ['MIC bWlj', 'bWlj', 'MIC ****'],
    ['CONF Y29uZg==', 'Y29uZg==', 'CONF ****'],
    ['ENC ZW5j', 'ZW5j', 'ENC ****'],
    ['SITE PSWD old new', 'old new', 'SITE PSWD ****'],
    ['site pswd old new', 'old new', 'site pswd ****'],
    ['SITE  CHPASS anna new', 'anna new', 'SITE  CHPASS ****'],
    ['SITE PSWD old\rnew', 'old\rnew', 'SITE PSWD ****'],
    ['SITE GPASS group', 'group', 'SITE GPASS ****'],
    ['SITE ADDUSER anna new', 'anna new', 'SITE ADDUSER ****'],
    ['SITE PSWD', null, 'SITE PSWD'],
    ['SITE PSWDS x', 'x', 'SITE PSWDS ****'],
    ['SITE PASSWORD new', 'new', 'SITE PASSWORD ****'],
    ['SITE CHPW new', 'new', 'SITE CHPW ****'],
    ['SITE NEWPASS new', 'new', 'SITE NEWPASS ****'],
    ['SITE USERADD anna new', 'anna new', 'SITE USERADD ****'],
    ['SITE LOGIN anna new', 'anna new', 'SITE LOGIN ****'],
    ['SITE PASSIVE on', null, 'SITE PASSIVE on'],
    ['SITE CHMOD 644 x', null, 'SITE CHMOD 644 x'],
    ['PASSWD s3cret', 's3cret', 'PASSWD ****'],
    ['password s3cret', 's3cret', 'password ****'],
    ['PASV x', null, 'PASV x'],
    ['XPWD x', null, 'XPWD x'],
    ['AUTH LOGIN c2Vj', 'c2Vj', 'AUTH LOGIN ****'],
    ['AUTH TLS', null, 'AUTH TLS'],
    ['SITE CHMOD 600 PASS x', null, 'SITE CHMOD 600 PASS x'],
    ['USER anna', null, 'USER anna'],
    ['USER anna@ftp.example.com:21', null, 'USER anna@ftp.example.com:21'],
    ['USER anna@[::1]:21', null, 'USER anna@[::1]:21'],
    ['USER anna@ftps://host', null, 'USER anna@ftps://host'],
    ['USER ftp://host', null, 'USER ftp://host'],
    ['USER anna@host:21 proxyuser', null, 'USER anna@host:21 proxyuser'],
    ['USER anna@fe80::1', null, 'USER anna@fe80::1'],
    ['USER anna:s3cret', 's3cret', 'USER anna:****'],
    ['USER anna@host:ftp', null, 'USER anna@host:ftp'],
    ['USER anna:s3:cr@t@host:21', 's3:cr@t', 'USER anna:****@host:21'],
    ['USER me@mail:s3cret@host', 's3cret', 'USER me@mail:****@host'],
    ['USER a:a@a', 'a', 'USER a:****@a'],
    ['OPEN ftp://anna:s3cret@host:21', 's3cret', 'OPEN ftp://anna:****@host:21'],
    ['OPEN ftp://host:21', null, 'OPEN ftp://host:21'],
    ['OPEN host 21', null, 'OPEN host 21'],
    ['OPEN host anna s3cret', 's3cret', 'OPEN host anna ****'],
    ['CWD ftp://anna:s3cret@host/x', 's3cret', 'CWD ftp://anna:****@host/x'],
    ['RETR see http://a:b@c/d', 'b', 'RETR see http://a:****@c/d'],
    ['CWD ftp://host/a:b@c', null, 'CWD ftp://host/a:b@c'],
    ['SITE anna:s3cret@host 21', 's3cret', 'SITE anna:****@host 21'],
    ['SITE EXEC say a:b c@d', null, 'SITE EXEC say a:b c@d'],
    ['RETR PASS x', null, 'RETR PASS x'],
    ['STOR PSWD x', null, 'STOR PSWD x'],
  ])('%j', (line, secret, masked) => {
    expect(secretOf(command(line))).toBe(secret);
    expect(maskedLine(command(line))).toBe(masked);
    expect(masked.endsWith(maskedArgument(command(line)))).toBe(true);
  });

  test.each([
    [' PASS s3cret', ' PASS ****'],
    ['\0PASS s3cret', '\0PASS ****'],
    ['\xe9PASS s3cret', '\xe9PASS ****'],
    ['12PASS s3cret', '12PASS ****'],
    ['PASS\0s3cret', 'PASS\0****'],
    ['PASS:s3cret', 'PASS:****'],
    ['PASS \0 s3cret', 'PASS \0 ****'],
    ['\0PASS $3cret', '\0PASS ****'],
    ['\0PASS !!!', '\0PASS ****'],
    ['\0pass a\rb\nc', '\0pass ****'],
    [' ACCT payroll', ' ACCT ****'],
    [' ADAT FgMB', ' ADAT ****'],
    [' SITE PSWD old new', ' SITE PSWD ****'],
    [' PASSWD s3cret', ' PASSWD ****'],
    ['GET ftp://a:b@c and ftp://d:e@f', 'GET ftp://a:****@c and ftp://d:****@f'],
    [' SITE CHMOD 600 a', ' SITE CHMOD 600 a'],
    [' PASS', ' PASS'],
    ['mind the COMPASS rose', 'mind the COMPASS rose'],
    ['PASSIVE mode', 'PASSIVE mode'],
    ['', ''],
  ])('in a line that is no command: %j', (line, masked) => {
    expect(maskedNoise(line)).toBe(masked);
  });
});

describe('properties', () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
  const ends = fc.constantFrom<LineEnd>('\r\n', '\n', '\r', '');

  test('any line is a command or is not, and keeps its bytes', () => {
    fc.assert(
      fc.property(bytes, ends, (body, end) => {
        const line = Buffer.concat([body, wire(end)]);
        const parsed = parseCommandLine(line, end);
        expect(Buffer.concat([parsed.telnet, parsed.raw])).toEqual(line);
        if (parsed.command !== null) expect(wire(parsed.command.line + end)).toEqual(parsed.raw);
      }),
    );
  });

  test('a password is never part of what is shown', () => {
    const password = fc.stringMatching(/^[a-z0-9]{6,12}$/);
    const before = fc.constantFrom('', ' ', '\0', '\t', '\0\0 ', '\xa0', '"', '1');
    const between = fc.constantFrom(' ', '\t', '\r', '\0', '  ', ' \0', ':', '=');
    fc.assert(
      fc.property(before, between, password, (head, gap, secret) => {
        const line = `${head}PASS${gap}${secret}`;
        const parsed = parse(line);
        expect(parsed === null ? maskedNoise(line) : maskedLine(parsed)).not.toContain(secret);
      }),
    );
  });
});

describe('real captures', () => {
  test.each(captureNames())('every line of the client in %s is a command', (capture) => {
    expect(trueLines(capture, 'C').filter((line) => parse(line) === null)).toEqual([]);
  });

  test('the password of ftp-password-pass-command is masked', () => {
    const lines = trueLines('ftp-password-pass-command', 'C').map((line) => maskedLine(command(line)));
    expect(lines).toEqual(['USER Admin', 'PASS ****']);
  });
});

test.each([
  ['letters', 'x'.repeat(500_000)],
  ['schemes', 'ftp://'.repeat(80_000)],
  ['users', 'ftp://a:'.repeat(60_000)],
  ['passwords', `PASS ${'@ '.repeat(200_000)}`],
  ['blanks', ' '.repeat(500_000)],
])('a long line of %s is read in no time', (_what, line) => {
  const begin = performance.now();
  secretValuesInNoise(line);
  maskedNoise(line);
  for (const verb of ['USER', 'STAT', 'SITE', 'OPEN', 'AUTH', 'XYZZY']) secretValuesOf({ verb, argument: line });
  expect(performance.now() - begin).toBeLessThan(2000);
});

test.each([
  ['QUITPASS sesame', 'QUITPASS ****'],
  ['XYZ\0PASS sesame', 'XYZ\0PASS ****'],
  ['XYZZY PASS sesame', 'XYZZY PASS ****'],
  ['RETR PASS sesame', 'RETR PASS sesame'],
])('%j, a line that lost its end, is shown as %j', (line, shown) => {
  const parsed = parse(line);
  expect(parsed === null ? maskedNoise(line) : maskedLine(parsed)).toBe(shown);
});
