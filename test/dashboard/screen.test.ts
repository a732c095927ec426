// The whole screen: sizes, hostile text, ASCII, and what is shared out to which pane.
import { describe, expect, test } from 'vitest';
import { Board } from '../../src/dashboard/model/board.js';
import { screenRows } from '../../src/dashboard/panes/screen.js';
import { observed } from '../transcript/observations.js';
import { EVERYTHING, Looking } from './looking.js';
import { ObservedSession } from './session.js';

const live = () => [
  ...new ObservedSession(1, '10.0.0.1').login('alice').says('QUIT', '221 bye').closed().observations,
  ...new ObservedSession(2, '2001:db8::17').login('bob').says('RETR a.iso', '150 (900 bytes)').carries(300)
    .observations,
];

describe('every size', () => {
  const sizes = [60, 61, 79, 80, 100, 120, 149, 150, 151, 200, 300].flatMap((columns) =>
    [16, 17, 24, 30, 40, 60, 100].map((rows) => [columns, rows] as const),
  );

  test.each(sizes)('%ix%i is filled exactly, with every pane, help and prompt', (columns, rows) => {
    const looking = new Looking(live(), { columns, rows });
    for (const key of ['tab', 'tab', 'E', '\\', '\\', '?', 'q', 'f', 'escape', 'H', 'X', 'n']) {
      looking.press(key);
      const drawn = screenRows(looking.viewer, { columns, rows }, looking.board.lastAt);
      expect(drawn).toHaveLength(rows);
      expect(new Set(drawn.map((row) => row.reduce((sum, { text }) => sum + text.length, 0)))).toEqual(
        new Set([columns]),
      );
    }
  });

  test.each([
    [59, 24],
    [80, 15],
    [5, 2],
    [1, 1],
  ])('%ix%i is too small, and says so', (columns, rows) => {
    const looking = new Looking(live(), { columns, rows });
    const drawn = looking.screen();
    expect(drawn).toHaveLength(rows);
    expect(drawn[0]).toBe(`this terminal is ${columns}x${rows}; ftpscope needs 60x16`.slice(0, columns).trimEnd());
  });
});

test('nobody has come yet', () => {
  const drawn = new Looking([]).screen();
  expect(drawn[0]).toBe(' Sessions  0/0  following');
  expect(drawn.at(-3)).toBe(' waiting for a client to connect');
});

test('columns give way when the screen is narrow, the important ones last', () => {
  const head = (columns: number) =>
    new Looking(live(), { columns })
      .screen()[1]
      ?.trim()
      .split(/\s{2,}| (?=client|last)/);
  expect(head(60)).toEqual(['#▲', 'client', 'user', 'state']);
  expect(head(80)).toEqual(['#▲', 'client', 'user', 'state', 'down', 'last reply']);
  expect(head(140)).toEqual([
    '#▲',
    'client',
    'server',
    'user',
    'state',
    'tls',
    'mode',
    'cmds',
    'down',
    'up',
    'last reply',
  ]);
});

test('from 160 columns on, every column is there', () => {
  expect(
    new Looking(live(), { columns: 160 })
      .screen()[1]
      ?.trim()
      .split(/ +(?!reply)/),
  ).toEqual('#▲ client server user state tls mode cmds down up rate age last reply'.split(/ (?!reply)/));
});

test('the column that is sorted by is there, however narrow the screen is', () => {
  const looking = new Looking(live(), { columns: 60 });
  looking.press(':', 'type:order age', 'enter');
  expect(looking.screen()[1]).toMatch(/ age▼/);
});

test('an address that is too long keeps both its ends, and is whole where there is room', () => {
  const row = (columns: number) =>
    new Looking(new ObservedSession(1, '2001:db8:1234:5678:90ab:cdef:1:17').observations, { columns }).screen()[2];
  expect(row(80)).toMatch(/^ {6}1 \[2001:db8:…:17\]:50001 /);
  expect(row(200)).toContain(' [2001:db8:1234:5678:90ab:cdef:1:17]:50001 ');
});

