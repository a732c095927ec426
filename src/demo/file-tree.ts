// The sample server's files: a tree in memory, with names as latin-1 strings (one character per byte on the wire).
// Knows neither sockets nor FTP replies.
import { resolvePath } from '../protocol/remote-path.js';
import type { FileContent } from './file-content.js';

/** Absolute latin-1 paths and what is there; `null` makes an empty directory. Missing parents are made. */
export type FileSet = Readonly<Record<string, FileContent | null>>;

export interface FileNode {
  readonly kind: 'file';
  readonly content: FileContent;
  readonly modifiedMs: number;
}

export interface DirectoryNode {
  readonly kind: 'directory';
  readonly children: Map<string, TreeNode>;
  readonly modifiedMs: number;
}

export type TreeNode = FileNode | DirectoryNode;

/** Why a change was refused, in words for a 550; `null` when it was made. */
export type FileRefusal = string | null;

/** A name as its UTF-8 bytes, one latin-1 character each: how the tree, and the wire, hold it. */
export function latin1Name(name: string): string {
  return Buffer.from(name, 'utf8').toString('latin1');
}

export class FileTree {
  readonly #nowMs: () => number;
  readonly #root: DirectoryNode;

  constructor(files: FileSet, nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
    this.#root = this.#newDirectory();
    for (const [path, content] of Object.entries(files)) this.#place(resolvePath('/', path), content);
  }

  find(path: string): TreeNode | undefined {
    let node: TreeNode | undefined = this.#root;
    for (const step of stepsOf(path)) {
      node = node?.kind === 'directory' ? node.children.get(step) : undefined;
    }
    return node;
  }

  /** What the file at this path holds, or `undefined` when there is no file. */
  read(path: string): FileContent | undefined {
    const node = this.find(path);
    return node?.kind === 'file' ? node.content : undefined;
  }

  /** The names in a directory, sorted by byte; nothing when it is not a directory. */
  entries(path: string): readonly (readonly [string, TreeNode])[] {
    const node = this.find(path);
    if (node?.kind !== 'directory') return [];
    return [...node.children].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  write(path: string, content: FileContent): FileRefusal {
    const { parent, name } = this.#locate(path);
    if (parent === undefined) return 'no such directory';
    if (name === '' || parent.children.get(name)?.kind === 'directory') return 'is a directory';
    parent.children.set(name, { kind: 'file', content, modifiedMs: this.#nowMs() });
    return null;
  }

  makeDirectory(path: string): FileRefusal {
    const { parent, name } = this.#locate(path);
    if (parent === undefined) return 'no such directory';
    if (name === '' || parent.children.has(name)) return 'already exists';
    parent.children.set(name, this.#newDirectory());
    return null;
  }

  removeDirectory(path: string): FileRefusal {
    const { parent, name } = this.#locate(path);
    const node = parent?.children.get(name);
    if (name === '') return 'the root directory stays';
    if (node === undefined) return 'no such directory';
    if (node.kind !== 'directory') return 'not a directory';
    if (node.children.size > 0) return 'directory not empty';
    parent?.children.delete(name);
    return null;
  }

  removeFile(path: string): FileRefusal {
    const { parent, name } = this.#locate(path);
    const node = name === '' ? this.#root : parent?.children.get(name);
    if (node === undefined) return 'no such file';
    if (node.kind !== 'file') return 'is a directory';
    parent?.children.delete(name);
    return null;
  }

  /** As rename(2): a file replaces a file; nothing replaces a directory or moves into itself. */
  rename(from: string, to: string): FileRefusal {
    const source = this.#locate(from);
    const target = this.#locate(to);
    const node = source.parent?.children.get(source.name);
    if (source.parent === undefined || node === undefined) return 'no such file or directory';
    if (from === to) return null;
    if (target.parent === undefined) return 'no such directory';
    if (to.startsWith(`${from}/`)) return 'a directory cannot move into itself';
    const replaced = target.name === '' ? this.#root : target.parent.children.get(target.name);
    if (replaced !== undefined && (replaced.kind === 'directory' || node.kind === 'directory')) return 'already exists';
    source.parent.children.delete(source.name);
    target.parent.children.set(target.name, node);
    return null;
  }

  #place(path: string, content: FileContent | null): void {
    const steps = stepsOf(path);
    for (let depth = 1; depth < steps.length + (content === null ? 1 : 0); depth++) {
      const directory = `/${steps.slice(0, depth).join('/')}`;
      if (this.find(directory) === undefined) this.makeDirectory(directory);
    }
    const refusal = content === null ? null : this.write(path, content);
    if (refusal !== null) throw new Error(`initial file ${path}: ${refusal}`);
  }

  #locate(path: string): { readonly parent: DirectoryNode | undefined; readonly name: string } {
    const steps = stepsOf(path);
    const parent = this.find(`/${steps.slice(0, -1).join('/')}`);
    return { parent: parent?.kind === 'directory' ? parent : undefined, name: steps.at(-1) ?? '' };
  }

  #newDirectory(): DirectoryNode {
    return { kind: 'directory', children: new Map(), modifiedMs: this.#nowMs() };
  }
}

function stepsOf(path: string): readonly string[] {
  return path.split('/').filter((step) => step !== '');
}
