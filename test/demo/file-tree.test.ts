import { describe, expect, test } from 'vitest';
import { FileTree, latin1Name } from '../../src/demo/file-tree.js';

const hello = Buffer.from('hello');

function tree(): FileTree {
  return new FileTree(
    { '/a.txt': hello, '/dir/b.txt': Buffer.alloc(0), '/dir/deep/c.txt': hello, '/empty': null },
    () => 7,
  );
}

function names(files: FileTree, path: string): readonly string[] {
  return files.entries(path).map(([name, node]) => (node.kind === 'directory' ? `${name}/` : name));
}

test('a path is latin-1: one character for each byte of the name', () => {
  expect(latin1Name('ü')).toBe('\xc3\xbc');
});

describe('the tree', () => {
  test('begins with the files it is given, and their directories', () => {
    const files = tree();
    expect(names(files, '/')).toEqual(['a.txt', 'dir/', 'empty/']);
    expect(names(files, '/dir')).toEqual(['b.txt', 'deep/']);
    expect(names(files, '/empty')).toEqual([]);
    expect(names(files, '/a.txt')).toEqual([]);
    expect(files.read('/dir/deep/c.txt')).toBe(hello);
    expect(files.read('/dir')).toBeUndefined();
    expect(files.find('/a.txt/x')).toBeUndefined();
    expect(files.find('/')?.modifiedMs).toBe(7);
  });

  test('refuses initial files that contradict each other', () => {
    expect(() => new FileTree({ '/a': hello, '/a/b': hello })).toThrow('initial file /a/b: no such directory');
  });

  test('keeps names that are not UTF-8, and names JavaScript objects know', () => {
    const files = new FileTree({ '/\xff\xfe': hello, '/constructor': hello });
    expect(names(files, '/')).toEqual(['constructor', '\xff\xfe']);
    expect(files.find('/toString')).toBeUndefined();
  });

  test('writes and overwrites files, never directories', () => {
    const files = tree();
    expect(files.write('/new.txt', hello)).toBeNull();
    expect(files.write('/a.txt', Buffer.from('new'))).toBeNull();
    expect(files.read('/a.txt')).toEqual(Buffer.from('new'));
    expect(files.write('/dir', hello)).toBe('is a directory');
    expect(files.write('/', hello)).toBe('is a directory');
    expect(files.write('/nowhere/a', hello)).toBe('no such directory');
    expect(files.write('/a.txt/a', hello)).toBe('no such directory');
  });

  test('makes and removes directories', () => {
    const files = tree();
    expect(files.makeDirectory('/dir/new')).toBeNull();
    expect(files.makeDirectory('/dir/new')).toBe('already exists');
    expect(files.makeDirectory('/')).toBe('already exists');
    expect(files.makeDirectory('/nowhere/new')).toBe('no such directory');
    expect(files.removeDirectory('/dir/new')).toBeNull();
    expect(files.removeDirectory('/dir')).toBe('directory not empty');
    expect(files.removeDirectory('/a.txt')).toBe('not a directory');
    expect(files.removeDirectory('/nowhere')).toBe('no such directory');
    expect(files.removeDirectory('/')).toBe('the root directory stays');
  });

  test('removes files', () => {
    const files = tree();
    expect(files.removeFile('/a.txt')).toBeNull();
    expect(files.removeFile('/a.txt')).toBe('no such file');
    expect(files.removeFile('/dir')).toBe('is a directory');
    expect(files.removeFile('/')).toBe('is a directory');
  });

  test('renames as rename(2) does', () => {
    const files = tree();
    expect(files.rename('/a.txt', '/dir/a.txt')).toBeNull();
    expect(files.rename('/dir', '/moved')).toBeNull();
    expect(names(files, '/moved')).toEqual(['a.txt', 'b.txt', 'deep/']);
    expect(files.rename('/moved/a.txt', '/moved/b.txt')).toBeNull();
    expect(files.read('/moved/b.txt')).toBe(hello);
    expect(files.rename('/moved/b.txt', '/moved/b.txt')).toBeNull();
    expect(files.rename('/moved', '/moved/deep/in')).toBe('a directory cannot move into itself');
    expect(files.rename('/moved/b.txt', '/empty')).toBe('already exists');
    expect(files.rename('/empty', '/moved/b.txt')).toBe('already exists');
    expect(files.rename('/moved', '/')).toBe('already exists');
    expect(files.rename('/nowhere', '/x')).toBe('no such file or directory');
    expect(files.rename('/moved/b.txt', '/nowhere/x')).toBe('no such directory');
  });
});
