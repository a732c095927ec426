// Signals: the first asks for an orderly end, the second ends.
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { Stop } from '../../../src/cli/program/stop.js';

function newStop(): Stop {
  const stop = new Stop();
  onTestFinished(() => stop.release());
  return stop;
}

afterEach(() => {
  vi.restoreAllMocks();
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s asks for the end', async (signal) => {
  const stop = newStop();
  expect(stop.isInterrupted).toBe(false);
  process.emit(signal);
  await stop.asked;
  expect(stop.isInterrupted).toBe(true);
});

test('an end that the program asks for is no interruption', async () => {
  const stop = newStop();
  stop.ask();
  await stop.asked;
  expect(stop.isInterrupted).toBe(false);
});

test('a second signal ends at once, with the status of an interrupted program', async () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation((status) => {
    throw new Error(`exit ${status}`);
  });
  const stop = newStop();
  stop.ask();
  expect(() => process.emit('SIGINT')).toThrow('exit 130');
  expect(exit).toHaveBeenCalledOnce();
  await stop.asked;
});

test('once released, signals are the system\u2019s again', () => {
  const before = process.listenerCount('SIGINT');
  const stop = new Stop();
  expect(process.listenerCount('SIGINT')).toBe(before + 1);
  stop.release();
  expect(process.listenerCount('SIGINT')).toBe(before);
});

test('signals that mean something to other daemons are ignored, and reported once', () => {
  const stop = newStop();
  const reported: string[] = [];
  stop.reportIgnored((signal) => reported.push(signal));
  for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGUSR1'] as const) process.emit(signal, signal);
  expect(reported).toEqual(['SIGUSR1']);
  expect(stop.isInterrupted).toBe(false);
});
