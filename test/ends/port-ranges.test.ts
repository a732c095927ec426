import { expect, test } from 'vitest';
import { anyPortOf, parsePorts, portsOf, systemPorts } from '../../src/ends/port-ranges.js';

test('Linux writes its range as two numbers', () => {
  expect(parsePorts('32768\t60999\n')).toEqual({ from: 32_768, to: 60_999 });
  for (const text of ['', '7', 'many', '60999 32768', '0 9', '1 70000']) expect(parsePorts(text)).toBeNull();
});

test('the system has a range', () => {
  const { from, to } = systemPorts();
  expect(from).toBeLessThan(to);
});

test('a range comes whole, each port once, from a random one on', () => {
  const range = { from: 50_000, to: 50_099 };
  const firsts = new Set<number>();
  for (let count = 0; count < 50; count += 1) {
    const ports = [...portsOf(range)];
    expect([...ports].sort()).toEqual(Array.from({ length: 100 }, (_, index) => 50_000 + index));
    firsts.add(ports[0] ?? 0);
  }
  expect(firsts.size).toBeGreaterThan(10);
});

test('any port of a range is in it', () => {
  for (let count = 0; count < 100; count += 1) expect([7, 8, 9]).toContain(anyPortOf({ from: 7, to: 9 }));
});
