// Everything the dashboard knows: sessions, links, events and totals, and what is let go to keep memory bounded.
import { describe, expect, test } from 'vitest';
import { Board } from '../../src/dashboard/model/board.js';
import { observed } from '../transcript/observations.js';
import { ObservedSession } from './session.js';

function board(...sessions: readonly ObservedSession[]): Board {
  const made = new Board();
  for (const { observations } of sessions) for (const observation of observations) made.take(observation);
  return made;
}

const limits = { maxSessions: 3, maxEntries: 100, maxEvents: 10 };

test('totals are of all sessions', () => {
  const one = new ObservedSession(1).login().carries(10).carried(100).closed();
  const two = new ObservedSession(2).login().carries(5).carried(7, 'complete', { direction: 'upload' });
  const three = new ObservedSession(3).closed('server', 'unreachable', 'cannot reach the server');
  expect(board(one, two, three).totals).toMatchObject({
    sessions: 3,
    live: 1,
    inTrouble: 1,
    bytesDown: 100,
    bytesUp: 7,
  });
});

describe('data links', () => {
  test('are open from their announcement to their end', () => {
    const made = board(new ObservedSession().login().add(observed('link-opened')));
    expect([...made.openLinks.values()].map(({ session, facts }) => [session, facts.link])).toEqual([[1, 1]]);
    made.take(observed('link-closed'));
    expect(made.openLinks.size).toBe(0);
  });

  test('end with their session, whatever became of them', () => {
    expect(board(new ObservedSession().login().carries(10).closed()).openLinks.size).toBe(0);
  });

  test('their rates add up', () => {
    const one = new ObservedSession(1).login().carries(0).carries(1000, { link: 1 }, 999);
    const two = new ObservedSession(2).login().carries(0).carries(500, { link: 1 }, 999);
    expect(board(one, two).bytesPerSecond).toBe(1500);
  });
});

test('events are what an operator wants to know of whichever session', () => {
  const one = new ObservedSession()
    .login()
    .add(observed('violation'))
    .add(observed('tls', { failure: 'expired' }))
    .add(observed('tls'))
    .add(observed('gap'))
    .carries(1)
    .carried(1, 'aborted')
    .carries(1)
    .carried(1);
  expect(board(one).events.items.map(({ kind }) => kind)).toEqual(['violation', 'tls', 'gap', 'link-closed']);
});

describe('memory is bounded', () => {
  test('the oldest session that has ended goes first', () => {
    const made = new Board(limits);
    const sessions = [
      new ObservedSession(1).login(),
      new ObservedSession(2).closed(),
      new ObservedSession(3),
      new ObservedSession(4),
    ];
    for (const { observations } of sessions) for (const observation of observations) made.take(observation);
    expect([...made.sessions.keys()]).toEqual([1, 3, 4]);
    expect(made.forgotten).toBe(1);
    expect(made.totals.sessions).toBe(4);
  });

  test('the oldest of all when none has ended; what is still told of it makes no new session', () => {
    const made = new Board(limits);
    for (const number of [1, 2, 3, 4])
      for (const observation of new ObservedSession(number).observations) made.take(observation);
    made.take(observed('command', { session: 1 }));
    expect([...made.sessions.keys()]).toEqual([2, 3, 4]);
  });

  test('a session that is watched from its middle on is one all the same', () => {
    const made = new Board(limits);
    made.take(observed('command', { session: 7 }));
    expect([...made.sessions.keys()]).toEqual([7]);
  });
});

test('clearing lets go of what has ended, and of events', () => {
  const made = board(new ObservedSession(1).add(observed('violation')).closed(), new ObservedSession(2).login());
  made.clearEnded();
  expect([...made.sessions.keys()]).toEqual([2]);
  expect(made.events.items).toEqual([]);
  expect(made.totals.sessions).toBe(2);
});
