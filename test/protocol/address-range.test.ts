// Ranges of addresses: which addresses are in them, and which texts are none.
import { expect, test } from 'vitest';
import { hostOf, parseAddressRange } from '../../src/protocol/address-range.js';

test.each([
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.1.2.3/8', '10.9.9.9', true],
  ['10.0.0.0/8', '::ffff:10.0.0.1', true],
  ['::ffff:10.0.0.1', '10.0.0.1', true],
  ['10.0.0.1', '10.0.0.1', true],
  ['10.0.0.1', '10.0.0.2', false],
  ['0.0.0.0/0', '192.0.2.1', true],
  ['0.0.0.0/0', '::1', false],
  ['::/0', '192.0.2.1', false],
  ['2001:db8::/32', '2001:DB8:1::1', true],
  ['fe80::/10', 'fe80::1%eth0', true],
  ['2001:db8::/32', 'localhost', false],
])('%s and %s: %s', (range, address, included) => {
  expect(parseAddressRange(range)?.includes(address)).toBe(included);
});

test.each([
  '',
  '/',
  '10.0.0.0/',
  '10.0.0.0/33',
  '::/129',
  '10.0.0/8',
  '10.0.0.0/8/8',
  '10.0.0.0/-1',
  'host/8',
  'fe80::1%eth0',
])('not %j', (text) => {
  expect(parseAddressRange(text)).toBeNull();
});

test.each([
  ['192.0.2.1', '::ffff:192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['2001:db8::1', '2001:db8:0:0:ffff::2', true],
  ['2001:db8::1', '2001:db8:0:1::1', false],
])('%s and %s: one host is %s', (one, other, same) => {
  expect(hostOf(one) === hostOf(other)).toBe(same);
});
