// Keys pressed and what comes of them, read off the screen.
import { describe, expect, test } from 'vitest';
import { Board } from '../../src/dashboard/model/board.js';
import { NO_ABILITIES } from '../../src/dashboard/viewer/action.js';
import { observed } from '../transcript/observations.js';
import { EVERYTHING, Looking } from './looking.js';
import { ObservedSession } from './session.js';

const three = () => [
  ...new ObservedSession(1, '10.0.0.1').login('alice').says('QUIT', '221 bye').closed().observations,
  ...new ObservedSession(2, '10.0.0.2').login('bob').says('RETR a', '550 no such file').observations,
  ...new ObservedSession(3, '10.0.0.3').login('carol').says('RETR b', '150 (100 bytes)').carries(40).observations,
];

/** Numbers of the sessions in the list, the one under the cursor in brackets. */
function listed(looking: Looking): string {
  const current = looking.viewer.selection.current;
  return looking.viewer.selection.sessions
    .map((session) => (session === current ? `[${session.card.number}]` : `${session.card.number}`))
    .join(' ');
}

const status = (looking: Looking) => looking.screen().at(-2)?.trim();

describe('moving', () => {
  test('the list follows the newest session until the cursor is moved', () => {
    const looking = new Looking(three());
    expect(listed(looking)).toBe('1 2 [3]');
    looking.happens(new ObservedSession(4).observations);
    looking.screen();
    expect(listed(looking)).toBe('1 2 3 [4]');
    looking.press('k', 'k');
    looking.happens(new ObservedSession(5).observations);
    looking.screen();
    expect(listed(looking)).toBe('1 [2] 3 4 5');
    looking.press('F');
    expect(listed(looking)).toBe('1 2 3 4 [5]');
  });

  test.each([
    [['g'], '[1] 2 3'],
    [['g', 'j'], '1 [2] 3'],
    [['g', 'down', 'down', 'down', 'down'], '1 2 [3]'],
    [['g', 'up'], '[1] 2 3'],
    [['g', 'G'], '1 2 [3]'],
    [['g', 'space'], '1 2 [3]'],
    [['pageup'], '[1] 2 3'],
    [[':', 'type:session 2', 'enter'], '1 [2] 3'],
  ])('%j', (keys, list) => {
    const looking = new Looking(three());
    looking.press(...keys);
    expect(listed(looking)).toBe(list);
  });

  test('tab goes from pane to pane, and back with shift', () => {
    const looking = new Looking(three());
    const panes = ['tab', 'tab', 'tab', 'S-tab'].map((key) => {
      looking.press(key);
      return looking.viewer.focus;
    });
    expect(panes).toEqual(['conversation', 'links', 'sessions', 'links']);
  });

  test('enter on a data link goes to its session', () => {
    const looking = new Looking(three());
    looking.press('g', 'tab', 'tab', 'enter');
    expect([listed(looking), looking.viewer.focus]).toEqual(['1 2 [3]', 'conversation']);
  });

  test('escape and q go back step by step; q leaves at the end', () => {
    const looking = new Looking(three());
    looking.press('enter', '\\', '?');
    expect([looking.press('q'), looking.viewer.page]).toEqual([[], null]);
    expect([looking.press('escape'), looking.viewer.maximised]).toEqual([[], false]);
    expect([looking.press('q'), looking.viewer.focus]).toEqual([[], 'sessions']);
    expect(looking.press('q')).toEqual([{ kind: 'quit' }]);
  });

  test('on a page keys move that, and leave the panes behind it alone', () => {
    const looking = new Looking(three());
    expect(looking.press('?', 'X', 'y', 'm', 'tab', 'E')).toEqual([]);
    expect(status(looking)).toBe('q closes this page first');
    expect([looking.viewer.focus, looking.viewer.selection.marked.size]).toEqual(['sessions', 0]);
    looking.press('G');
    expect(looking.screen().join('\n')).toMatch(/^ Keys and commands.*:quit +leave/s);
    expect(looking.screen().at(-1)).toBe(' j down  space page down  y copy  ? help  : command  q close  Q quit');
  });

  test('Q leaves at once', () => {
    expect(new Looking(three()).press('enter', '?', 'Q')).toEqual([{ kind: 'quit' }]);
  });
});

