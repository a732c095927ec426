// Nothing is lost on a slow reader of stdout, and nothing is waited for that will not come.
import { expect, test } from 'vitest';
import { WaitingOutput, type WaitingStream } from '../../../src/cli/program/waiting-output.js';

class TestStream implements WaitingStream {
  readonly written: string[] = [];
  hasRoom = true;
  private readonly listeners = new Map<string, (error: Error) => void>();

  write(text: string): boolean {
    this.written.push(text);
    return this.hasRoom;
  }

  once(event: string, listener: () => void): void {
    this.listeners.set(event, listener);
  }

  on(event: string, listener: (error: Error) => void): void {
    this.listeners.set(event, listener);
  }

  tell(event: 'drain' | 'error', error = new Error()): void {
    this.listeners.get(event)?.(error);
  }
}

function outputOf() {
  const stream = new TestStream();
  const reasons: (string | null)[] = [];
  return { stream, reasons, output: new WaitingOutput(stream, (reason) => reasons.push(reason)) };
}

/** Whether a promise is settled once everything that is due has run. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

test('what was gathered goes out at once', async () => {
  const { stream, output } = outputOf();
  for (const text of ['a\n', '', 'b\n']) output.write(text);
  expect([stream.written, output.isEmpty]).toEqual([[], false]);
  await output.flush();
  await output.flush();
  expect([stream.written, output.isEmpty]).toEqual([['a\nb\n'], true]);
});

test('a slow reader is waited for', async () => {
  const { stream, output } = outputOf();
  stream.hasRoom = false;
  output.write('a');
  const flushed = output.flush();
  expect(await isSettled(flushed)).toBe(false);
  stream.tell('drain');
  expect(await isSettled(flushed)).toBe(true);
});

test.each([
  ['one that has gone', 'EPIPE', -32, null],
  ['a full disk', 'ENOSPC', -28, 'no space left on device'],
])('%s is not', async (_what, code, errno, reason) => {
  const { stream, reasons, output } = outputOf();
  stream.hasRoom = false;
  output.write('a');
  const flushed = output.flush();
  for (let times = 0; times < 2; times += 1) stream.tell('error', Object.assign(new Error(code), { code, errno }));
  expect(await isSettled(flushed)).toBe(true);
  output.write('b');
  expect(await isSettled(output.flush())).toBe(true);
  expect([reasons, stream.written]).toEqual([[reason], ['a']]);
});
