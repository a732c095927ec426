// Recordings in the dashboard, in a real terminal: found among many, played, read back, from a pipe, and when they are damaged.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { transcriptText } from '../cli/transcripts.js';
import { ObservedSession } from '../dashboard/session.js';
import { NOON } from '../transcript/observations.js';
import { FTPSCOPE, givenBack, SIZE, terminal } from './dashboard-window.js';

const SESSIONS = 700;
const USERS = 10;
/** Of a server that wants to be more than text: sequences, tags, wide and combining characters, no UTF-8, and no end. */
const HOSTILE = `220 \x1b[2J\x1b]0;owned\x07{red-fg}tag{/red-fg} \x9b31m caf\xe9 ${Buffer.from('漢字e\u0301').toString('latin1')} ${'long '.repeat(20_000)}`;

let text = '';
beforeAll(() => {
  const sessions = Array.from({ length: SESSIONS }, (_, index) => {
    const session = new ObservedSession(index + 1, '10.0.0.5', NOON + index * 1000);
    if (index + 1 === SESSIONS) return session.greeted(HOSTILE).closed();
    return session
      .login(`user${(index + 1) % USERS}`)
      .says('PWD', '257 "/"')
      .closed();
  });
  text = transcriptText(sessions);
});

describe('a transcript of 700 sessions', () => {
  test('is filtered, played back and forth, and left', async (context) => {
    const { window, folder } = await terminal(context, SIZE, []);
    writeFileSync(join(folder, 'many.ndjson'), text);
    await window.runs(`TZ=UTC ${FTPSCOPE} read many.ndjson; echo STATUS $?`);
    await window.shows(/^ Sessions {2}700\/700 {2}following/);
    await window.shows('all read');
    await window.press('f');
    await window.type('~user user7');
    await window.press('Enter');
    await window.shows(/^ Sessions {2}\d+\/70 {2}filter: ~user user7/);
    await window.press('Escape');
    await window.shows(/^ Sessions {2}\d+\/700/);
    await window.press('<');
    const back = await window.shows(/paused 12:11:2\d/);
    expect(back).toMatch(/^ Sessions {2}690\/690/);
    await window.press('.');
    await window.shows(/^ Sessions {2}69[01]\/69[01]/);
    await window.press('P');
    await window.shows('all read');
    await window.press('-', '<');
    await window.shows(/1x 12:11:\d\d/);
    await window.press('Q');
    await window.shows('STATUS 0');
    await givenBack(window);
  });

  test('pasted text is typed into a prompt, and is no command', async (context) => {
    const { window, folder } = await terminal(context, SIZE, []);
    writeFileSync(join(folder, 'many.ndjson'), text);
    await window.runs(`TZ=UTC ${FTPSCOPE} read many.ndjson; echo STATUS $?`);
    await window.shows('all read');
    await window.paste(':quit\n');
    await window.shows('pasted text is for a prompt, and ignored here');
    await window.press('f');
    await window.paste('~user\nuser7');
    await window.press('Enter');
    await window.shows(/^ Sessions {2}\d+\/70 {2}filter: ~user user7/);
    await window.press('Q');
    await window.shows('STATUS 0');
    await givenBack(window);
  });

  test('a session of which only the newest entries are kept is written whole', async (context) => {
    const { window, folder } = await terminal(context, SIZE, []);
    const long = new ObservedSession(1).login();
    for (let index = 0; index < 3000; index += 1) long.says(`SIZE ${index}`, '213 1');
    writeFileSync(join(folder, 'long.ndjson'), transcriptText([long.closed()]));
    await window.runs(`${FTPSCOPE} read long.ndjson; echo STATUS $?`);
    await window.shows(/\d+ older entries are not kept/);
    await window.press(':');
    await window.type('save whole.ndjson');
    await window.press('Enter');
    await window.shows('1 session written to whole.ndjson');
    expect(readFileSync(join(folder, 'whole.ndjson'), 'utf8').split('\n')).toHaveLength(long.observations.length + 2);
    await window.press('Tab', 'g', 'k');
    // Nothing is missing in the pane's title any more.
    await window.shows(/^ Session 1 {2}alice {2}closed {2}\d{4}-\d\d-\d\d$/m);
    await window.press('Q');
    await window.shows('STATUS 0');
  });

  test('is lived through again at the speed that is asked for, one session of it alone', async (context) => {
    const { window, folder } = await terminal(context, SIZE, []);
    writeFileSync(join(folder, 'many.ndjson'), text);
    await window.runs(`TZ=UTC ${FTPSCOPE} replay many.ndjson --speed 100; echo STATUS $?`);
    await window.shows(/100x 12:00:\d\d/);
    await window.press('Q');
    await window.shows('STATUS 0');
    await window.runs(`clear; TZ=UTC ${FTPSCOPE} replay many.ndjson --session 699; echo STATUS $?`);
    await window.shows(/^ Sessions {2}1\/1 .*\n.*\n +699 .* closed /);
    await window.press('Q');
    await window.runs(`clear; ${FTPSCOPE} replay many.ndjson --session 7000; echo STATUS $?`);
    await window.shows('no session 7000');
    await window.shows('STATUS 3');
    await givenBack(window);
  });

  test('what a server says is escaped, cut, and never obeyed', async (context) => {
    const { window, folder } = await terminal(context, SIZE, []);
    writeFileSync(join(folder, 'many.ndjson'), text);
    await window.runs(`${FTPSCOPE} read many.ndjson`);
    const screen = await window.shows('{red-fg}tag{/red-fg}');
    expect(screen).toContain('← 220 \\x1b[2J\\x1b]0;owned\\x07{red-fg}tag{/red-fg} ');
    expect(screen.split('\n').every((row) => row.length <= SIZE.columns)).toBe(true);
    await window.press('Q');
    await givenBack(window);
  });

  test('keeps as many sessions as are wanted, and reads the others back', async (context) => {
    const { window, folder } = await terminal(context, SIZE, []);
    writeFileSync(join(folder, 'many.ndjson'), text);
    await window.runs(`${FTPSCOPE} read many.ndjson --keep-sessions 300`);
    await window.shows(/^ Sessions {2}300\/300 {2}following {2}400 older ones are not kept, \[ reads back/);
    await window.press('[');
    const back = await window.shows(/^ Sessions {2}300\/300 {2}following {2}read back, \] for the newest {2}100 older/);
    expect(back).toMatch(/^ +400 10\.0\.0\.5:50400/m);
    await window.press('[');
    await window.shows(/^ Sessions {2}100\/100/);
    await window.press('[');
    await window.shows('there is no older session');
    await window.press(']');
    await window.shows(/^ Sessions {2}300\/300 {2}following {2}400 older/);
    await window.press('Q');
    await givenBack(window);
  });
});

