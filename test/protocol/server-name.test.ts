// How clients call a server, and the command line.
import { describe, expect, test } from 'vitest';
import { isHost, parseHostPort, parseServerName } from '../../src/protocol/server-name.js';

describe('a server as a client names it', () => {
  test.each([
    ['ftp.example.com', { address: 'ftp.example.com', port: 21 }],
    ['ftp.example.com:2121', { address: 'ftp.example.com', port: 2121 }],
    [' ftp.example.com ', { address: 'ftp.example.com', port: 21 }],
    ['192.0.2.7:65535', { address: '192.0.2.7', port: 65535 }],
    ['[2001:db8::7]', { address: '2001:db8::7', port: 21 }],
    ['[2001:db8::7]:2121', { address: '2001:db8::7', port: 2121 }],
    ['2001:db8::7', { address: '2001:db8::7', port: 21 }],
    ['::1', { address: '::1', port: 21 }],
    ['::1:2121', { address: '::1:2121', port: 21 }],
    ['::1:21210', { address: '::1', port: 21210 }],
    ['2001:db8:0:0:0:0:0:7:2121', { address: '2001:db8:0:0:0:0:0:7', port: 2121 }],
    ['ftp://ftp.example.com/', { address: 'ftp.example.com', port: 21 }],
    ['FTPS://ftp.example.com', { address: 'ftp.example.com', port: 990, implicitTls: true }],
    ['ftps://ftp.example.com:2121', { address: 'ftp.example.com', port: 2121, implicitTls: true }],
    ['ftp.example.com:990', { address: 'ftp.example.com', port: 990, implicitTls: true }],
    ['ftp://ftp.example.com:990', { address: 'ftp.example.com', port: 990 }],
    ['under_score.example', { address: 'under_score.example', port: 21 }],
    // UTF-8 as it comes over the wire, one character a byte.
    ['m\xc3\xbcnchen.example', { address: 'xn--mnchen-3ya.example', port: 21 }],
  ])('%j', (text, server) => {
    expect(parseServerName(text)).toEqual(server);
  });

  test.each(['', ':21', 'a b', 'host/path', '1.2.3', '999.1.1.1', '[192.0.2.7]', '[::1', '-host', 'host\0', '\xad'])(
    '%j names none',
    (text) => {
      expect(parseServerName(text)).toBe('it names no host');
    },
  );

  test.each([
    'host:',
    'host:0',
    'host:65536',
    'host:ftp',
    'host:21:22',
    'host:-1',
    'host:2 1',
    '[::1]:x',
    'http://host',
    'anna:sesame@host',
  ])('%j has a wrong port', (text) => {
    expect(parseServerName(text)).toMatch(/^the port must be a number from 1 to 65535/);
  });
});

test('a host and its port, with a default', () => {
  expect(parseHostPort('host', 990)).toEqual({ address: 'host', port: 990 });
  expect(parseHostPort('[::1]', 21)).toEqual({ address: '::1', port: 21 });
  expect(parseHostPort('', 21)).toBe('no-host');
  expect(parseHostPort('host:x', 21)).toBe('no-port');
});

test('IPv6 names a host in brackets only', () => {
  expect([isHost('::1', true), isHost('::1', false), isHost('host', true)]).toEqual([true, false, false]);
});
