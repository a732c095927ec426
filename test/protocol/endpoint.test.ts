// Addresses in their one spelling, compared and written, and ports.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressFamily,
  canonicalAddress,
  formatEndpoint,
  parsePort,
  sameAddress,
  sameEndpoint,
} from '../../src/protocol/endpoint.js';

describe('canonical', () => {
  test.each([
    ['10.0.0.7', '10.0.0.7', 1],
    ['0.0.0.0', '0.0.0.0', 1],
    ['255.255.255.255', '255.255.255.255', 1],
    ['::', '::', 2],
    ['::1', '::1', 2],
    ['0:0:0:0:0:0:0:1', '::1', 2],
    ['2001:DB8:0000::0001', '2001:db8::1', 2],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1', 2],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201', 2],
    ['fe80::1%eth0', 'fe80::1', 2],
    ['fe80::1%25', 'fe80::1', 2],
    ['::ffff:10.0.0.7', '10.0.0.7', 1],
    ['::FFFF:a00:7', '10.0.0.7', 1],
    ['::ffff:10.0.0.7%eth0', '10.0.0.7', 1],
  ])('%s is %s, family %i', (text, canonical, family) => {
    expect(canonicalAddress(text)).toBe(canonical);
    expect(addressFamily(text)).toBe(family);
  });

  test.each([
    '',
    ' ',
    'localhost',
    'ftp.example.com',
    '10.0.0',
    '10.0.0.7.1',
    '10.0.0.256',
    '010.0.0.7',
    '0x0a.0.0.7',
    '167772167',
    '10.0.0.7 ',
    ' 10.0.0.7',
    '10.0.0.7%eth0',
    '10.0.0.7:21',
    '[::1]',
    '::1]',
    ':::',
    '1::2::3',
    '12345::',
    '::g',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::ffff:10.0.0.256',
    '%eth0',
    '::1\n',
    'constructor',
  ])('%j is no address', (text) => {
    expect(canonicalAddress(text)).toBeNull();
    expect(addressFamily(text)).toBeNull();
  });
});

describe('the same host', () => {
  test.each([
    ['10.0.0.7', '10.0.0.7', true],
    ['10.0.0.7', '::ffff:10.0.0.7', true],
    ['::1', '0:0::1', true],
    ['2001:db8::A', '2001:DB8::a', true],
    ['fe80::1%eth0', 'fe80::1', true],
    ['10.0.0.7', '10.0.0.8', false],
    ['::1', '127.0.0.1', false],
    ['localhost', 'localhost', false],
    ['', '', false],
  ])('%s and %s: %s', (left, right, same) => {
    expect(sameAddress(left, right)).toBe(same);
    expect(sameEndpoint({ address: left, port: 21 }, { address: right, port: 21 })).toBe(same);
    expect(sameEndpoint({ address: left, port: 21 }, { address: right, port: 22 })).toBe(false);
    expect(sameAddress(right, left)).toBe(same);
  });
});

test.each([
  ['10.0.0.7', '10.0.0.7:21'],
  ['::1', '[::1]:21'],
  ['fe80::1%eth0', '[fe80::1%eth0]:21'],
  ['ftp.example.com', 'ftp.example.com:21'],
])('%s is written %s', (address, expected) => {
  expect(formatEndpoint({ address, port: 21 })).toBe(expected);
});

describe('ports', () => {
  test.each([
    ['1', 1],
    ['21', 21],
    ['00021', 21],
    ['65535', 65535],
  ])('%s', (text, port) => {
    expect(parsePort(text)).toBe(port);
  });

  test.each([
    '',
    '0',
    '00000',
    '65536',
    '99999',
    '100000',
    '000021',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x15',
    ' 21',
    '21\n',
    'ftp',
    '\u0661',
  ])('%j is no port', (text) => {
    expect(parsePort(text)).toBeNull();
  });
});

describe('properties', () => {
  const addresses = fc.oneof(fc.ipV4(), fc.ipV6());

  test('canonical once is canonical for good', () => {
    fc.assert(
      fc.property(addresses, (address) => {
        const canonical = canonicalAddress(address) ?? 'none';
        expect(canonicalAddress(canonical)).toBe(canonical);
        expect(sameAddress(address, canonical)).toBe(true);
        expect(sameAddress(address.toUpperCase(), canonical)).toBe(true);
      }),
    );
  });

  test('any string is an address or null', () => {
    const likely = fc
      .array(fc.constantFrom(':', '.', '%', 'f', '0', '1', '255', '::', 'ffff'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(fc.string(), likely), (text) => {
        expect(canonicalAddress(text) === null).toBe(addressFamily(text) === null);
      }),
      { numRuns: 1000 },
    );
  });

  test('every port and no other number', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 200_000 }), (number) => {
        expect(parsePort(`${number}`)).toBe(number >= 1 && number <= 65535 ? number : null);
      }),
    );
  });
});
