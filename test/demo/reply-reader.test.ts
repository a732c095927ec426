import { describe, expect, test } from 'vitest';
import { ReplyReader } from '../../src/demo/reply-reader.js';

function repliesOf(wire: string, cuts: readonly number[] = []): readonly (readonly string[])[] {
  const bytes = Buffer.from(wire, 'latin1');
  const reader = new ReplyReader();
  const edges = [0, ...cuts, bytes.length];
  return edges
    .slice(1)
    .flatMap((end, index) => reader.push(bytes.subarray(edges[index] ?? 0, end)).map((r) => r.lines));
}

describe.each([
  ['one line', '200 ok\r\n', [['200 ok']]],
  ['a code alone', '200\r\n', [['200']]],
  ['two replies', '150 go\r\n226 done\r\n', [['150 go'], ['226 done']]],
  ['bare LF', '200 ok\n', [['200 ok']]],
  ['several lines', '211-Features:\r\n SIZE\r\n211 End\r\n', [['211-Features:', ' SIZE', '211 End']]],
  ['the code on every line', '220-a\r\n220-b\r\n220 c\r\n', [['220-a', '220-b', '220 c']]],
  ['other codes and blank lines inside', '220-a\r\n\r\n226 x\r\n220 c\r\n', [['220-a', '', '226 x', '220 c']]],
  ['a last line of three digits', '220-a\r\nb\r\n220\r\n', [['220-a', 'b', '220']]],
  ['digits that are no code', '220-a\r\n2200 b\r\n220 c\r\n', [['220-a', '2200 b', '220 c']]],
])('%s', (_, wire, expected) => {
  test('whole and cut anywhere', () => {
    expect(repliesOf(wire)).toEqual(expected);
    for (let cut = 1; cut < wire.length; cut++) expect(repliesOf(wire, [cut]), `cut at ${cut}`).toEqual(expected);
  });
});

test('the code is a number', () => {
  expect(new ReplyReader().push(Buffer.from('227 Entering\r\n'))).toEqual([{ code: 227, lines: ['227 Entering'] }]);
});

test('what is no reply is said to be none', () => {
  expect(() => repliesOf('SSH-2.0-OpenSSH_9.6\r\n')).toThrow('not an FTP reply: "SSH-2.0-OpenSSH_9.6"');
  expect(() => repliesOf('2200 x\r\n')).toThrow('not an FTP reply');
  expect(() => repliesOf('x'.repeat(1024 * 1024 + 1))).toThrow('reply line longer than');
});
