// The outbox: wire order, reserved slots, and word of what has left.
import { expect, test } from 'vitest';
import { Outbox } from '../../src/relay/outbox.js';

function drained(outbox: Outbox): string[] {
  const sent: string[] = [];
  outbox.drain((bytes) => sent.push(bytes.toString()));
  return sent;
}

test('what is put leaves in order, joined', () => {
  const outbox = new Outbox();
  for (const text of ['a', 'b', 'c']) outbox.put(Buffer.from(text));
  expect(drained(outbox)).toEqual(['abc']);
  expect(outbox.empty).toBe(true);
});

test('nothing overtakes a reserved slot', () => {
  const outbox = new Outbox();
  outbox.put(Buffer.from('a'));
  const slot = outbox.reserve();
  outbox.put(Buffer.from('c'));
  expect(drained(outbox)).toEqual(['a']);
  expect(outbox.waitingBytes).toBe(1);
  slot.append(Buffer.from('b'));
  expect(drained(outbox)).toEqual([]);
  slot.release();
  expect(drained(outbox)).toEqual(['bc']);
});

test('a slot may be filled with something else, or left empty', () => {
  const outbox = new Outbox();
  const replaced = outbox.reserve();
  replaced.append(Buffer.from('secret address'));
  const empty = outbox.reserve();
  replaced.replace(Buffer.from('x'));
  empty.release();
  outbox.put(Buffer.from('y'));
  expect(drained(outbox)).toEqual(['xy']);
});

test('abandoned slots go empty, whatever they held', () => {
  const outbox = new Outbox();
  outbox.reserve().append(Buffer.from('secret address'));
  outbox.put(Buffer.from('421 bye'));
  outbox.abandonSlots();
  expect(drained(outbox)).toEqual(['421 bye']);
});

test('who wants to know is told when the bytes have left, and in between', () => {
  const outbox = new Outbox();
  const log: string[] = [];
  outbox.put(Buffer.from('a'), () => log.push('a left'));
  outbox.put(Buffer.from('b'));
  outbox.drain((bytes) => log.push(`send ${bytes}`));
  expect(log).toEqual(['send a', 'a left', 'send b']);
});