test('through a pipe, keys come from the terminal', async (context) => {
  const { window, folder } = await terminal(context, SIZE, []);
  writeFileSync(join(folder, 'many.ndjson'), text);
  await window.runs(`cat many.ndjson | ${FTPSCOPE} read - '~user user3'; echo STATUS $?`);
  await window.shows(/^ Sessions {2}70\/70/);
  await window.press('k');
  await window.shows(/^ Sessions {2}69\/70/);
  await window.press('q');
  await window.shows('STATUS 0');
  await givenBack(window);
});

test('Ctrl-Z stops those who write into the pipe, too, and fg goes on', async (context) => {
  const { window, folder } = await terminal(context, SIZE, []);
  writeFileSync(join(folder, 'many.ndjson'), text);
  await window.runs(`{ cat many.ndjson; exec sleep 4; } | ${FTPSCOPE} read -`);
  await window.shows(/^ Sessions {2}700\/700/);
  await window.press('C-z');
  await window.shows('Stopped');
  await givenBack(window);
  await window.runs('clear; fg');
  await window.shows(/^ Sessions {2}700\/700/);
  await window.press('k');
  await window.shows(/^ Sessions {2}699\/700/);
  await window.press('Q');
  await givenBack(window);
});

test('whoever leaves before anything came through a pipe does not wait for it', async (context) => {
  const { window } = await terminal(context, SIZE, []);
  await window.runs(`mkfifo never; exec 3<>never; ${FTPSCOPE} read - <&3; echo STATUS $?`);
  await window.shows('opening');
  await window.press('Q');
  await window.shows('STATUS 0');
  await givenBack(window);
});

test('b saves the bytes of a transfer that were kept', async (context) => {
  const { window, folder } = await terminal(context, SIZE, []);
  await window.runs(
    `${FTPSCOPE} demo -q -w demo.ndjson --payloads kept && ${FTPSCOPE} read demo.ndjson; echo STATUS $?`,
  );
  await window.shows('all read');
  await window.press('Tab', '/');
  await window.type('⇄ RETR report');
  await window.press('Enter', 'b');
  await window.type('saved');
  await window.press('Enter');
  await window.shows(/\d+ bytes written to saved/);
  expect((await stat(join(folder, 'saved'))).mode & 0o777).toBe(0o600);
  await window.press('Q');
  await window.shows('STATUS 0');
});

test('b reads a capture again for the bytes of a transfer', async (context) => {
  const { window, folder } = await terminal(context, SIZE, []);
  const record = `${FTPSCOPE} demo -q -w demo.ndjson --payloads kept`;
  await window.runs(`${record} && ${FTPSCOPE} export -q demo.ndjson --pcapng c.pcapng && ${FTPSCOPE} read c.pcapng`);
  await window.shows('all read');
  await window.press('Tab', 'g', '/');
  await window.type('⇄ RETR report');
  await window.press('Enter', 'b');
  await window.type('saved');
  await window.press('Enter');
  await window.shows('196608 bytes written to saved');
  const kept = readFileSync(join(folder, 'kept', '0001-0003-RETR-report.pdf'));
  expect(readFileSync(join(folder, 'saved')).equals(kept)).toBe(true);
  await window.press('Q');
  await givenBack(window);
});

describe('files that are amiss', () => {
  test('a cut one shows what is whole, and says on leaving what is not', async (context) => {
    const { window, folder } = await terminal(context, SIZE, []);
    writeFileSync(join(folder, 'cut.ndjson'), text.slice(0, 50_000));
    await window.runs(`${FTPSCOPE} read cut.ndjson; echo STATUS $?`);
    await window.shows(/^ warning: cut\.ndjson: line \d+ ends in the middle/m);
    await window.press('j');
    await window.shows('read as far as it is whole');
    await window.press('Q');
    const after = await window.shows('STATUS 1');
    expect(after).toMatch(/^ftpscope: warning: cut\.ndjson: line \d+ ends in the middle/m);
    await givenBack(window);
  });

  test('one without a whole session ends with a clear line', async (context) => {
    const { window, folder } = await terminal(context, SIZE, []);
    appendFileSync(join(folder, 'notes.txt'), 'no recording at all\n'.repeat(10));
    await window.runs(`${FTPSCOPE} read notes.txt; echo STATUS $?`);
    const after = await window.shows('STATUS 1');
    expect(after.replaceAll('\n', '')).toContain(
      'ftpscope: notes.txt: this is neither a transcript (proxy -w) nor a capture (pcap, pcapng, snoop): it looks like text',
    );
    await window.runs(`clear; ${FTPSCOPE} read nowhere.ndjson; echo STATUS $?`);
    expect(await window.shows('STATUS 2')).toContain('cannot read nowhere.ndjson');
    await givenBack(window);
  });
});
