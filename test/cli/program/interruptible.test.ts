// Work goes on until its end is asked for, and what has gone by is let go of.
import { expect, test } from 'vitest';
import { Interruptible } from '../../../src/cli/program/interruptible.js';

function ending() {
  let ask = () => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  return { ask, interruptible: new Interruptible(asked) };
}

async function* upTo(count: number): AsyncGenerator<number> {
  for (let number = 1; number <= count; number += 1) yield number;
}

test('without an end everything is given', async () => {
  const { interruptible } = ending();
  const given: number[] = [];
  for await (const number of interruptible.each(upTo(3))) given.push(number);
  expect(given).toEqual([1, 2, 3]);
});

test('the end comes before what never comes', async () => {
  const { ask, interruptible } = ending();
  const waiting = interruptible.wait(new Promise(() => {}));
  ask();
  expect(await waiting).toBeNull();
  expect(await interruptible.wait(new Promise(() => {}))).toBeNull();
});

test('faults come through', async () => {
  const { interruptible } = ending();
  await expect(interruptible.wait(Promise.reject(new Error('fault')))).rejects.toThrow('fault');
});

test('in the middle of a source', async () => {
  const { ask, interruptible } = ending();
  const given: number[] = [];
  for await (const number of interruptible.each(upTo(100))) {
    given.push(number);
    if (number === 2) ask();
  }
  expect(given.length).toBeLessThan(5);
});
