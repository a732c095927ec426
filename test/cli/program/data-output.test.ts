// Stdout with readers that are slow, gone, or full.
import { expect, test } from 'vitest';
import { DataOutput } from '../../../src/cli/program/data-output.js';

/** A stream whose reader takes what it is told to. */
class TestStream {
  readonly written: string[] = [];
  writableLength = 0;
  private fail: (error: Error) => void = () => {};

  write(text: string): boolean {
    this.written.push(text);
    this.writableLength += text.length;
    return true;
  }

  on(_event: 'error', listener: (error: Error) => void): void {
    this.fail = listener;
  }

  breakWith(code: string, errno: number): void {
    this.fail(Object.assign(new Error(`write ${code}`), { code, errno }));
  }
}

function outputOf(maxPendingCharacters = 100) {
  const stream = new TestStream();
  const events: string[] = [];
  const output = new DataOutput(
    stream,
    {
      ended: (reason) => events.push(`ended: ${reason}`),
      leavingOut: () => events.push('leaving out'),
      leftOut: (count) => events.push(`left out ${count}`),
    },
    maxPendingCharacters,
  );
  return { stream, events, output };
}

test('what is written goes out as it is', () => {
  const { stream, events, output } = outputOf();
  for (const text of ['one\n', '', 'two\n']) output.write(text);
  expect(stream.written).toEqual(['one\n', 'two\n']);
  expect(events).toEqual([]);
});

test('what a slow reader leaves unread is bounded, and what is left out is counted', () => {
  const { stream, events, output } = outputOf();
  const line = `${'x'.repeat(9)}\n`;
  for (let count = 0; count < 25; count += 1) output.write(line);
  expect(stream.writableLength).toBe(100);
  expect(events).toEqual(['leaving out']);
  stream.writableLength = 50;
  output.write(line);
  expect(events).toEqual(['leaving out']);
  stream.writableLength = 40;
  output.write(line);
  expect(events).toEqual(['leaving out', 'left out 16']);
  expect(stream.written).toHaveLength(11);
});

test('what is still left out at the end is told then', () => {
  const { events, output } = outputOf(5);
  output.write('too long');
  output.close();
  output.close();
  expect(events).toEqual(['leaving out', 'left out 1']);
});

test('a reader that has gone is told once, and nothing more is written', () => {
  const { stream, events, output } = outputOf();
  output.write('one');
  stream.breakWith('EPIPE', -32);
  stream.breakWith('EPIPE', -32);
  output.write('two');
  expect(events).toEqual(['ended: null']);
  expect(stream.written).toEqual(['one']);
});

test('a disk that is full is told with its reason', () => {
  const { stream, events } = outputOf();
  stream.breakWith('ENOSPC', -28);
  expect(events).toEqual(['ended: no space left on device']);
});