test('open data links are shown with their rate, wherever there is room', () => {
  const looking = new Looking(live(), { columns: 120, rows: 30 });
  expect(looking.pane('Data links')[1]).toMatch(/^ #2 +RETR a\.iso +300 B/);
  expect(new Looking(live(), { columns: 80, rows: 18 }).screen().join()).not.toContain('Data links');
});

test('E shows events of all sessions', () => {
  const looking = new Looking([...live(), observed('violation', { session: 2, detail: 'PORT to a stranger' })]);
  expect(looking.screen().join()).not.toContain('Events');
  looking.press('E');
  expect(looking.pane('Events')[1]).toContain('#2 !! PORT to a stranger; what was done');
});

test('the status line has the totals, transfers under way included', () => {
  expect(new Looking(live(), { columns: 120 }).screen().at(-2)).toMatch(
    /^ proxy to ftp\.example\.com:21 +1 live {2}2 seen {2}300 B down {2}0 B up {2}0 B\/s$/,
  );
});

test('the line of keys follows the pane, and the help has every command', () => {
  const looking = new Looking(live(), { rows: 60 });
  expect(looking.screen().at(-1)).toContain('f filter');
  looking.press('tab');
  expect(looking.screen().at(-1)).toContain('/ search');
  looking.press('?');
  expect(looking.screen().join('\n')).toMatch(/X +:kill +end the session/);
});

test('in ASCII there is nothing but ASCII', () => {
  const looking = new Looking(live(), { ascii: true, columns: 160, rows: 30 });
  looking.press('m');
  expect(looking.screen().join('')).toMatch(/^[\x20-\x7e]*$/);
});

test('where not all keys fit, help and the way out are still there', () => {
  const keys = (columns: number) => new Looking(live(), { columns }).screen().at(-1) ?? '';
  expect(keys(120)).toMatch(/ order .* kill .* pause /);
  expect(keys(60)).toMatch(/^ tab pane .* \? help {2}q quit$/);
  expect(keys(60)).not.toContain('…');
});

test('keys for what cannot be done here are not offered', () => {
  const abilities = { ...EVERYTHING, kill: false, playback: false };
  expect(new Looking(live(), { columns: 120, abilities }).screen().at(-1)).not.toMatch(/kill|pause/);
});

test('a message that is too long for one row takes those of the explanation, and is cut beyond', () => {
  const looking = new Looking(live(), { columns: 60, rows: 16 });
  looking.viewer.message = `${'far '.repeat(10)}away it is ${'so '.repeat(80)}`;
  const [first, second, third] = looking.screen().slice(-4);
  expect(first).toBe(` ${'far '.repeat(10)}away it is so so so`);
  expect(second).toMatch(/^ so so .*so$/);
  expect(third).toMatch(/^ so so .*…$/);
  looking.press('escape');
  expect(looking.screen().at(-2)).toContain('2 seen');
});

test('an explanation that is too long for one row gets two', () => {
  const session = new ObservedSession().login().says('EPSV', '229 Entering Extended Passive Mode (|||1234|)');
  session.announces('10.0.0.9:1234', '192.0.2.4:40123');
  const shown = new Looking(session.observations, { columns: 60, rows: 16 }).screen().slice(-4, -2);
  expect(shown).toEqual([
    ' the server listens on 10.0.0.9:1234; the client will',
    ' connect to 192.0.2.4:40123 instead',
  ]);
});

test('the endpoints of a data link are shown in narrow panes, too, while there is room', () => {
  expect(new Looking(live(), { columns: 80, rows: 30 }).pane('Data links')[2]).toMatch(/^ {6}passive .* ⇄ passive /);
});

test('a terminal that is far too small is told of in several rows', () => {
  expect(new Looking(live(), { columns: 30, rows: 10 }).screen().slice(0, 3)).toEqual([
    'this terminal is 30x10;',
    'ftpscope needs 60x16',
    '',
  ]);
});

describe('a recording', () => {
  test('tells its day and how it is played', () => {
    const looking = new Looking(live(), { playback: 'paused 12:00:00.000' });
    expect(looking.pane('Session 2')[0]).toMatch(/ \d{4}-\d\d-\d\d /);
    expect(looking.screen().at(-2)).toContain('paused 12:00:00.000');
  });

  test('waits for no client when it has no session', () => {
    const looking = new Looking([], { playback: 'all read' });
    expect(looking.screen().join()).not.toContain('waiting for a client');
  });

  test('shown anew forgets everything, and what was read back', () => {
    const looking = new Looking(live());
    looking.viewer.lookAt(new Board());
    looking.viewer.startAnew(new Board());
    expect([looking.viewer.looksBack, looking.pane('Sessions')[0]]).toEqual([false, ' Sessions  0/0  following']);
  });
});

test('help that is too long for its column goes on in the next row', () => {
  const looking = new Looking(live(), { columns: 60, rows: 16 });
  looking.press('?');
  const shown = looking.screen().map((row) => row.trim());
  expect(shown.slice(6, 9)).toEqual([
    'G end              :last               to the last row, and',
    'stay there as rows',
    'come',
  ]);
});

test('a report takes the place of the panes until it is closed', () => {
  const looking = new Looking(live());
  looking.viewer.turnToPage({ kind: 'report', title: 'What came of it', lines: ['one', 'two'] });
  expect(looking.screen().slice(0, 3)).toEqual([' What came of it   j and k move, q closes', ' one', ' two']);
  looking.press('q');
  expect(looking.screen()[0]).toMatch(/^ Sessions/);
});

test('an event that its pane cuts is told in full', () => {
  const detail = 'what was said is far too long for the columns that are left here';
  const looking = new Looking([...live(), observed('violation', { detail })], { columns: 80 });
  looking.press('E');
  expect(looking.pane('Events')[1]).not.toContain(detail);
  expect(looking.screen().slice(-4, -2).join('')).toContain(detail);
});

test('a list that the filter has emptied does not wait for clients', () => {
  const looking = new Looking(live());
  looking.viewer.filterBy('~user nobody');
  expect(looking.screen().at(-3)).toBe(' no session matches the filter');
  expect(looking.pane('Conversation')[1]).toBe(' no session is shown');
});

describe('text from the wire', () => {
  const hostile = [
    ['an escape sequence', '\x1b[2J\x1b]0;title\x07', '\\x1b[2J\\x1b]0;title\\x07'],
    ['tags of the screen library', '{red-fg}{/}{open}', '{red-fg}{/}{open}'],
    ['C1 control bytes', '\x9b31m', '\\x9b31m'],
    ['invalid UTF-8', '\xff\xfe caf\xe9', '\\xff\\xfe caf\\xe9'],
    ['wide characters', Buffer.from('日本').toString('latin1'), '\\u{65e5}\\u{672c}'],
    ['combining characters', Buffer.from('e\u0301').toString('latin1'), 'e\\u{301}'],
    ['emoji', Buffer.from('😀').toString('latin1'), '\\u{1f600}'],
    ['characters that hide', Buffer.from('\u202e').toString('latin1'), '\\u{202e}'],
    ['letters of one column', Buffer.from('Grüße').toString('latin1'), 'Grüße'],
  ] as const;

  test.each(hostile)('%s', (_name, wire, shown) => {
    const session = new ObservedSession().greeted(`220 ${wire}`).says(`USER ${wire}`).says(`RETR ${wire}`, '150 yes');
    session.carries(10, { path: wire });
    const looking = new Looking(session.observations, { columns: 200, rows: 40 });
    const drawn = looking.screen().join('\n');
    expect(drawn).toContain(`220 ${shown}`);
    expect(drawn).toContain(`USER ${shown}`);
    expect(looking.pane('Session 1')[0]).toContain(`  ${shown}  `);
    expect(looking.pane('Sessions')[2]).toContain(` ${shown.length > 10 ? shown.slice(0, 9) : shown}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is what is asked
    expect(drawn).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  });

  test('a line of 100 KB is cut', () => {
    const session = new ObservedSession().greeted(`220 ${'x'.repeat(100_000)}`);
    const looking = new Looking(session.observations, { columns: 80, rows: 24 });
    expect(looking.screen().every((row) => row.length <= 80)).toBe(true);
  });
});
