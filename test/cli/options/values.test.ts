// Values of the command line: tables of what is understood, and of what gets a clear line.
import { describe, expect, test } from 'vitest';
import {
  parseAddress,
  parseCount,
  parseDuration,
  parseLineSize,
  parseListen,
  parsePath,
  parsePortRange,
  parseReplayServer,
  parseServer,
} from '../../../src/cli/options/values.js';
import { UsageError } from '../../../src/cli/program/errors.js';

function problemOf(parse: (text: string) => unknown, text: string): string {
  try {
    return `understood as ${JSON.stringify(parse(text))}`;
  } catch (error) {
    return error instanceof UsageError ? error.message : `not for users: ${error}`;
  }
}

/** Texts that every parser has to turn down. */
const RUBBISH = ['', ' ', '\0', '\n', '-1', 'x'.repeat(10_000), '1e9', '0x10', 'NaN', '\x1b[2J', '٣'];

describe('times', () => {
  test.each([
    ['30', 30_000],
    ['30s', 30_000],
    ['500ms', 500],
    ['1ms', 1],
    ['0.5s', 500],
    ['5m', 300_000],
    ['5min', 300_000],
    ['5 m', 300_000],
    ['2h', 7_200_000],
    ['2H', 7_200_000],
    ['576h', 2_073_600_000],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([...RUBBISH, '0', '0s', '5x', '577h', '1.2.3s', 's', '5m30s'])('not %j', (text) => {
    expect(problemOf(parseDuration, text)).toMatch(/^Give a time such as 500ms/);
  });
});

describe('sizes', () => {
  test.each([
    ['512', 512],
    ['512B', 512],
    ['16K', 16_384],
    ['16KiB', 16_384],
    ['16kb', 16_000],
    ['1.5K', 1536],
    ['1M', 1_048_576],
    ['16MiB', 16_777_216],
  ])('%s', (text, bytes) => {
    expect(parseLineSize(text)).toBe(bytes);
  });

  test.each([...RUBBISH, '0', '127', '17M', '16T', '200.5', 'K'])('not %j', (text) => {
    expect(problemOf(parseLineSize, text)).toMatch(/^Give a size such as 512/);
  });
});

describe('counts', () => {
  test.each([
    ['1', 1],
    ['1000', 1000],
    ['1000000', 1_000_000],
  ])('%s', (text, count) => {
    expect(parseCount(text)).toBe(count);
  });

  test.each([...RUBBISH, '0', '1.5', '1000001', '10k'])('not %j', (text) => {
    expect(problemOf(parseCount, text)).toBe('Give a whole number from 1 to 1000000.');
  });
});

describe('where to listen', () => {
  test.each([
    ['127.0.0.1:2121', '127.0.0.1', 2121],
    ['0.0.0.0:21', '0.0.0.0', 21],
    ['[::1]:2121', '::1', 2121],
    ['[::]:2121', '::', 2121],
    ['localhost:2121', 'localhost', 2121],
    [':2121', '127.0.0.1', 2121],
    ['2121', '127.0.0.1', 2121],
    ['0', '127.0.0.1', 0],
    ['localhost:0', 'localhost', 0],
  ])('%s', (text, address, port) => {
    expect(parseListen(text)).toEqual({ address, port });
  });

  test.each([
    ...RUBBISH,
    'localhost',
    '0.0.0.0',
    '1.2.3:21',
    '300.0.0.1:21',
    '::1:2121',
    '[::1]',
    '[]:2121',
    '[127.0.0.1]:2121',
    '[localhost]:21',
    'localhost:65536',
    'localhost:ftp',
    'ftp://localhost:21',
    '*:2121',
    'a b:21',
  ])('not %j', (text) => {
    expect(problemOf(parseListen, text)).toMatch(/^Give HOST:PORT such as 127\.0\.0\.1:2121/);
  });
});

describe('port ranges', () => {
  test.each([
    ['50000-50100', 50_000, 50_100],
    ['1-65535', 1, 65_535],
    ['2000', 2000, 2000],
    ['2000-2000', 2000, 2000],
  ])('%s', (text, from, to) => {
    expect(parsePortRange(text)).toEqual({ from, to });
  });

  test.each([...RUBBISH, '0-10', '10-5', '1-65536', '1-2-3', '1-', '-', 'a-b', '1:2'])('not %j', (text) => {
    expect(problemOf(parsePortRange, text)).toMatch(/^Give FROM-TO such as 50000-50100/);
  });
});

describe('addresses to advertise', () => {
  test.each([
    ['203.0.113.5', '203.0.113.5'],
    ['2001:DB8::0:5', '2001:db8::5'],
    ['::ffff:203.0.113.5', '203.0.113.5'],
  ])('%s', (text, address) => {
    expect(parseAddress(text)).toBe(address);
  });

  test.each([...RUBBISH, 'ftp.example.com', '203.0.113.5:21', '[::1]', 'fe80::1%eth0', '1.2.3'])('not %j', (text) => {
    expect(problemOf(parseAddress, text)).toMatch(/^Give an IP address such as 203\.0\.113\.5/);
  });
});

test('files: anything but nothing, and not stdout', () => {
  expect(parsePath('session.ndjson')).toBe('session.ndjson');
  expect(parsePath('-x')).toBe('-x');
  expect(problemOf(parsePath, '')).toBe('Give the name of a file or folder.');
  expect(problemOf(parsePath, 'a\0b')).toBe('Give the name of a file or folder.');
  expect(problemOf(parsePath, '-')).toContain('--json');
});

describe('implicit TLS', () => {
  test('is asked for by the scheme', () => {
    expect(parseListen('ftps://127.0.0.1:990')).toEqual({ address: '127.0.0.1', port: 990, implicitTls: true });
    expect(parseServer('ftps://host')).toEqual({ address: 'host', port: 990, implicitTls: true });
    expect(parseServer('ftps://host:2990/')).toEqual({ address: 'host', port: 2990, implicitTls: true });
  });
});

describe('servers', () => {
  test.each([
    ['ftp://ftp.example.com', 'ftp.example.com', 21],
    ['ftp://ftp.example.com/', 'ftp.example.com', 21],
    ['FTP://ftp.example.com:2121', 'ftp.example.com', 2121],
    ['ftp://localhost:2121/', 'localhost', 2121],
    ['ftp://192.0.2.7', '192.0.2.7', 21],
    ['ftp://[2001:db8::7]', '2001:db8::7', 21],
    ['ftp://[2001:db8::7]:2121', '2001:db8::7', 2121],
    ['ftp://my_server.lan.', 'my_server.lan.', 21],
    ['ftp://b\u00fccher.example', 'xn--bcher-kva.example', 21],
  ])('%s', (text, address, port) => {
    expect(parseServer(text)).toEqual({ address, port });
  });

  test.each([
    ['ftpes://host', 'for TLS by AUTH write ftp:// and --server-tls require; ftps:// is TLS from the first byte'],
    ['sftp://host', 'SFTP is a part of SSH and another protocol; only ftp:// and ftps:// are understood'],
    ['http://host', 'only ftp:// and ftps:// are understood: ftp://HOST or ftp://HOST:PORT'],
    ['host:2121', 'write it as ftp://host:2121'],
    ['ftp.example.com', 'write it as ftp://ftp.example.com'],
    ['ftp:/host', 'give the server as ftp://HOST or ftp://HOST:PORT'],
    ['', 'give the server as ftp://HOST or ftp://HOST:PORT'],
    ['ftp://', 'it names no host; give ftp://HOST or ftp://HOST:PORT, an IPv6 address in brackets'],
    ['ftp://:21', 'it names no host; give ftp://HOST or ftp://HOST:PORT, an IPv6 address in brackets'],
    ['ftp://::1', 'it names no host; give ftp://HOST or ftp://HOST:PORT, an IPv6 address in brackets'],
    ['ftp://[host]', 'it names no host; give ftp://HOST or ftp://HOST:PORT, an IPv6 address in brackets'],
    ['ftp://1.2.3', 'it names no host; give ftp://HOST or ftp://HOST:PORT, an IPv6 address in brackets'],
    ['ftp://a b', 'it names no host; give ftp://HOST or ftp://HOST:PORT, an IPv6 address in brackets'],
    ['ftp://-x', 'it names no host; give ftp://HOST or ftp://HOST:PORT, an IPv6 address in brackets'],
    ['ftp://host/pub', 'leave out the path /pub, the client chooses it'],
    ['ftp://host?x', 'leave out the path ?x, the client chooses it'],
    ['ftp://host:0', 'the port must be a number from 1 to 65535'],
    ['ftp://host:65536', 'the port must be a number from 1 to 65535'],
    ['ftp://host:', 'the port must be a number from 1 to 65535'],
    ['ftp://host:ftp', 'the port must be a number from 1 to 65535'],
  ])('not %j', (text, problem) => {
    expect(problemOf(parseServer, text)).toBe(`cannot relay to '${text}': ${problem}`);
  });

  test('to replay to are told of in their own words', () => {
    expect(problemOf(parseReplayServer, 'ftp://anna:secret@host')).toBe(
      "cannot replay to 'ftp://...@host': leave out user and password, say them with --user and --password",
    );
    expect(problemOf(parseReplayServer, 'ftp://host/pub')).toBe(
      "cannot replay to 'ftp://host/pub': leave out the path /pub, the recording has its own",
    );
  });

  test('a password that was given is not repeated', () => {
    expect(problemOf(parseServer, 'ftp://anna:secret@host')).toBe(
      "cannot relay to 'ftp://...@host': leave out user and password, the client sends its own",
    );
  });
});
