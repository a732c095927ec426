// What went wrong, by cause: the view, how one gets there and away, and what it counts.
import { describe, expect, test } from 'vitest';
import { Board } from '../../src/dashboard/model/board.js';
import { paste } from '../../src/dashboard/viewer/keyboard.js';
import { observed } from '../transcript/observations.js';
import { EVERYTHING, Looking } from './looking.js';
import { ObservedSession } from './session.js';
import { troubledSessions } from './troubled-sessions.js';

const healthy = () => new ObservedSession(1).login().says('NOOP', '200 ok').observations;

describe('counting', () => {
  const board = new Board();
  for (const observation of troubledSessions()) board.take(observation);

  test('exactly the sessions that failed are in trouble', () => {
    expect(board.totals.inTrouble).toBe(6);
    const troubled = [...board.sessions.values()].filter(({ card }) => card.trouble !== null);
    expect(troubled.map(({ card }) => card.number)).toEqual([3, 7, 13, 17, 23, 27]);
  });

  test('a cause is one row, with its sessions and clients', () => {
    expect(board.troubles.list).toMatchObject([
      { diagnosis: 'login-chroot-refused', count: 3, sessions: [7, 17, 27] },
      { diagnosis: 'login-failed', count: 3, sessions: [3, 13, 23] },
    ]);
    expect([...(board.troubles.list[1]?.clients ?? [])]).toEqual(['bob']);
  });

  test('notes are no trouble', () => {
    const quiet = new Board();
    quiet.take(observed('finding', { severity: 'note' }));
    expect(quiet.troubles.size).toBe(0);
  });
});

describe('the view', () => {
  test('is the first screen when something is wrong, and nobody has pressed a key', () => {
    const looking = new Looking(healthy());
    expect(looking.viewer.view).toBe('sessions');
    looking.happens(troubledSessions());
    expect(looking.screen()[0]).toMatch(/^ Troubles, by cause {2}2/);
    looking.press('2');
    expect(looking.screen()[0]).toMatch(/^ Sessions/);
  });

  test('does not come up while somebody looks at something else', () => {
    const looking = new Looking(healthy());
    looking.press('tab');
    looking.happens(troubledSessions());
    expect(looking.screen()[0]).toMatch(/^ Sessions/);
  });

  test('says what to do about the cause under the cursor', () => {
    const looking = new Looking(troubledSessions(), { rows: 40 });
    expect(looking.screen().join('\n')).toMatch(
      /What to do {2}login-chroot-refused[\s\S]*why: A user who is locked[\s\S]*vsftpd: allow_writeable_chroot/,
    );
    looking.press('j');
    expect(looking.screen().join('\n')).toMatch(/What to do {2}login-failed/);
  });

  test('y copies what to do', () => {
    const [copied] = new Looking(troubledSessions()).press('y');
    expect(copied).toMatchObject({
      kind: 'copy',
      text: expect.stringMatching(/3 times, in 3 sessions, the newest #7, #17, #27\nwhy: /),
    });
  });

  test('enter shows the sessions with that cause, and escape all of them again', () => {
    const looking = new Looking(troubledSessions());
    looking.press('enter');
    expect(looking.viewer.selection.sessions.map(({ card }) => card.number)).toEqual([7, 17, 27]);
    looking.press('escape');
    expect(looking.viewer.selection.sessions).toHaveLength(30);
  });

  test('n goes to the next session in trouble, from anywhere', () => {
    const looking = new Looking(troubledSessions());
    const numbers = ['n', 'n', 'N'].map((key) => {
      looking.press(key);
      return looking.viewer.session?.card.number;
    });
    expect(numbers).toEqual([3, 7, 3]);
  });

  test('says that nothing went wrong', () => {
    const looking = new Looking(healthy());
    looking.press('1');
    expect(looking.screen()[2]).toBe(' nothing went wrong so far');
  });
});

describe('leaving', () => {
  const live = () => new Looking(healthy(), { abilities: { ...EVERYTHING, endsSessions: true } });

  test('asks when live sessions would end', () => {
    const looking = live();
    expect(looking.press('q')).toEqual([]);
    expect(looking.viewer.question?.text).toBe('Leave, and end 1 live session?');
    expect(looking.press('y')).toEqual([{ kind: 'quit' }]);
  });

  test('any other key stays, and Ctrl-C twice leaves', () => {
    const looking = live();
    expect(looking.press('q', 'n')).toEqual([]);
    expect(looking.press('C-c', 'C-c')).toEqual([{ kind: 'quit' }]);
  });

  test('asks nothing where sessions go on without it', () => {
    expect(new Looking(healthy()).press('q')).toEqual([{ kind: 'quit' }]);
  });
});

describe('pasted text', () => {
  test('is ignored where keys are commands', () => {
    const looking = new Looking(healthy());
    paste(looking.viewer, ':quit\n');
    expect(looking.viewer.prompt).toBeNull();
    expect(looking.viewer.message).toBe('pasted text is for a prompt, and ignored here');
  });

  test('goes into a prompt, as one line', () => {
    const looking = new Looking(healthy());
    looking.press('f');
    paste(looking.viewer, '~user\nalice\x1b[2J ');
    expect(looking.viewer.prompt?.text).toBe('~user alice[2J');
  });
});

describe('a long conversation', () => {
  const long = () => {
    const one = new ObservedSession(1).login();
    for (let index = 0; index < 50; index += 1) one.says(`SIZE ${index}`, '213 1');
    return one;
  };
  const limits = { maxSessions: 10, maxEntries: 20, maxEvents: 10 };
  const cut = (readBack: boolean) => {
    const looking = new Looking(long().observations, { limits, abilities: { ...EVERYTHING, readBack } });
    looking.press('tab', 'g');
    return looking;
  };

  test('is read back when somebody goes beyond its first row, and the cursor stays on its row', () => {
    const looking = cut(true);
    const before = looking.selected().at(-1);
    expect(looking.press('k')).toEqual([{ kind: 'read-whole', session: 1 }]);
    looking.viewer.restore(1, long().observations);
    expect(looking.selected().at(-1)).toBe(before);
    looking.press('g');
    expect(looking.selected().at(-1)).toContain('session opened');
  });

  test('says so where nothing is recorded', () => {
    const looking = cut(false);
    expect(looking.press('k')).toEqual([]);
    expect(looking.viewer.message).toMatch(/^\d+ older entries are not kept, as nothing is recorded$/);
  });

  test('is written with a warning in front, and not replayed, where a part of it is missing', () => {
    const looking = cut(false);
    expect(looking.press(':', 'type:save a.ndjson', 'enter')).toEqual([]);
    expect(looking.viewer.question?.text).toMatch(
      /^the first \d+ entries of session 1 are not kept, .* Write what is left\?$/,
    );
    expect(looking.press('y')).toEqual([{ kind: 'save-transcript', sessions: [1], file: 'a.ndjson' }]);
    looking.press('r');
    expect(looking.viewer.message).toMatch(/^it cannot be replayed: the first/);
  });
});
