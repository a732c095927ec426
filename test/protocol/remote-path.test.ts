import { describe, expect, test } from 'vitest';
import { leadsTo, resolvePath, withoutListOptions } from '../../src/protocol/remote-path.js';

describe('below the root', () => {
  test.each([
    ['/', 'a', '/a'],
    ['/x', 'a/b', '/x/a/b'],
    ['/x', '/a', '/a'],
    ['/x/y', '..', '/x'],
    ['/x', '../..', '/'],
    ['/', '../../etc/passwd', '/etc/passwd'],
    ['/x', '', '/x'],
    ['/x', './/a/./b//', '/x/a/b'],
    ['/x', ' a ', '/x/ a '],
    ['/x', '...', '/x/...'],
  ])('in %s, %j is %s', (directory, path, resolved) => {
    expect(resolvePath(directory, path)).toBe(resolved);
  });
});

describe('below a folder that is not known to be below the root', () => {
  test.each([
    ['', 'a', 'a'],
    ['a', 'b/../c', 'a/c'],
    ['a', '..', ''],
    ['', '..', '..'],
    ['..', '..', '../..'],
    ['a', '/b', '/b'],
  ])('in %j, %j is %j', (folder, path, resolved) => {
    expect(resolvePath(folder, path)).toBe(resolved);
  });
});

test('options of LIST are no part of its path, and no other verb has any', () => {
  expect(withoutListOptions('LIST', '-la folder')).toBe('folder');
  expect(withoutListOptions('NLST', '-l -a -x y')).toBe('y');
  expect(withoutListOptions('RETR', '-la folder')).toBe('-la folder');
});

test('a command leads somewhere, or nowhere', () => {
  expect(leadsTo('/a', 'CWD', 'b')).toBe('/a/b');
  expect(leadsTo('/a', 'XCUP', '')).toBe('/');
  expect(leadsTo('/a', 'RETR', 'b')).toBeNull();
});
