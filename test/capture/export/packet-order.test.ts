// Packets in the order of time, whatever becomes known when.
import { expect, test } from 'vitest';
import { type Burst, type Moment, PacketOrder, type Stretch } from '../../../src/capture/export/packet-order.js';

const burst = (at: number, text: string): Burst => ({ at, packets: [], comment: text });

function moment(at: number, text: string): Moment & { settled: boolean } {
  return { kind: 'moment', at, settled: true, burst: () => burst(at, text) };
}

function stretch(times: readonly number[], text: string): Stretch & { settled: boolean } {
  const bursts = async function* () {
    for (const at of times) yield burst(at, text);
  };
  return { kind: 'stretch', at: times[0] ?? 0, settled: true, bursts };
}

async function told(order: PacketOrder, now: number): Promise<string[]> {
  const all: string[] = [];
  for await (const { at, comment } of order.take(now)) all.push(`${at} ${comment}`);
  return all;
}

test('what happens while a transfer runs is told between its packets', async () => {
  const order = new PacketOrder();
  for (const place of [moment(1, 'RETR'), stretch([2, 4, 6], 'data'), moment(5, 'NOOP')]) order.add(place);
  expect(await told(order, 5)).toEqual(['1 RETR', '2 data', '4 data', '5 NOOP']);
  order.add(moment(7, '226'));
  expect(await told(order, 7)).toEqual(['6 data', '7 226']);
});

test('two transfers take turns', async () => {
  const order = new PacketOrder();
  order.add(stretch([1, 3, 5], 'one'));
  order.add(stretch([2, 4, 6], 'two'));
  expect(await told(order, Number.POSITIVE_INFINITY)).toEqual(['1 one', '2 two', '3 one', '4 two', '5 one', '6 two']);
});

test('what is not settled keeps back what comes after it', async () => {
  const order = new PacketOrder();
  const held = moment(1, 'PORT');
  held.settled = false;
  order.add(held);
  order.add(moment(2, 'NOOP'));
  expect(await told(order, 2)).toEqual([]);
  held.settled = true;
  expect(await told(order, 2)).toEqual(['1 PORT', '2 NOOP']);
});

test('at the end, and when too much waits, lines are told as they stand', async () => {
  const order = new PacketOrder(1);
  const held = moment(1, 'PORT');
  held.settled = false;
  order.add(held);
  expect(await told(order, 1)).toEqual([]);
  order.add(moment(2, 'NOOP'));
  expect(await told(order, 2)).toEqual(['1 PORT', '2 NOOP']);
  order.add({ ...moment(3, 'QUIT'), settled: false });
  expect(await told(order, Number.POSITIVE_INFINITY)).toEqual(['3 QUIT']);
});

test('a transfer for which too much waits is told later than it was, and time does not go back', async () => {
  const order = new PacketOrder(1);
  const running = stretch([1, 9], 'data');
  running.settled = false;
  order.add(running);
  order.add(moment(5, 'NOOP'));
  expect(await told(order, 5)).toEqual(['5 NOOP']);
  running.settled = true;
  expect(await told(order, 9)).toEqual(['5 data', '9 data']);
});

test('what has nothing to tell is passed over', async () => {
  const order = new PacketOrder();
  order.add({ ...moment(1, ''), burst: () => null });
  order.add(stretch([], 'data'));
  order.add(moment(2, 'NOOP'));
  expect(await told(order, 2)).toEqual(['2 NOOP']);
});