describe('choosing', () => {
  test('o sorts by column after column, v turns the order around', () => {
    const looking = new Looking(three());
    looking.press('g', ':', 'type:order user', 'enter', 'v');
    expect(listed(looking)).toBe('3 2 [1]');
    looking.press('v');
    expect(listed(looking)).toBe('[1] 2 3');
    looking.press('o');
    expect(status(looking)).toBe('sorted by state');
  });

  test('addresses are sorted by their numbers', () => {
    const hosts = ['10.0.0.10', '10.0.0.9', '9.0.0.1'];
    const looking = new Looking(hosts.flatMap((host, index) => new ObservedSession(index + 1, host).observations));
    looking.press('g', 'o');
    expect(listed(looking)).toBe('3 2 [1]');
  });

  test('a column that is not there is named, with those that are', () => {
    const looking = new Looking(three());
    looking.press(':', 'type:order size', 'enter');
    expect(looking.viewer.message).toMatch(/^no column size: there are trouble, #, client, server/);
  });

  test('f narrows the list while it is green, and says why it is red', () => {
    const looking = new Looking(three());
    looking.press('f', 'type:~user b*', 'enter');
    expect([listed(looking), looking.screen()[0]]).toEqual(['[2]', ' Sessions  1/1  filter: ~user b*  following']);
    looking.press('f', 'type:(', 'enter');
    expect(status(looking)).toContain('~user b*(');
    looking.press('escape', 'escape');
    expect(listed(looking)).toContain('1');
  });

  test('m marks, M shows the marked alone', () => {
    const looking = new Looking(three());
    looking.press('g', 'm', 'M');
    expect([listed(looking), looking.screen()[2]?.[0]]).toEqual(['[1]', '●']);
    looking.press('M');
    expect(listed(looking)).toMatch(/1.* 2.* 3/);
  });

  test('z lets go of what has ended', () => {
    const looking = new Looking(three());
    looking.press('z');
    expect(listed(looking)).toBe('2 [3]');
  });
});

describe('older sessions', () => {
  const few = { maxSessions: 2, maxEntries: 100, maxEvents: 10 };

  test('[ asks for those before the oldest that is kept', () => {
    const looking = new Looking(three(), { limits: few });
    expect(looking.screen()[0]).toContain('1 older ones are not kept, [ reads back');
    expect(looking.press('[')).toEqual([{ kind: 'read-back', before: 2 }]);
  });

  test('what was read back is looked at until ] goes back to the newest', () => {
    const looking = new Looking(three(), { limits: few });
    const archive = new Board();
    for (const observation of new ObservedSession(1).login('old').observations) archive.take(observation);
    looking.viewer.lookAt(archive);
    looking.happens(new ObservedSession(4).observations);
    expect(looking.screen()[0]).toContain('1/1  following  read back, ] for the newest');
    // The status line goes on telling what happens now.
    expect(status(looking)).toMatch(/ 3 live {2}4 seen {2}40 B down /);
    expect(listed(looking)).toBe('[1]');
    looking.press(']');
    expect(listed(looking)).toBe('3 [4]');
  });

  test('without a file there is nothing to read back', () => {
    const looking = new Looking(three(), {
      limits: few,
      abilities: { ...EVERYTHING, readBack: false, endsSessions: false },
    });
    expect(looking.press('[')).toEqual([]);
    expect(status(looking)).toBe('older sessions are not kept, and no transcript is written');
  });

  test('nothing is older than the first', () => {
    const looking = new Looking(three());
    looking.press('[');
    expect(status(looking)).toBe('there is no older session');
  });
});

describe('searching', () => {
  test('/ finds text in the conversation, n and N the next places and those before', () => {
    const looking = new Looking(three());
    looking.press('/', 'type:carol', 'enter');
    expect(looking.selected().at(-1)).toContain('USER carol');
    looking.press('/', 'type:pass', 'enter');
    expect(looking.selected().at(-1)).toContain('331 password?');
    looking.press('n');
    expect(looking.selected().at(-1)).toContain('PASS ****');
    looking.press('N');
    expect(looking.selected().at(-1)).toContain('331 password?');
  });

  test('/ finds what is folded, and unfolds it', () => {
    const features = new ObservedSession()
      .login()
      .says('FEAT', '211-Features:\n SIZE\n MDTM\n211 End')
      .says('NOOP', '200');
    const looking = new Looking(features.observations, { rows: 40 });
    looking.press('enter', '/', 'type:feat', 'enter');
    expect(looking.selected().at(-1)).toContain('→ FEAT');
    looking.press('n');
    expect(looking.selected().at(-1)).toContain('[+3 lines]');
    looking.press('/', 'type:mdtm', 'enter');
    expect(looking.selected().at(-1)).toMatch(/ MDTM$/);
    looking.press('/', 'type:noop', 'enter', '/', 'type:size', 'enter', 'N');
    expect(looking.selected().at(-1)).toMatch(/ SIZE$/);
  });

  test('what is not there is said', () => {
    const looking = new Looking(three());
    looking.press('/', 'type:nowhere', 'enter');
    expect(status(looking)).toBe('"nowhere" is not in this conversation');
    looking.viewer.searchText = '';
    looking.press('n');
    expect(status(looking)).toBe('no session that is shown is in trouble');
  });
});

describe('acting', () => {
  test('X asks before it ends a session, and any key but y leaves it', () => {
    const looking = new Looking(three());
    looking.press('X');
    expect(status(looking)).toBe('End session 3 of carol? (y/n)');
    expect(looking.press('n')).toEqual([]);
    expect(status(looking)).toBe('left as it is');
    expect(looking.press('X', 'y')).toEqual([{ kind: 'kill-session', session: 3 }]);
  });

  test('X among the data links ends a transfer', () => {
    const looking = new Looking(three());
    looking.press('tab', 'tab');
    expect(looking.press('X', 'y')).toEqual([{ kind: 'kill-transfer', session: 3, link: 1 }]);
  });

  test('w writes the session under the cursor, or all that are marked', () => {
    const looking = new Looking(three());
    expect(looking.press('w', 'type:one.ndjson', 'enter')).toEqual([
      { kind: 'save-transcript', sessions: [3], file: 'one.ndjson' },
    ]);
    looking.press('g', 'm', 'j', 'm');
    expect(looking.press('x', 'type:two.pcapng', 'enter')).toEqual([
      { kind: 'export', sessions: [1, 2], file: 'two.pcapng' },
    ]);
  });

  test('w writes no session that was let go, marked or not', () => {
    const looking = new Looking(three());
    looking.press('g', 'm', 'z', 'G');
    expect(looking.press('w', 'type:kept.ndjson', 'enter')).toEqual([
      { kind: 'save-transcript', sessions: [3], file: 'kept.ndjson' },
    ]);
  });

  test('b writes the payload of a transfer that is over', () => {
    const kept = observed('link-closed', { session: 4, verb: 'RETR', direction: 'download', payload: '4-1-a' });
    const looking = new Looking([...new ObservedSession(4).observations, kept]);
    expect(looking.press('enter', 'b', 'type:a', 'enter')).toEqual([
      { kind: 'save-payload', session: 4, link: 1, payload: '4-1-a', file: 'a' },
    ]);
  });

  test('b has bytes that were not kept read from the capture, where there is one', () => {
    const carried = (bytes: number) =>
      observed('link-closed', { session: 4, verb: 'RETR', direction: 'download', bytes });
    const press = (bytes: number, abilities = EVERYTHING) => {
      const looking = new Looking([...new ObservedSession(4).observations, carried(bytes)], { abilities });
      return [looking.press('enter', 'b', 'type:a', 'enter'), looking.viewer.message];
    };
    const action = { kind: 'save-payload', session: 4, link: 1, payload: null, file: 'a' };
    expect(press(5)).toEqual([[action], null]);
    expect(press(0)[0]).toEqual([]);
    expect(press(5, { ...EVERYTHING, capture: false })[0]).toEqual([]);
  });

  test('y copies the row under the cursor, in whichever pane that is', () => {
    const looking = new Looking([...three(), observed('violation', { session: 3, detail: 'PORT to a stranger' })]);
    const copied = () => looking.press('y').map((action) => (action.kind === 'copy' ? action.text : action.kind));
    expect(copied()).toEqual([expect.stringMatching(/^3 {2}10\.0\.0\.3:50003 {2}.* {2}carol {2}transferring {2}/)]);
    looking.press('tab', 'g', 'j');
    expect(copied()).toEqual(['← 220 ready']);
    looking.press('tab');
    expect(copied()).toEqual([expect.stringMatching(/^#3 {2}RETR a\.iso {2}40 B {2}passive .* ⇄ passive /)]);
    looking.press('E');
    expect(copied()).toEqual([expect.stringContaining('PORT to a stranger; what was done')]);
    looking.viewer.turnToPage({ kind: 'report', title: 'What came of it', lines: ['one', 'two'] });
    expect(copied()).toEqual(['one\ntwo']);
    looking.press('q', '?', 'y');
    expect(looking.viewer.message).toBe('there is nothing to copy');
  });

  test('r asks before it replays', () => {
    expect(new Looking(three()).press('r', 'y')).toEqual([{ kind: 'replay', session: 3, password: null }]);
  });

  test.each([
    ['.', { kind: 'step' }],
    ['P', { kind: 'pause' }],
    ['+', { kind: 'speed', factor: 2 }],
    ['-', { kind: 'speed', factor: 0.5 }],
    ['>', { kind: 'seek', byMs: 10_000 }],
  ] as const)('%s changes how a recording is played', (key, change) => {
    expect(new Looking(three()).press(key)).toEqual([{ kind: 'playback', change }]);
  });

  test.each(['r', '.', 'P', 'X'])('%s says so where it cannot be done', (key) => {
    const looking = new Looking(three(), { abilities: NO_ABILITIES });
    expect(looking.press(key)).toEqual([]);
    expect(status(looking)).toMatch(/not possible|can be ended here|this is live/);
  });
});

describe('the prompt', () => {
  test('completes names of commands, and what they take', () => {
    const looking = new Looking(three());
    looking.press(':', 'type:ord', 'tab');
    expect(status(looking)).toBe(':order');
    looking.press('type:st', 'tab', 'enter');
    expect(looking.viewer.selection.sortColumn).toBe('state');
  });

  test('shows what could still be meant, above', () => {
    const looking = new Looking(three());
    looking.press(':', 'type:se', 'tab');
    expect(looking.screen().slice(-3, -1)).toEqual([
      ' session search search-next search-previous seek seek-back sessions',
      ' :se',
    ]);
    looking.press('C-u', 'type:order s', 'tab');
    expect(looking.screen().slice(-3, -1)).toEqual([' server state', ' :order s']);
  });

  test('shows its cursor, and of a long line the part around that', () => {
    const looking = new Looking(three(), { columns: 60 });
    const cursor = () => looking.selected().at(-1);
    looking.press(':', 'type:help', 'left', 'left');
    expect(cursor()).toBe('l');
    looking.press('C-u', 'C-k', `type:${'long '.repeat(20)}end`, 'left');
    expect([status(looking)?.endsWith('long long end'), cursor()]).toEqual([true, 'd']);
    looking.press('home');
    expect([status(looking)?.startsWith(':long long'), cursor()]).toEqual([true, 'l']);
  });

  test.each([
    [['left', 'left', 'delete'], 'save on.ndjson two'],
    [['C-w'], 'save one.ndjson '],
    [['C-w', 'C-w'], 'save '],
    [['home', 'C-k', 'type:x'], 'x'],
  ])('erases with %j', (keys, text) => {
    const looking = new Looking(three());
    const back = keys[0] === 'left' ? Array.from({ length: 10 }, () => 'left') : [];
    looking.press(':', 'type:save one.ndjson two', ...back, ...keys);
    expect(looking.viewer.prompt?.text).toBe(text);
  });

  test('remembers what was typed', () => {
    const looking = new Looking(three());
    looking.press('f', 'type:~user bob', 'enter', 'f', 'C-u', 'type:~user carol', 'enter', 'f', 'up', 'up');
    expect(status(looking)).toBe('filter: ~user bob');
    looking.press('down', 'enter');
    expect(listed(looking)).toBe('[3]');
  });

  test('is edited within', () => {
    const looking = new Looking(three());
    looking.press(
      ':',
      'type:oder',
      'left',
      'left',
      'left',
      'type:r',
      'end',
      'type:!',
      'backspace',
      'home',
      'right',
      'enter',
    );
    expect(status(looking)).toMatch(/^sorted by/);
  });

  test('a command that is not there', () => {
    const looking = new Looking(three());
    looking.press(':', 'type:dance', 'enter');
    expect(status(looking)).toBe('no command dance: tab completes, ? lists them');
  });

  test('does not remember passwords', () => {
    const looking = new Looking(three());
    expect(looking.press(':', 'type:replay sesame', 'enter', 'y')).toEqual([
      { kind: 'replay', session: 3, password: 'sesame' },
    ]);
    looking.press(':', 'up');
    expect(status(looking)).toBe(':');
  });

  test('escape takes nothing', () => {
    const looking = new Looking(three());
    expect(looking.press(':', 'type:quit', 'escape')).toEqual([]);
    expect(looking.viewer.prompt).toBeNull();
  });
});

test.for([
  ['>', 10_000],
  ['<', -10_000],
] as const)('%s seeks', ([key, byMs]) => {
  expect(new Looking(three()).press(key)).toEqual([{ kind: 'playback', change: { kind: 'seek', byMs } }]);
});

test('seek takes seconds, and nothing else', () => {
  const looking = new Looking(three());
  const change = { kind: 'seek', byMs: -90_500 };
  expect(looking.press(':', 'type:seek -90.5', 'enter')).toEqual([{ kind: 'playback', change }]);
  expect(looking.press(':', 'type:seek far', 'enter')).toEqual([]);
  expect(status(looking)).toBe('far is no number of seconds');
});
