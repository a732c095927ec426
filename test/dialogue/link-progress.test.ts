// How often a running transfer is observed: once a second, by one rule, however often it is reported.
import { describe, expect, test } from 'vitest';
import { DataLink } from '../../src/dialogue/data-link.js';
import type { Observation, Stillness } from '../../src/dialogue/observation.js';
import { Observer } from '../../src/dialogue/observer.js';

const ENDPOINT = { address: '10.1.0.2', port: 40_000 };

function observed(play: (observer: Observer, link: DataLink) => void): [at: number, bytes: number][] {
  const told: Observation[] = [];
  const opened = { session: 1, client: ENDPOINT, server: null, listener: null, how: 'reverse', openedAt: 0 } as const;
  const link = new DataLink(1, { client: 'passive', server: 'passive', targets: {} }, 0);
  play(new Observer(opened, false, (observation) => told.push(observation)), link);
  return told.flatMap((one) => (one.kind === 'link-progress' ? [[one.at, one.bytes]] : []));
}

function moves(observer: Observer, link: DataLink, ...times: readonly number[]): void {
  for (const at of times) {
    link.carry({ bytes: at, payload: null }, at);
    observer.linkMoved(at, link);
  }
}

test('what moves is observed a second after it was observed last', () => {
  const told = observed((observer, link) => {
    observer.linkProgress(100, link);
    moves(observer, link, 101, 600, 1099, 1100, 1101, 2099, 2100, 9000, 9001);
  });
  expect(told.map(([at]) => at)).toEqual([100, 1100, 2100, 9000]);
  expect(told.at(-1)).toEqual([9000, 9000]);
});

test('a new state is observed at once, and the second counts from it', () => {
  const told = observed((observer, link) => {
    observer.linkProgress(100, link);
    observer.linkProgress(500, link);
    moves(observer, link, 1100, 1499, 1500);
  });
  expect(told.map(([at]) => at)).toEqual([100, 500, 1500]);
});

test('what moves before the transfer was observed to begin is not', () => {
  expect(observed((observer, link) => moves(observer, link, 5000, 9000))).toEqual([]);
});

describe('a transfer that stands still says for whom it waits', () => {
  function stillnessOf(direction: 'upload' | 'download', receiverIsFull: boolean): Stillness | undefined {
    const seen: Observation[] = [];
    const opened = { session: 1, client: ENDPOINT, server: null, listener: null, how: 'reverse', openedAt: 0 } as const;
    const observer = new Observer(opened, false, (one) => seen.push(one));
    const link = new DataLink(1, { client: 'passive', server: 'passive', targets: {} }, 0);
    link.request({ verb: direction === 'upload' ? 'STOR' : 'RETR', path: 'f', direction });
    link.begin();
    link.flow(100);
    link.carry({ bytes: 10, payload: null }, 200);
    link.fillsReceiver(receiverIsFull);
    observer.linkProgress(700, link);
    observer.linkProgress(20_200, link);
    const [moving, still] = seen.filter((one) => one.kind === 'link-progress');
    expect(moving?.stillness).toBeUndefined();
    return still?.stillness;
  }

  test('the sender is silent', () => {
    expect(stillnessOf('download', false)).toEqual({ on: 'server', why: 'sends-nothing', ms: 20_000 });
    expect(stillnessOf('upload', false)).toEqual({ on: 'client', why: 'sends-nothing', ms: 20_000 });
  });

  test('the receiver does not read', () => {
    expect(stillnessOf('download', true)).toEqual({ on: 'client', why: 'takes-nothing', ms: 20_000 });
    expect(stillnessOf('upload', true)).toEqual({ on: 'server', why: 'takes-nothing', ms: 20_000 });
  });
});
