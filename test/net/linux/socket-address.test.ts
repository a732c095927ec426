// Endpoints in the kernel's own form.
import { endianness } from 'node:os';
import { describe, expect, test } from 'vitest';
import { fromSocketAddress, toSocketAddress } from '../../../src/net/linux/socket-address.js';

describe('socket addresses', () => {
  test.each([
    { address: '203.0.113.7', port: 21 },
    { address: '2001:db8::7', port: 65535 },
  ])('%j comes back as it went', (endpoint) => {
    expect(fromSocketAddress(toSocketAddress(endpoint))).toEqual(endpoint);
  });

  test('are as the kernel lays them out', () => {
    const family = endianness() === 'LE' ? '0200' : '0002';
    expect(toSocketAddress({ address: '203.0.113.7', port: 2121 }).toString('hex')).toBe(
      `${family}0849cb0071070000000000000000`,
    );
  });

  test('of another family, or cut off, are none', () => {
    expect(fromSocketAddress(Buffer.alloc(28))).toBeNull();
    expect(fromSocketAddress(Buffer.alloc(3))).toBeNull();
    expect(fromSocketAddress(toSocketAddress({ address: '2001:db8::7', port: 21 }).subarray(0, 20))).toBeNull();
  });
});
