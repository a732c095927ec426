// Lines that announce a data port, made to name another: the fewest bytes change, and none where they name it already.
import { expect, test } from 'vitest';
import {
  type ControlLine,
  ControlLines,
  commandNaming,
  repliesNaming,
} from '../../../src/capture/export/control-lines.js';
import { endpoint, observed } from '../../transcript/observations.js';

const V4 = endpoint('192.0.2.1', 1025);
const V6 = endpoint('2001:db8::1', 1025);

test.each([
  ['PORT 192,0,2,1,4,1', V4, 'PORT 192,0,2,1,4,1'],
  ['port 192,000,2,1,4,1 ', V4, 'port 192,000,2,1,4,1 '],
  ['port 10,0,0,1,4,1', V4, 'port 192,0,2,1,4,1'],
  ['PORT 10,0,0,1,4,1', V6, 'EPRT |2|2001:db8::1|1025|'],
  ['Eprt |2|::|1025|', V6, 'Eprt |2|2001:db8::1|1025|'],
  ['EPRT !2!2001:DB8:0::1!1025!', V6, 'EPRT !2!2001:DB8:0::1!1025!'],
  ['EPRT |9|what|1025|', V4, 'EPRT |1|192.0.2.1|1025|'],
])('%s becomes %j: %s', (line, port, named) => {
  const [verb = '', ...argument] = line.split(' ');
  expect(commandNaming(line, verb.toUpperCase(), argument.join(' '), port)).toBe(named);
});

test.each([
  [['227 Passive (192,0,2,1,4,1).'], ['227 Passive (192,0,2,1,4,1).']],
  [['227 =10,0,0,1,4,1 is it'], ['227 =192,0,2,1,4,1 is it']],
  [
    ['227-It is', ' 10,0,0,1,4,1\r\n', '227 Go'],
    ['227-It is', ' 192,0,2,1,4,1\r\n', '227 Go'],
  ],
  [['229 Extended (|||7|)'], ['229 Extended (|||1025|)']],
  [['229 Extended (|||1025|)'], ['229 Extended (|||1025|)']],
  [['200 No port here'], ['200 No port here']],
])('%j becomes %j', (lines, named) => {
  expect(repliesNaming(lines, V4)).toEqual(named);
});

function command(number: number, line: string) {
  const [verb = '', argument = ''] = line.split(' ');
  return observed('command', { number, verb, argument, line });
}

function reply(answers: number, line: string) {
  const code = Number(line.slice(0, 3));
  return observed('reply', { code, lines: [line], answers, preliminary: code < 200 });
}

test('what the server says behind a final reply that waits for its data stays behind it', () => {
  const placed: string[] = [];
  const lines = new ControlLines('end-to-end', true, {
    line: (line) => placed.push(line.lines.join('')),
    note: () => {},
  });
  lines.linkOpened('server', V4);
  lines.command(command(1, 'STOR a'));
  lines.reply(reply(1, '150 ok'));
  lines.reply(reply(1, '226 done'));
  lines.command(command(2, 'DELE b'));
  lines.reply(reply(2, '550 no'));
  lines.linkClosed();
  expect(placed).toEqual(['STOR a\r\n', '150 ok\r\n', 'DELE b\r\n', '226 done\r\n', '550 no\r\n']);
});

function placedFrom(vantage: 'client' | 'server', tell: (lines: ControlLines) => void): string[] {
  const placed: ControlLine[] = [];
  const lines = new ControlLines(vantage, true, { line: (line) => placed.push(line), note: () => {} });
  tell(lines);
  lines.close();
  return placed.filter(({ dropped }) => !dropped).map((line) => line.lines.join('').trimEnd());
}

const own = { by: 'proxy', code: 425, lines: ['425 Cannot open a data connection'], answers: 1 } as const;

test('a transfer that was relayed, and then answered by the proxy, is what the server heard', () => {
  const told = placedFrom('server', (lines) => {
    lines.command(command(1, 'RETR a'));
    lines.reply(observed('reply', { ...own, relayed: true }));
    lines.command(observed('command', { number: 2, verb: 'ABOR', line: 'ABOR', by: 'proxy' }));
    lines.reply(reply(1, '426 Broken'));
    lines.reply(reply(2, '226 Aborted'));
  });
  expect(told).toEqual(['RETR a', 'ABOR', '426 Broken', '226 Aborted']);
});

test('a transfer that the proxy answered alone is nothing to the server', () => {
  const told = placedFrom('server', (lines) => {
    lines.command(command(1, 'RETR a'));
    lines.reply(observed('reply', own));
  });
  expect(told).toEqual([]);
});

test('a reply that was held and never delivered is not what the client heard', () => {
  const told = placedFrom('client', (lines) => {
    lines.command(command(1, 'PASV'));
    lines.reply(observed('reply', { code: 227, lines: ['227 (10,0,0,1,4,1)'], held: 'data-port' }));
    lines.heldReply(observed('held-reply', { state: 'dropped', code: 227, answers: 1, held: 'data-port' }));
  });
  expect(told).toEqual(['PASV']);
});
