// Which servers a pattern allows: by name, by address, by port.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import { parseServerName } from '../../src/protocol/server-name.js';
import { parseServerPattern } from '../../src/protocol/server-pattern.js';

/** Whether the server may be connected to at that address. */
function allows(pattern: string, server: string, address: string): boolean {
  const named = parseServerName(server);
  if (typeof named === 'string') throw new Error(`${server}: ${named}`);
  return parseServerPattern(pattern)?.means(named, address) ?? false;
}

const SOME = '192.0.2.7';

describe('names', () => {
  test.each([
    ['ftp.example.com', 'ftp.example.com', true],
    ['ftp.example.com', 'FTP.Example.COM.', true],
    ['FTP.example.com.', 'ftp.example.com', true],
    ['ftp.example.com', 'example.com', false],
    ['ftp.example.com', 'ftp.example.com.evil.test', false],
    ['ftp.example.com', 'notftp.example.com', false],
    ['*.example.com', 'ftp.example.com', true],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'evilexample.com', false],
    ['*', 'whatever.test', true],
  ])('%s, asked for %s: %s', (pattern, server, allowed) => {
    expect(allows(pattern, server, SOME)).toBe(allowed);
  });

  test('say nothing of an address that a client names', () => {
    expect(allows('ftp.example.com', SOME, SOME)).toBe(false);
  });
});

describe('addresses', () => {
  test.each([
    ['10.0.0.0/8', 'ftp.example.com', '10.1.2.3', true],
    ['10.0.0.0/8', 'ftp.example.com', '11.1.2.3', false],
    ['10.0.0.0/8', '10.1.2.3', '10.1.2.3', true],
    ['10.0.0.0/8', '[::ffff:10.1.2.3]', '::ffff:10.1.2.3', true],
    ['192.0.2.7', 'ftp.example.com', '192.0.2.7', true],
    ['192.0.2.7', 'ftp.example.com', '192.0.2.8', false],
    ['2001:db8::/32', '[2001:db8::7]', '2001:db8::7', true],
    ['2001:db8::/32', '[2001:db9::7]', '2001:db9::7', false],
    ['[2001:db8::/32]:*', '[2001:db8::7]:2121', '2001:db8::7', true],
    ['::1', '[::1]', '::1', true],
    ['*', '[::1]', '::1', true],
  ])('%s, asked for %s at %s: %s', (pattern, server, address, allowed) => {
    expect(allows(pattern, server, address)).toBe(allowed);
  });

  test('a name can be meant by a range, before it is looked up', () => {
    const range = parseServerPattern('10.0.0.0/8:2121');
    const may = (server: Endpoint) => range?.mayMean(server);
    expect(may({ address: 'ftp.example.com', port: 2121 })).toBe(true);
    expect(may({ address: 'ftp.example.com', port: 21 })).toBe(false);
    expect(parseServerPattern('a.example')?.mayMean({ address: 'b.example', port: 21 })).toBe(false);
  });
});

describe('ports', () => {
  test.each([
    ['host', [21, 990]],
    ['*', [21, 990]],
    ['10.0.0.0/8', [21, 990]],
    ['host:2121', [2121]],
    ['host:21-23', [21, 22, 23]],
    ['[::1]:2121', [2121]],
    ['*:2121', [2121]],
  ])('%s allows %j', (pattern, ports) => {
    const all = [20, 21, 22, 23, 25, 80, 989, 990, 2121, 65535];
    const parsed = parseServerPattern(pattern);
    const [address, found] = pattern.startsWith('[') ? ['::1', '::1'] : ['host', '10.0.0.1'];
    expect(all.filter((port) => parsed?.means({ address, port }, found))).toEqual(ports);
  });

  test('a star allows every one', () => {
    expect(allows('host:*', 'host:1', SOME) && allows('host:*', 'host:65535', SOME)).toBe(true);
  });
});

test.each([
  '',
  ' ',
  'a b',
  'ftp://host',
  'host:',
  'host:0',
  'host:9-1',
  'host:1-2-3',
  'host:x',
  '*.',
  '*.0.0.1',
  'a.*.b',
  '**',
  '10.0.0.0/33',
  '[10.0.0.0/8]',
  '[host]:21',
  '::1:x',
  '1.2.3',
  'host,other',
  'user@host',
])('%j is no pattern', (text) => {
  expect(parseServerPattern(text)).toBeNull();
});

test('a text is a pattern or none, and never more than it says', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const pattern = parseServerPattern(text);
      if (pattern === null || text.startsWith('*')) return;
      expect(pattern.means({ address: 'not-that.test', port: 21 }, '198.51.100.1')).toBe(
        /^(not-that\.test|198\.51\.100\.1)/i.test(text),
      );
    }),
  );
});
