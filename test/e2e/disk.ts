// Folders before and after a scenario: laying out what its steps begin with, and holding what lies there after against
// what the steps want. Names are bytes, so paths are too.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Before, type StepName, stepNamed, type Wanted } from './scenario.js';

/** Name of each entry, one character per byte, and `folder`, `sparse` or the file's sha256. */
export type Snapshot = ReadonlyMap<string, string>;

const SPARSE_FROM_BYTES = 1024 ** 3;

/** A folder of our own that servers, which drop their privileges, can walk into. */
export async function makeTempFolder(purpose: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `ftpscope-${purpose}-`));
  await chmod(folder, 0o755);
  return folder;
}

export const removeFolder = (folder: string) => rm(folder, { recursive: true, force: true });

export const pathOf = (folder: string, name: string) => Buffer.concat([Buffer.from(`${folder}/`), latin1(name)]);

export const latin1 = (text: string) => Buffer.from(text, 'latin1');

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Makes the folder, and in it what the steps begin with on that side; anybody may write there. */
export async function layOut(folder: string, steps: readonly StepName[], side: 'onServer' | 'atClient'): Promise<void> {
  await mkdir(folder);
  await chmod(folder, 0o777);
  for (const step of steps) {
    for (const [name, content] of Object.entries(stepNamed(step)[side] ?? ({} satisfies Before))) {
      await layFile(pathOf(folder, name), content);
    }
  }
}

async function layFile(path: Buffer, content: Before[string]): Promise<void> {
  if (Buffer.isBuffer(content)) {
    await writeFile(path, content);
  } else {
    const file = await open(path, 'w');
    await file.truncate(content.sparse).finally(() => file.close());
  }
  await chmod(path, 0o666);
}

export async function takeSnapshot(folder: string): Promise<Snapshot> {
  const entries = new Map<string, string>();
  for (const entry of await readdir(Buffer.from(folder), { encoding: 'buffer', withFileTypes: true })) {
    const name = Buffer.from(entry.name).toString('latin1');
    entries.set(name, entry.isDirectory() ? 'folder' : await digestOf(pathOf(folder, name)));
  }
  return new Map([...entries].sort(([one], [other]) => (one < other ? -1 : 1)));
}

async function digestOf(path: Buffer): Promise<string> {
  if ((await stat(path)).size >= SPARSE_FROM_BYTES) return 'sparse';
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** What is wrong with one side of a step's result, in words; undefined when it is as wanted. */
export async function wrongIn(
  folder: string,
  found: Snapshot,
  wanted: Readonly<Record<string, Wanted>> = {},
): Promise<string | undefined> {
  for (const [name, want] of Object.entries(wanted)) {
    const is = found.get(name) ?? 'absent';
    if (want === 'folder' || want === 'absent') {
      if (is !== want) return `${name} should be ${want}, is ${is}`;
    } else if (Buffer.isBuffer(want)) {
      const should = sha256(want);
      if (is !== should) return `${name} should have sha256 ${should.slice(0, 12)}, is ${is.slice(0, 12)}`;
    } else if (is === 'absent' || !(await readFile(pathOf(folder, name), 'latin1')).includes(want.contains)) {
      return `${name} should mention ${want.contains}, and does not`;
    }
  }
  return undefined;
}
